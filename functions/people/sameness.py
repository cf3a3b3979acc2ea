"""Contacts that may be one person, and making two of them one because somebody says so."""

from collections.abc import Iterator
from dataclasses import dataclass

from functions.core.contact import Contact
from functions.core.decisions import BY_TIME
from functions.core.event import CONTACTS_MERGED, SYSTEM, Event
from functions.core.identity import SELF, USER, hash_of, kind_of, own_ref
from functions.core.ids import digest
from functions.core.views import iso
from functions.score.apply import Reading, TooLong, refold
from functions.score.merge import merge
from functions.tables import contacts, duplicates, events, identities
from functions.work import queue
from functions.work.queue import Recount


class TooManyIdentities(ValueError):
    """The two have more identities than one contact may."""


@dataclass(frozen=True, slots=True)
class Known:
    """A contact, and what a person would call it."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Suspected:
    """Two contacts that stand today and may be one person."""

    kind: str
    one: Known
    other: Known
    since: str


def suspected() -> Iterator[Suspected]:
    """Pairs that were noted and are still two contacts; those that have become one are forgotten."""
    for pair in duplicates.listed():
        one, other = _contact(pair.one), _contact(pair.other)
        if one is None or other is None:
            continue
        if one.id == other.id:
            duplicates.remove(pair)
            continue
        yield Suspected(pair.kind, _known(one), _known(other), iso(pair.at))


def _contact(ref: str) -> Contact | None:
    if kind_of(ref) == SELF:
        found = contacts.surviving(hash_of(ref))
    else:
        identity = identities.read([ref]).get(ref)
        if identity is None or identity.forgotten:
            return None
        found = contacts.surviving(identity.contact)
    return found if found.state.version else None


def _known(contact: Contact) -> Known:
    return Known(contact.id, contact.profile.email or contact.id)


def contradict(one: Contact, other: Contact) -> bool:
    """Whether the owner's own systems say that the two are different people: each has an account of their own that is
    vouched for."""
    return all(
        any(known.proved for ref, known in identities.read(contact.profile.identities).items() if kind_of(ref) == USER)
        for contact in (one, other)
    )


def join(loser: str, winner: str, now: int, reading: Reading | None = None) -> str:
    """Make `loser` a part of `winner`, and count it anew; the id of the contact that stands. Where more than
    `reading` would have to be read for that, `work` does it in a moment.

    Raises TooManyIdentities. The event of the merge tells when and what. Repeating it after a
    crash changes nothing that was done.
    """
    event = Event(
        source=own_ref(winner),
        id=digest("merge", loser, winner),
        stamp=now,
        at=now,
        received=now,
        kind=SYSTEM,
        name=CONTACTS_MERGED,
        properties={"merged": loser},
    )
    if not merge(loser, winner):
        raise TooManyIdentities("together they have more identities than one contact may have")
    events.insert([event])
    try:
        refold(winner, now, reading)
    except TooLong:
        queue.ask(Recount(winner, BY_TIME))
    return winner
