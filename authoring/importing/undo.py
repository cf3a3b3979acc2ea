"""An import taken back: consent that it granted, then its events; its people are counted again, and whoever came only
by it goes too.

Guarantees. Whoever is interrupted goes on: a contact is noted before anything of it goes, and forgotten when it is seen
to. What people refused stays refused. Consent that only the import granted is withdrawn by an entry that says so; what
somebody agreed to elsewhere stands, unless that was an import that was taken back too. Identities that the import was
the first to name go where nothing else names them. What anybody does meanwhile stays. No tombstone is left: whoever
comes back is new.
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from authoring.importing.decide import ROW, UNDO
from authoring.importing.load import in_order
from authoring.importing.settling import settle
from authoring.scanning import pages
from functions import clock, settings
from functions.aws import dynamodb
from functions.core.consent import Change, Entry, Head, withdrawn
from functions.core.contact import Contact
from functions.core.event import IMPORT, IMPORTED, Event
from functions.core.identity import kind_of
from functions.tables import (
    addresses,
    audit,
    contacts,
    counts,
    events,
    identities,
    imports,
)
from functions.tables.audit import Noted
from functions.tables.imports import Imported

WAIT_S: Final = 3
COUNTED_S: Final = 120
"""Counting comes behind scoring by half a minute, and some."""
_TOGETHER: Final = 25
PASSES: Final = 40
"""So often it is looked whether scoring has caught up: two minutes."""
REMEMBERED: Final = 50_000
"""So many rows that wait for scoring are remembered; where more do, all is read again."""
_BY: Final = re.compile(r"import:(\w+)")
"""The beginning of the source of a ledger's entry that an import wrote."""

_Keys = list[tuple[str, str]]


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


def read_units() -> float:
    """About how many read units an undo takes: both tables once, consistently."""
    tables = (settings.contacts_table(), settings.events_table())
    return sum(dynamodb.size_of(table)[1] for table in tables) / 4096


def undo(imported: Imported, tell: Tell = lambda so_far: None) -> Undone:
    """Take an import back, or go on taking it back. Raises NotScored."""
    imports.turn(imported.id, "undoing", ("running", "done"))
    so_far = _events(imported, _ledgers(imported, Undone(), tell), tell)
    left = imports.left(imported.id)
    gone: dict[str, Sequence[str]] = {}
    for contact, counted in in_order(left, lambda one: (one[0], settle(imported, *one))):
        so_far = replace(so_far, refolded=so_far.refolded + (not counted), removed=so_far.removed + bool(counted))
        if counted:
            gone[contact] = counted
        tell(so_far)
    _uncount(gone)
    imports.turn(imported.id, "undone", ("undoing",), clock.now_ms())
    audit.note(Noted("undo", "", clock.now_ms(), imported.id, imported.by, so_far.events))
    return so_far


def _uncount(gone: dict[str, Sequence[str]]) -> None:
    """Let the units go of those who are gone, where they were counted a moment after they went. Who was interrupted
    before finds them by `samovar audit`."""
    if not gone:
        return
    clock.sleep(COUNTED_S)
    people = list(gone)
    for start in range(0, len(people), _TOGETHER):
        chosen = people[start : start + _TOGETHER]
        away = [contact for contact, found in contacts.load(chosen).items() if not found.state.version]
        counts.forget(counts.known([unit for contact in away for unit in gone[contact]]), for_good=False)


# Consent.


def _ledgers(imported: Imported, so_far: Undone, tell: Tell) -> Undone:
    """Withdraw what only this import granted. Ledgers say it, not the events: who was interrupted between the two
    wrote the one without the other, and events go when their time is over."""
    taken_back = {one.id for one in imports.every() if one.state in ("undoing", "undone")} | {imported.id}
    mine = {":entry": "L#", ":id": f"#{ROW}-{imported.id}-"}
    rows = pages(settings.contacts_table(), "begins_with(sk, :entry) AND contains(sk, :id)", mine, consistent=True)
    ledgers = ((pk, list(found)) for page in rows for pk, found in groupby(page, key=lambda row: row["pk"]))
    for withdrew in in_order(ledgers, lambda one: _withdraw(imported, one[0].removeprefix("A#"), one[1], taken_back)):
        so_far = replace(so_far, withdrawn=so_far.withdrawn + withdrew)
        tell(so_far)
    return so_far


def _withdraw(imported: Imported, address: str, rows: Sequence[dynamodb.Item], taken_back: set[str]) -> int:
    """Withdraw what imports that are taken back alone granted to an address; to how many topics."""
    own = [entry for row in rows if _import_of(entry := addresses.entry_from(row)) == imported.id]
    if not own:
        return 0
    now, head = clock.now_ms(), addresses.head(address)
    others = set(_granted((entry for entry in addresses.entries(address) if _import_of(entry) not in taken_back), head))
    changes = tuple(Change("withdrawal", topic) for topic in sorted(set(_granted(own, head)) - others))
    if not changes:
        return 0
    last = max(own, key=lambda entry: (entry.arrived, entry.ref)).ref.partition(f"#{ROW}-{imported.id}-")[2]
    entry = Entry(f"undo-{imported.id}-{last}", now, now, f"{UNDO}{imported.id}", changes)
    return len(changes) if addresses.append(address, entry) else 0


def _import_of(entry: Entry) -> str:
    """The import that wrote an entry; "" for what people did themselves."""
    found = _BY.match(entry.source)
    return found[1] if found else ""


def _granted(entries: Iterable[Entry], head: Head) -> Iterator[str]:
    """The topics that entries grant and nobody has withdrawn since."""
    for entry in entries:
        for change in entry.changes:
            if change.kind == "grant" and entry.moment(change) > withdrawn(head, change.subject):
                yield change.subject


# Events.


def _events(imported: Imported, so_far: Undone, tell: Tell) -> Undone:
    """Take away the rows, as soon as they are scored. Raises NotScored."""
    waiting: _Keys = []
    for attempt in range(PASSES):
        again = attempt == 0 or len(waiting) > REMEMBERED
        chunks, waiting = _stored(imported) if again else _remembered(waiting), []
        for gone, left in in_order(chunks, lambda chunk: _take(imported, chunk)):
            so_far = replace(so_far, events=so_far.events + gone)
            waiting += left[: REMEMBERED + 1]
            tell(so_far)
        if not waiting:
            return so_far
        if attempt < PASSES - 1:
            time.sleep(WAIT_S)
    raise NotScored(f"{len(waiting)} rows of the import are not scored yet: undo again in a few minutes")


def _stored(imported: Imported) -> Iterator[Sequence[Event]]:
    mine = {":id": f"#{ROW}-{imported.id}-"}
    for page in pages(settings.events_table(), "contains(sk, :id)", mine, consistent=True):
        found = [events.from_row(row) for row in page if events.is_event(row)]
        yield from _parts(found)


def _remembered(keys: _Keys) -> Iterator[Sequence[Event]]:
    found = (event for source, sort_key in keys if (event := events.get(source, sort_key)) is not None)
    return _parts(list(found))


def _parts(found: Sequence[Event]) -> Iterator[Sequence[Event]]:
    return (found[start : start + 50] for start in range(0, len(found), 50))


def _take(imported: Imported, found: Sequence[Event]) -> tuple[int, _Keys]:
    """Take away some events; how many, and the keys of those that must wait."""
    mine = [event for event in found if _is_row(imported, event)]
    known = identities.read({event.source for event in mine})
    owners = {ref: contacts.surviving(one.contact) for ref, one in known.items() if not one.forgotten}
    scored = [event for event in mine if event.source in owners and _is_scored(event, owners[event.source])]
    erased = [event for event in mine if event.source in known and known[event.source].forgotten]
    brought: dict[str, set[str]] = defaultdict(set)
    for event in scored:
        kinds = str(event.properties.get("brought", ""))
        brought[owners[event.source].id] |= {ref for ref in event.all_identities if kind_of(ref) in kinds}
    imports.touched(imported.id, brought)
    gone = {event.ref for event in (*scored, *erased)}
    for event in (*scored, *erased):
        events.remove(event.source, event.sort_key)
    return len(gone), [(event.source, event.sort_key) for event in mine if event.ref not in gone]


def _is_row(imported: Imported, event: Event) -> bool:
    """Whether an event is the import's. Whoever sends events chooses their ids, but neither name nor cause."""
    return event.id.startswith(f"{ROW}-{imported.id}-") and (event.name, event.cause) == (IMPORTED, IMPORT)


def _is_scored(event: Event, contact: Contact) -> bool:
    """Whether the contact's facts hold the event: taken away before, it would be counted afterwards."""
    applied = contact.state.positions.get(event.source, (-1, 0))[1]
    return event.received <= max(applied, contact.state.fence)
