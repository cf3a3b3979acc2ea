"""What an advance asks for: frozen effects with deterministic ids, so that performing one twice changes nothing.

They are stored in the enrollment's row until they are known to be performed; `to_plain` and
`from_plain` are that stored shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, assert_never

from functions.core.channels import BY_EMAIL
from functions.core.event import TAG_ADDED

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Decide message `message` of `template` about `topic`, at `at` (ms), on a channel."""

    message: str
    step: str
    template: str
    topic: str
    at: int
    channel: str = BY_EMAIL


@dataclass(frozen=True, slots=True)
class Record:
    """Record an event of the contact's, `event` by id, that `step` made at `at` (ms): a tag, a trait, points, a
    stage, a journey asked for. Folded like any other."""

    event: str
    step: str
    name: str
    at: int
    properties: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    traits: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class HandOff:
    """Write down `lead`, which sales (the group `to`) is to look at, and why, as of `at` (ms)."""

    lead: str
    step: str
    to: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class StartClock:
    """Start the execution of this generation; a generation is started once."""

    generation: int


@dataclass(frozen=True, slots=True)
class ReachGoal:
    """Tell the bus that the goal was reached at `at` (ms); `decision` is the id to tell repeats by."""

    decision: str
    at: int


@dataclass(frozen=True, slots=True)
class Unwatch:
    """Take the enrollment off the contact's list of open ones."""


@dataclass(frozen=True, slots=True)
class NoteRun:
    """Record an event that says of the run that it was entered, or how it ended."""

    what: Literal["entered", "ended"]


Effect = SendMessage | Record | HandOff | StartClock | ReachGoal | Unwatch | NoteRun


def to_plain(effect: Effect) -> dict[str, Any]:
    """The stored shape of an effect."""
    match effect:
        case SendMessage(message, step, template, topic, at, channel):
            plain = {"do": "send", "message": message, "step": step, "template": template, "topic": topic, "at": at}
            return plain if channel == BY_EMAIL else plain | {"channel": channel}
        case Record(event, step, name, at, properties, traits):
            plain = {"do": "record", "event": event, "step": step, "name": name, "at": at}
            said = {"properties": dict(properties), "traits": dict(traits)}
            return plain | {key: value for key, value in said.items() if value}
        case HandOff(lead, step, to, reason, at):
            return {"do": "handoff", "lead": lead, "step": step, "to": to, "reason": reason, "at": at}
        case StartClock(generation):
            return {"do": "clock", "generation": generation}
        case ReachGoal(decision, at):
            return {"do": "goal", "decision": decision, "at": at}
        case Unwatch():
            return {"do": "unwatch"}
        case NoteRun(what):
            return {"do": "note", "what": what}
        case _:
            assert_never(effect)


def from_plain(stored: Mapping[str, Any]) -> Effect:
    """The effect of a stored shape. Raises ValueError for one that this code doesn't know."""
    match stored["do"]:
        case "send":
            message, step, template = stored["message"], stored["step"], stored["template"]
            channel = stored.get("channel", BY_EMAIL)
            return SendMessage(message, step, template, stored["topic"], stored["at"], channel)
        case "record":
            said = stored.get("properties", _NOTHING), stored.get("traits", _NOTHING)
            return Record(stored["event"], stored["step"], stored["name"], stored["at"], *said)
        case "tag":
            # As it was written before a step could record anything else.
            return Record(stored["event"], stored["step"], TAG_ADDED, stored["at"], {"tag": stored["tag"]})
        case "handoff":
            return HandOff(stored["lead"], stored["step"], stored["to"], stored["reason"], stored["at"])
        case "clock":
            return StartClock(stored["generation"])
        case "goal":
            return ReachGoal(stored["decision"], stored["at"])
        case "unwatch":
            return Unwatch()
        case "note":
            return NoteRun(stored["what"])
        case other:
            raise ValueError(f"an effect of kind {other!r} is not known to this code")
