"""The one way into the events table, and what must stand elsewhere before an event does."""

from collections.abc import Sequence

from functions import releases
from functions.core import erasure
from functions.core.event import Event
from functions.core.identity import EMAIL, PERSONAL, hash_of, kind_of
from functions.observability import metric
from functions.tables import events, tombstones


def insert(taken: Sequence[Event]) -> list[Event]:
    """Insert events of nobody who was erased; those that were. What stands already stays as it is."""
    kept = admit(taken)
    if kept:
        insert_admitted(kept)
    return kept


def insert_each(taken: Sequence[Event]) -> list[tuple[Event, bool | str]]:
    """The same where one that fails holds up no other: those let in, each with whether it had not been stored
    before, or the code of what failed. No two of `taken` may be the same event."""
    kept = admit(taken)
    return list(zip(kept, events.insert_each(kept, releases.keyring().keep), strict=True)) if kept else []


def insert_admitted(kept: Sequence[Event]) -> None:
    """Insert what `admit` let in, for as long as the live release keeps it."""
    events.insert(kept, releases.keyring().keep)


def withdraw(event: Event, source: str) -> None:
    """The owner's system says that somebody unsubscribed there (`source` names the way): it holds here at once,
    for the address that it names, or for all that whoever it names otherwise is known by."""
    from functions.core.consent import EVERYTHING, Change, Entry
    from functions.tables import addresses

    topic = event.properties.get("topic")
    change = Change("withdrawal", topic if isinstance(topic, str) and topic else EVERYTHING)
    named = [ref for ref in (event.source, *event.identities) if kind_of(ref) == EMAIL]
    for ref in named or _addresses_of(event):
        addresses.append(hash_of(ref), Entry(event.ref, event.at, event.received, source, (change,)))


def _addresses_of(event: Event) -> list[str]:
    from functions.tables import contacts, identities

    named = (ref for ref in (event.source, *event.identities) if kind_of(ref) in PERSONAL)
    owners = sorted({known.contact for known in identities.read(named).values() if not known.forgotten})
    return [ref for owner in owners for ref in contacts.surviving(owner).profile.identities if kind_of(ref) == EMAIL]


def admit(taken: Sequence[Event]) -> list[Event]:
    """What may be stored of events (see core.erasure). Who comes back after an erasure is let in here."""
    if not taken:
        return []
    marks = tombstones.marks(erasure.named(taken))
    if not marks:
        return list(taken)
    kept = []
    for event in taken:
        contact = erasure.comes_back(event, marks)
        if contact is not None:
            closed = erasure.closed_to(event, marks)
            tombstones.reopen(closed, contact, event.stamp, {ref: marks[ref].at for ref in closed})
            metric("ErasedPeopleReturned")
            kept.append(event)
        elif (left := erasure.remains(event, marks)) is not None:
            kept.append(left)
        else:
            metric("EventsOfErasedPeople")
    return kept
