"""Contacts that may be one person: pairs that were noted, as they stand today."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from functions.core.contact import Contact
from functions.core.identity import SELF, hash_of, kind_of
from functions.core.person_name import name_of
from functions.core.views import iso
from functions.tables import contacts, duplicates, identities

TOGETHER: Final = 50
"""So many pairs are looked up in a few calls."""


@dataclass(frozen=True, slots=True)
class Known:
    """A contact, where it is reached, and its name, "" where it said none."""

    id: str
    label: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Suspected:
    """Two contacts that stand today and may be one person."""

    kind: str
    one: Known
    other: Known
    since: str
    place: str = ""
    """Where the pair stands among all."""


def suspected(kind: str = "", after: str = "", together: int = TOGETHER) -> Iterator[Suspected]:
    """Pairs (of one kind) that were noted after a place and are still two contacts; those that have become one are
    forgotten. So many are looked up `together`, however many there are."""
    while some := list(duplicates.listed(kind, after, together)):
        known = _contacts({ref for pair in some for ref in (pair.one, pair.other)})
        for pair in some:
            one, other = known.get(pair.one), known.get(pair.other)
            if one is None or other is None:
                continue
            if one.id == other.id:
                duplicates.remove(pair)
                continue
            yield Suspected(pair.kind, _known(one), _known(other), iso(pair.at), duplicates.place(pair))
        if len(some) < together:
            return
        after = duplicates.place(some[-1])


def _contacts(refs: Collection[str]) -> dict[str, Contact]:
    """The contacts that are known by these refs today."""
    held = identities.read(ref for ref in refs if kind_of(ref) != SELF)
    owners = {ref: identity.contact for ref, identity in held.items() if not identity.forgotten}
    owners |= {ref: hash_of(ref) for ref in refs if kind_of(ref) == SELF}
    loaded = contacts.load(owners.values())
    found = {ref: contacts.survivor(loaded[owner]) for ref, owner in owners.items()}
    return {ref: contact for ref, contact in found.items() if contact.state.version}


def _known(contact: Contact) -> Known:
    address = contact.profile.email or contact.id
    name = name_of(contact.profile)
    return Known(contact.id, address, "" if name == address else name)
