"""What becomes of a contact whose import was taken back: counted again, or gone with all that was counted of it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from functions import clock, settings
from functions.aws import dynamodb
from functions.core import counting
from functions.core.contact import Contact
from functions.core.identity import SELF, kind_of, own_ref
from functions.count import units
from functions.tables import contacts, counts, decisions, directory, events, identities, imports, memberships
from functions.tables.contacts import PROFILE, STATE, partition
from functions.tables.imports import Imported
from functions.work.refold import refold_one

MOST_OPERATIONS: Final = 100


def settle(imported: Imported, contact_id: str, brought: Iterable[str]) -> Sequence[str]:
    """Count a contact again, or remove it where nothing else is known of it; then the units in which it was counted."""
    removed = _seen_to(contact_id, frozenset(brought))
    imports.settled(imported.id, contact_id)
    return removed


def _seen_to(contact_id: str, brought: frozenset[str]) -> Sequence[str]:
    for _ in range(identities.ATTEMPTS):
        contact = contacts.surviving(contact_id)
        if contact.state.erased:
            return ()
        # Whoever was ever active was known without the file, though what they did may be gone by now.
        if contact.state.facts.first is not None or _has_events(contact):
            _unname(contact, brought)
            refold_one(contact.id, clock.now_ms())
            return ()
        if counted := remove(contact):
            return () if _came_back(contact) else counted
    raise identities.Contended(f"contact {contact_id} kept changing")


def _has_events(contact: Contact) -> bool:
    sources = {own_ref(contact.id), *contact.profile.identities}
    return any(next(iter(events.rows_of(source)), None) is not None for source in sorted(sources))


def _unname(contact: Contact, brought: frozenset[str]) -> None:
    """Take identities from a contact that only the import gave it."""
    held = [ref for ref in sorted(brought) if ref in contact.profile.identities]
    if not held:
        return
    sources = [own_ref(contact.id), *contact.profile.identities]
    named = {ref for event in events.of_sources(sources) for ref in event.all_identities}
    for ref in held:
        if ref in named:
            continue
        try:
            dynamodb.transact([_identity_op(ref, contact.id), identities.unlisted_op(contact.id, ref)])
        except dynamodb.TransactionRefused:
            continue  # It is somebody else's by now.
        if next(iter(events.rows_of(ref)), None) is not None:
            identities.claim(ref, contact.id)


def _came_back(contact: Contact) -> bool:
    """Whether somebody did something while their contact was being removed: then it is theirs again, and counted."""
    if not _has_events(contact):
        return False
    claimed = (identities.claim(ref, contact.id) for ref in _own(contact.profile.identities))
    for owner in sorted({one.contact for one in claimed if one and not one.forgotten}):
        refold_one(owner, clock.now_ms())
    return True


def remove(contact: Contact) -> Sequence[str]:
    """Take away everything that is one contact's, read at its versions; the units in which it was counted. None of
    those, and nothing but rows of what it was to get is gone, where another write came between. Begun anew it ends the
    same: what names the rest goes last."""
    table, pk = settings.contacts_table(), partition(contact.id)
    operations = [
        dynamodb.delete_op(table, (pk, sk), condition=condition, values=values)
        for sk, held in ((STATE, contact.state.version), (PROFILE, contact.profile.version))
        for condition, values in [("n = :held", {":held": held}) if held else ("attribute_not_exists(n)", None)]
    ]
    mine = [dynamodb.delete_op(table, memberships.key(one, contact.id)) for one in contact.state.standing.segments]
    mine += [_identity_op(ref, contact.id) for ref in _own(contact.profile.identities) if _is_theirs(ref, contact.id)]
    try:
        dynamodb.transact([*operations, *mine[: MOST_OPERATIONS - len(operations)]])
    except dynamodb.TransactionRefused:
        return ()
    directory.leave(contact)
    for rest in mine[MOST_OPERATIONS - len(operations) :]:
        dynamodb.transact([rest])
    rows = [row for row in dynamodb.query(table, pk) if row["sk"] not in (STATE, PROFILE)]
    # Who comes again with a better file is counted again.
    counted = list(_counted(contact, rows))
    counts.forget(counted, for_good=False)
    for row in rows:
        dynamodb.delete(table, (pk, row["sk"]))
    return counted


def _counted(contact: Contact, rows: Iterable[dynamodb.Item]) -> Iterator[str]:
    """The units in which a contact was counted, by their rows."""
    yield counting.standing_unit(contact.id)
    segments = set(contact.state.standing.segments)
    for row in rows:
        yield from units.ids_of(row)
        if row["sk"].startswith(decisions.PREFIX) and row["kind"] == "segment":
            segments.add(row["name"])
    for segment in sorted(segments):
        yield counting.member_unit(segment, contact.id)


def _identity_op(ref: str, contact: str) -> dict[str, Any]:
    return dynamodb.delete_op(
        settings.contacts_table(), identities.key(ref), condition="contact = :mine", values={":mine": contact}
    )


def _is_theirs(ref: str, contact: str) -> bool:
    found = identities.read([ref]).get(ref)
    return found is not None and found.contact == contact


def _own(refs: Iterable[str]) -> list[str]:
    return sorted(ref for ref in refs if kind_of(ref) != SELF)
