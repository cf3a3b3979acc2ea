"""sweep: once a minute, what is due by time: scores that cool, alarms whose clock died, overdue messages.

Guarantees. Every due row is met within a minute or two, up to the rate that docs/operations.md states;
beyond that the lag is published as SweepLag and made good as soon as possible. Where there is much to do the
function calls itself, a few times and no further, each for some shards of the index. Two sweeps at once do
nothing twice.
"""

from typing import Any

from functions import clock
from functions.observability import handler as observed
from functions.sweep import budget
from functions.sweep.sweep import Ask, sweep


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Sweep once. An `ahead` in the event (ms) also looks at what will be due so soon; `shards` are those
    of a helper."""
    shards = event.get("shards", ())
    now = clock.now_ms()
    swept = sweep(now, int(event.get("ahead", 0)), shards, None if shards else _helpers(context))
    if not shards and budget.is_time(now):
        budget.watch(now)
    return {"done": swept.done, "failed": swept.failed, "lag": swept.lag, "finished": swept.finished}


def _helpers(context: Any) -> Ask | None:
    if context is None:
        return None

    def ask(shards: list[str]) -> None:
        from functions.aws import lambdas

        lambdas.call_later(context.function_name, {"shards": shards})

    return ask
