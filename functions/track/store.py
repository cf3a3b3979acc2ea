"""The one way into the events table, and what must stand elsewhere before an event does."""

from collections.abc import Sequence

from functions import releases
from functions.core import erasure
from functions.core.event import Event
from functions.core.identity import ADDRESSES, PERSONAL, hash_of, kind_of
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
    """The owner's system says that somebody unsubscribed there (`source` names the way): it holds here at once.

    From everything (no topic, or "*") on every channel: at each address that it names, and at all that whoever it
    names is known by. From one topic ("tips", "sms:tips") on its channel: at the address that it names, or else at
    all those of that channel.
    """
    from functions.core.channels import BY_EMAIL, identity_of
    from functions.core.consent import EVERYTHING, Change, Entry
    from functions.tables import addresses

    said = event.properties.get("topic")
    topic = said if isinstance(said, str) and said else EVERYTHING
    refs = event.all_identities
    kinds: tuple[str, ...] = ADDRESSES
    if topic == EVERYTHING:
        meant = [*refs, *_known_of(refs)]
    else:
        channel, marked, on_it = topic.partition(":")
        topic, kinds = (on_it, (identity_of(channel),)) if marked else (topic, (identity_of(BY_EMAIL),))
        meant = [ref for ref in refs if kind_of(ref) in kinds] or _known_of(refs)
    for ref in dict.fromkeys(ref for ref in meant if kind_of(ref) in kinds):
        addresses.append(
            hash_of(ref), Entry(event.ref, event.at, event.received, source, (Change("withdrawal", topic),))
        )


def _known_of(refs: Sequence[str]) -> list[str]:
    """Everything that the people are known by whom these identities name."""
    from functions.tables import identities

    named = (ref for ref in refs if kind_of(ref) in PERSONAL)
    owners = sorted({known.contact for known in identities.read(named).values() if not known.forgotten})
    return [ref for owner in owners for ref in addresses_of(owner)]


def addresses_of(contact: str) -> list[str]:
    """Every mailbox, number and browser's subscription of a contact, or of whom it was merged into."""
    from functions.tables import contacts

    return sorted(ref for ref in contacts.surviving(contact).profile.identities if kind_of(ref) in ADDRESSES)


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
