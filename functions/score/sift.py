"""What of a batch counts: people's events do, machines' don't, and what happens in mails waits to be judged.

An event that doesn't count claims no identity and makes no contact. Rulings are rare and their
order says nothing, so none is trusted to be new: what counts from now on is counted again with
its day, and what counted before leaves by a rebuild.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from functions.aws.attributes import from_item
from functions.core.event import Event
from functions.core.facts import UNORDERED, Arrival
from functions.core.identity import hash_of
from functions.core.verdicts import Rules, Ruling, consequence
from functions.observability import metric
from functions.tables import events, rulings
from functions.work import queue
from functions.work.queue import Asked


@dataclass(frozen=True, slots=True)
class Record:
    """A stream record and what it says: an event, or a ruling on one."""

    raw: dict[str, Any]
    arrival: Arrival
    ruling: Ruling | None = None


@dataclass(slots=True)
class Sifted:
    """`counting` are people's events; `leaving` those that may have counted and no longer do;
    `waiting` those that a judgement must be asked about; `machines` those that never counted."""

    counting: list[Record] = field(default_factory=list)
    leaving: list[Record] = field(default_factory=list)
    waiting: list[Event] = field(default_factory=list)
    machines: list[Record] = field(default_factory=list)


def read(raw: dict[str, Any]) -> Record | None:
    """The record of an INSERT; None where the event of a ruling is gone. Raises ValueError or KeyError for poison."""
    change = raw["dynamodb"]
    image = from_item(change["NewImage"])
    if not rulings.is_ruling(image):
        return Record(raw, Arrival(int(change["SequenceNumber"]), events.from_row(image)))
    ruling = rulings.from_row(image)
    event = events.get(ruling.source, ruling.event)
    return None if event is None else Record(raw, Arrival(UNORDERED, event), ruling)


def sift(records: Sequence[Record], rules: Rules) -> Sifted:
    """Who each event's visitor was, as far as is known now."""
    found = Sifted()
    for record in records:
        event = record.arrival.event
        told = rulings.on(event) if record.ruling else []
        match consequence(event, told, rules):
            case "counts":
                arrival = replace(record.arrival, event=replace(event, held=False))
                found.counting.append(replace(record, arrival=arrival))
            case "waits":
                found.waiting.append(event)
            case "leaves":
                found.leaving.append(record)
            case "none":
                metric("BotEvents")
                found.machines.append(record)
            case never:
                assert_never(never)
    return found


def ask(waiting: Sequence[Event], hold: int, now: int) -> None:
    """Ask for judgements when `hold` seconds have passed since the newest event of each message."""
    newest: dict[tuple[str, str], int] = {}
    for event in waiting:
        about = hash_of(event.source), str(event.properties.get("message", ""))
        newest[about] = max(event.received, newest.get(about, 0))
    for (contact, message), until in newest.items():
        left = -(-(until + hold * 1000 - now) // 1000)
        queue.ask(Asked(contact, message, until), delay=min(hold, max(0, left)))
