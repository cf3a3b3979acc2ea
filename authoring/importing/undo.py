"""An import taken back: its events go, its people are counted again, and whoever came only by it goes too.

Guarantees. Whoever is interrupted goes on: a contact is noted before anything of it goes, and forgotten when it is seen
to. What people refused stays refused. Consent that only the import granted is withdrawn by an entry that says so; what
somebody agreed to elsewhere stands. No tombstone is left: whoever comes back is new.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from authoring.importing.decide import ROW
from authoring.importing.load import in_order
from authoring.importing.scanning import pages
from functions import clock, settings
from functions.aws import dynamodb
from functions.core.consent import Change, Entry, withdrawn
from functions.core.contact import Contact
from functions.core.event import Event
from functions.core.identity import EMAIL, SELF, hash_of, kind_of, own_ref
from functions.tables import addresses, audit, contacts, events, identities, imports, memberships
from functions.tables.audit import Noted
from functions.tables.contacts import PROFILE, STATE, partition
from functions.tables.imports import Imported
from functions.work.refold import refold_one

WAIT_S: Final = 3
PASSES: Final = 40
"""So often it is looked whether scoring has caught up: two minutes."""


class NotScored(RuntimeError):
    """Rows of the import are still on their way through scoring."""


@dataclass(frozen=True, slots=True)
class Undone:
    """How far an undo came: events taken away, contacts counted again, contacts removed."""

    events: int = 0
    refolded: int = 0
    removed: int = 0
    withdrawn: int = 0


Tell = Callable[[Undone], None]


def undo(imported: Imported, tell: Tell = lambda so_far: None) -> Undone:
    """Take an import back, or go on taking it back. Raises NotScored."""
    imports.save(replace(imported, state="undoing"))
    so_far = Undone()
    for attempt in range(PASSES):
        so_far, waiting = _events(imported, so_far, tell)
        if not waiting:
            break
        if attempt == PASSES - 1:
            raise NotScored(f"{waiting} rows of the import are not scored yet: undo again in a few minutes")
        time.sleep(WAIT_S)
    for result in in_order(imports.left(imported.id), lambda contact: _settle(imported, contact)):
        so_far = replace(so_far, refolded=so_far.refolded + (not result), removed=so_far.removed + result)
        tell(so_far)
    imports.save(replace(imported, state="undone", ended=clock.now_ms()))
    audit.note(Noted("undo", "", clock.now_ms(), imported.id, imported.by, so_far.events))
    return so_far


def _events(imported: Imported, so_far: Undone, tell: Tell) -> tuple[Undone, int]:
    """Take away the rows that were scored; how many were not yet."""
    waiting = 0
    mine = {":id": f"#{ROW}-{imported.id}-"}
    rows = (page for page in pages(settings.events_table(), "contains(sk, :id)", mine) if page)
    chunks = (page[start : start + 50] for page in rows for start in range(0, len(page), 50))
    for gone, withdrew, left in in_order(chunks, lambda chunk: _take(imported, chunk)):
        so_far = replace(so_far, events=so_far.events + gone, withdrawn=so_far.withdrawn + withdrew)
        waiting += left
        tell(so_far)
    return so_far, waiting


def _take(imported: Imported, rows: Sequence[dynamodb.Item]) -> tuple[int, int, int]:
    found = [events.from_row(row) for row in rows if events.is_event(row)]
    known = identities.read({event.source for event in found})
    owners = {ref: contacts.surviving(one.contact) for ref, one in known.items() if not one.forgotten}
    scored = [event for event in found if event.source in owners and _is_scored(event, owners[event.source])]
    erased = [event for event in found if event.source in known and known[event.source].forgotten]
    imports.touched(imported.id, {owners[event.source].id for event in scored})
    withdrew = 0
    for event in scored:
        for ref in (event.source, *event.identities):
            if kind_of(ref) == EMAIL and event.properties.get("consents"):
                withdrew += _withdraw(imported, hash_of(ref), event)
        events.remove(event.source, event.sort_key)
    for event in erased:
        events.remove(event.source, event.sort_key)
    gone = len(scored) + len(erased)
    return gone, withdrew, len(found) - gone


def _is_scored(event: Event, contact: Contact) -> bool:
    """Whether the contact's facts hold the event: taken away before, it would be counted afterwards."""
    applied = contact.state.positions.get(event.source, (-1, 0))[1]
    return event.received <= max(applied, contact.state.fence)


def _withdraw(imported: Imported, address: str, event: Event) -> bool:
    """Withdraw what only this import granted; whether anything was."""
    now, head = clock.now_ms(), addresses.head(address)
    own = f"#{ROW}-{imported.id}-"
    others = {
        change.subject
        for entry in addresses.entries(address)
        if own not in entry.ref
        for change in entry.changes
        if change.kind == "grant" and entry.moment(change) > withdrawn(head, change.subject)
    }
    topics = [topic for topic in event.properties["consents"] if head.granted.get(topic, 0) > withdrawn(head, topic)]
    changes = tuple(Change("withdrawal", topic) for topic in sorted(set(topics) - others))
    ref = f"undo-{imported.id}-{event.properties.get('row')}"
    addresses.append(address, Entry(ref, now, now, f"undo of import:{imported.id}", changes))
    return bool(changes)


def _settle(imported: Imported, contact_id: str) -> bool:
    """Count a contact again, or remove it where nothing else is known of it; whether it was removed."""
    contact = contacts.surviving(contact_id)
    alone = not contact.state.erased and not _has_events(contact)
    if alone:
        remove(contact)
    elif not contact.state.erased:
        refold_one(contact.id, clock.now_ms())
    imports.settled(imported.id, contact_id)
    return alone


def _has_events(contact: Contact) -> bool:
    sources = {own_ref(contact.id), *contact.profile.identities}
    return any(next(iter(events.rows_of(source)), None) is not None for source in sorted(sources))


def remove(contact: Contact) -> None:
    """Take away everything that is one contact's. Begun anew it ends the same: what names the rest goes last."""
    table, pk = settings.contacts_table(), partition(contact.id)
    for row in dynamodb.query(table, pk):
        if row["sk"] not in (STATE, PROFILE):
            dynamodb.delete(table, (pk, row["sk"]))
    for segment in contact.state.standing.segments:
        dynamodb.delete(table, memberships.key(segment, contact.id))
    for ref in _own(contact.profile.identities):
        try:
            dynamodb.delete(table, identities.key(ref), condition="contact = :mine", values={":mine": contact.id})
        except dynamodb.ConditionFailed:
            continue  # It is somebody else's by now.
    dynamodb.delete(table, (pk, PROFILE))
    dynamodb.delete(table, (pk, STATE))


def _own(refs: Iterable[str]) -> list[str]:
    return sorted(ref for ref in refs if kind_of(ref) != SELF)
