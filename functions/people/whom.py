"""Whom a name means: an address, a user id, a phone number, a browser's id or a contact's id."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from functions import releases
from functions.core import identity
from functions.core.channels import addressed
from functions.core.contact import Contact
from functions.core.identity import SELF, hash_of, kind_of, own_ref
from functions.core.views import iso
from functions.tables import addresses, contacts, identities, rulings, tombstones

KINDS = {
    "address": identity.EMAIL,
    "user id": identity.USER,
    "phone": identity.PHONE,
    "browser (anonymousId)": identity.ANONYMOUS,
}


class UnknownPerson(ValueError):
    """Nobody is known by that name, or not any more."""


@dataclass(frozen=True, slots=True)
class Found:
    """The identity that a name stands for, its contact, and the moment (ms) of an erasure if there was one."""

    ref: str
    contact: str | None
    erased: int | None = None


def find(name: str) -> Found:
    """Whom a name means, erased people too. Raises UnknownPerson."""
    name = name.strip()
    refs = dict(_refs(name))
    known, marks = identities.read(refs.values()), tombstones.marks(refs.values(), consistent=True)
    for ref in refs.values():
        if (held := known.get(ref)) is None:
            continue
        if held.forgotten:
            return Found(ref, None, marks[ref].at if ref in marks else 0)
        return Found(ref, contacts.surviving(held.contact).id)
    contact = contacts.surviving(name) if name else None
    if contact and contact.state.version and not contact.state.erased:
        return Found(own_ref(contact.id), contact.id)
    for ref in refs.values():
        if kind_of(ref) in addressed() and addresses.head(hash_of(ref)).version:
            return Found(ref, None)
    tried = ", ".join(kind for kind in refs if kind != "contact id")
    machines = _machines(ref for kind, ref in refs.items() if kind != "contact id")
    raise UnknownPerson(f'nobody is known here as "{name}" (tried as {tried}, contact id){machines}')


def _machines(refs: Iterable[str]) -> str:
    """Where only machines used an identity, it is nobody's: but whoever thinks otherwise can say so."""
    found = [event.ref for event, _ in rulings.told(list(refs))]
    return f"; {len(found)} events of bots are, such as {found[0]} (see samovar verdict)" if found else ""


def _refs(name: str) -> Iterator[tuple[str, str]]:
    pepper = releases.keyring().pepper
    for what, kind in KINDS.items():
        if ref := identity.identity_ref(kind, name, pepper):
            yield what, ref
    if name:
        yield "contact id", f"{SELF}#{name}"


def erasure(name: str, at: int) -> str:
    """That a person was erased, and when (ms, 0 where it isn't known)."""
    when = f" at {iso(at)[:16].replace('T', ' ')} UTC" if at else ""
    return f'the person known as "{name}" was erased{when}'


def of(name: str) -> Contact:
    """The contact that a name means. Raises UnknownPerson, also for whoever was erased."""
    found = find(name)
    if found.contact is None:
        if found.erased is not None:
            raise UnknownPerson(erasure(name, found.erased))
        raise UnknownPerson(f'of "{name}" nothing is known but an entry about consent')
    return contacts.load([found.contact])[found.contact]


def reached(found: Found) -> list[str]:
    """The mailboxes, numbers and subscriptions of whoever was found: identities that have ledgers of consent."""
    refs = [found.ref]
    if found.contact is not None:
        refs += contacts.load([found.contact])[found.contact].profile.identities
    return [ref for ref in dict.fromkeys(refs) if kind_of(ref) in addressed()]
