"""The one way into the events table."""

from collections.abc import Sequence

from functions.core import intake
from functions.core.event import Event
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
