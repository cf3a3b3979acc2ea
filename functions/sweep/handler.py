"""sweep: once a minute, what is due by time: scores that cool, alarms whose clock died, overdue messages.

Guarantees. Every due row is met within a minute or two, up to about two thousand a minute;
beyond that the lag is published as SweepLag and made good as soon as possible. Two sweeps
at once do nothing twice.
"""

from typing import Any

from functions import clock
from functions.observability import handler as observed
from functions.sweep.sweep import sweep


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Sweep once. An `ahead` in the event (ms) also looks at what will be due so soon."""
    swept = sweep(clock.now_ms(), int(event.get("ahead", 0)))
    return {"done": swept.done, "failed": swept.failed, "lag": swept.lag, "finished": swept.finished}
