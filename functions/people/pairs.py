"""Contacts that may be one person: pairs that were noted, as they stand today."""

from collections.abc import Iterator
from dataclasses import dataclass

from functions.core.contact import Contact
from functions.core.identity import SELF, hash_of, kind_of
from functions.core.views import iso
from functions.tables import contacts, duplicates, identities


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
    place: str = ""
    """Where the pair stands among all."""


def suspected(kind: str = "", after: str = "") -> Iterator[Suspected]:
    """Pairs (of one kind) that were noted after a place and are still two contacts; those that have become one are
    forgotten."""
    for pair in duplicates.listed(kind, after):
        one, other = _contact(pair.one), _contact(pair.other)
        if one is None or other is None:
            continue
        if one.id == other.id:
            duplicates.remove(pair)
            continue
        yield Suspected(pair.kind, _known(one), _known(other), iso(pair.at), duplicates.place(pair))


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
