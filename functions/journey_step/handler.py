"""journey_step: decisions become enrollments, wakes and bus events; alarm clocks park here.

Guarantees. Decisions come from the contacts' stream and are handed on at least once; a
repeat, also out of order, enrolls and sends once. A crash between any two calls loses
nothing: the row says what is still to do, and the record, the execution's retry or the
sweep comes back to it.
"""

from typing import Any

from functions import clock
from functions.journey_step.park import park
from functions.journey_step.stream import hand_on
from functions.observability import handler as observed


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle a batch of records of contacts' states, or one execution that wants to park."""
    now = clock.now_ms()
    if "park" in event:
        park(event, now)
        return {}
    hand_on(event["Records"], now)
    return {"batchItemFailures": []}
