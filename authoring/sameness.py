"""Contacts that may be one person, and making two of them one because a person says so."""

from collections.abc import Iterator
from dataclasses import dataclass

from functions.core.contact import Contact
from functions.core.event import CONTACTS_MERGED, SYSTEM, Event
from functions.core.identity import SELF, hash_of, kind_of, own_ref
from functions.core.ids import digest
from functions.core.views import iso
from functions.score.apply import refold
from functions.score.merge import merge
from functions.tables import contacts, duplicates, events, identities


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


def join(loser: str, winner: str, now: int) -> str:
    """Make `loser` a part of `winner`, and count it anew; the id of the contact that stands.

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
    refold(winner, now)
    return winner
