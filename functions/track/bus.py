"""Events that the owner's other applications put on the bus.

The detail is a call as in the tracking API; `email` may stand at its top, and the detail
type is the event's name unless the detail has one.
"""

from collections.abc import Mapping
from typing import Any

from functions import aside, clock, releases
from functions.core import intake, wire
from functions.core.errors import Refused
from functions.core.event import UNSUBSCRIBED
from functions.core.intake import Sender
from functions.observability import metric
from functions.track import store


def receive(event: dict[str, Any]) -> None:
    """Store one event of the bus. What can never be stored is set aside."""
    received = clock.now_ms()
    pepper = releases.keyring().pepper
    try:
        wire.check_size(event.get("detail"))
        taken = intake.to_event(wire.parse(to_call(event), None), None, Sender(received, pepper, trusted=True))
    except Refused as reason:
        metric("BusEventsRefused")
        aside.set_aside("track", event, reason)
        return
    if taken.name == UNSUBSCRIBED:
        store.withdraw(taken, "bus")
    store.insert([taken])


def to_call(event: Mapping[str, Any]) -> dict[str, Any]:
    """The tracking call in an event of the bus. Its id and time are the bus's unless it brings its own."""
    detail = event.get("detail")
    if not isinstance(detail, dict):
        raise Refused("not-an-object", "The detail must be a JSON object.")
    context = _object(detail.get("context"))
    traits = {**_object(context.get("traits")), **_object(detail.get("traits"))}
    if detail.get("email") is not None:
        traits = {**traits, "email": detail["email"]}
    return {
        "type": "track",
        "event": event["detail-type"],
        "messageId": event.get("id"),
        "timestamp": event.get("time"),
        **{name: value for name, value in detail.items() if value is not None},
        "context": {**context, "traits": traits} if traits else context,
    }


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
