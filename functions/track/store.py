"""The one way into the events table, and what must stand elsewhere before an event does."""

from collections.abc import Sequence

from functions.core import intake
from functions.core.event import Event
from functions.core.identity import EMAIL, hash_of
from functions.observability import metric
from functions.tables import events, identities


def insert(taken: Sequence[Event]) -> None:
    """Insert events of nobody who was erased. What stands already stays as it is."""
    if not taken:
        return
    kept = intake.without(taken, identities.forgotten(intake.identities_of(taken)))
    if len(kept) < len(taken):
        metric("EventsOfErasedPeople", len(taken) - len(kept))
    insert_checked(kept)


def insert_checked(kept: Sequence[Event]) -> None:
    """Insert events that are known to concern nobody who was erased."""
    if kept:
        events.insert(kept)


def concerns_erased(taken: Sequence[Event]) -> bool:
    """Whether any of these events names an erased person; then nothing about it is written."""
    return bool(identities.forgotten(intake.identities_of(taken)))


def withdraw(event: Event, source: str) -> None:
    """The owner's system says that somebody unsubscribed there (`source` names the way): it holds here at once."""
    from functions.core.consent import EVERYTHING, Change, Entry
    from functions.tables import addresses

    topic = event.properties.get("topic")
    change = Change("withdrawal", topic if isinstance(topic, str) and topic else EVERYTHING)
    for ref in (event.source, *event.identities):
        if ref.startswith(f"{EMAIL}#"):
            addresses.append(hash_of(ref), Entry(event.ref, event.at, event.received, source, (change,)))
