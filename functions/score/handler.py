"""Score: the events' stream → facts → decisions, one read and one write per contact and batch.

Guarantees. A record delivered again, late or out of order leaves facts as if it came once;
a crash between any two calls loses nothing, for the record is delivered again. What can
never be applied is set aside with its record, and the other contacts of the batch go on;
what may succeed later raises when they are done. An event of somebody who was erased is removed.
"""

from dataclasses import dataclass, replace
from typing import Any

from functions import clock, releases
from functions.aside import set_aside
from functions.aws.attributes import from_item
from functions.aws.faults import hopeless
from functions.core import erasure
from functions.core.facts import Arrival
from functions.observability import handler as observed
from functions.observability import metric
from functions.score.apply import apply
from functions.score.resolve import Resolver, identities_of
from functions.tables import contacts, events, identities, tombstones

ROOM = "score"


@dataclass(frozen=True, slots=True)
class _Record:
    """A stream record and what it says."""

    raw: dict[str, Any]
    arrival: Arrival


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle a batch of INSERT records of the events table."""
    records = [record for raw in event["Records"] if (record := _read(raw)) is not None]
    if records:
        _score(records)
    return {"batchItemFailures": []}


def _read(raw: dict[str, Any]) -> _Record | None:
    try:
        change = raw["dynamodb"]
        return _Record(raw, Arrival(int(change["SequenceNumber"]), events.from_row(from_item(change["NewImage"]))))
    except (KeyError, TypeError, ValueError) as error:
        set_aside(ROOM, raw, error)
        return None


def _score(records: list[_Record]) -> None:
    named = identities_of(record.arrival.event for record in records)
    live, rows = releases.live_and(map(identities.key, named))
    now = clock.now_ms()
    failed: list[Exception] = []
    admitted = _admitted(records, tombstones.among(rows.values()), now)
    resolver = Resolver(identities.among(rows), live.counters)
    grouped = _by_contact(admitted, resolver, failed)
    if resolver.turned and not failed:
        # A browser changed hands within the batch: what came before that record may be another's.
        grouped = _by_contact([record for group in grouped.values() for record in group], resolver, failed)
    loaded = contacts.load(grouped)
    for contact, group in grouped.items():
        try:
            if loaded[contact].state.erased:
                _remove(group)
                continue
            apply(loaded[contact], [record.arrival for record in group], live, now, resolver.versions)
        except Exception as error:
            _fail(group, error, failed)
    if failed:
        raise failed[0]


def _admitted(records: list[_Record], marks: erasure.Marks, now: int) -> list[_Record]:
    """The records of nobody who was erased; what was on its way past an erasure is removed."""
    if not marks:
        return records
    admitted = []
    for record in records:
        event = record.arrival.event
        left = erasure.remains(event, marks)
        if left is None or left.source != event.source:
            for ref in erasure.linked(event, marks):
                # Unless somebody has it, it was theirs: nobody would have known it a moment later.
                tombstones.close(ref, (), now)
            _remove([record])
        else:
            admitted.append(replace(record, arrival=replace(record.arrival, event=left)))
    return admitted


def _remove(group: list[_Record]) -> None:
    for record in group:
        events.remove(record.arrival.event.source, record.arrival.event.sort_key)
    metric("EventsOfErased", len(group))


def _by_contact(records: list[_Record], resolver: Resolver, failed: list[Exception]) -> dict[str, list[_Record]]:
    grouped: dict[str, list[_Record]] = {}
    for record in records:
        try:
            contact = resolver.contact_of(record.arrival.event)
        except Exception as error:
            _fail([record], error, failed)
            continue
        if contact is None:
            _remove([record])
        else:
            grouped.setdefault(contact, []).append(record)
    return grouped


def _fail(group: list[_Record], error: Exception, failed: list[Exception]) -> None:
    """Set aside what can never be applied; what may pass is raised when the others are done."""
    if not hopeless(error):
        failed.append(error)
        return
    for record in group:
        set_aside(ROOM, record.raw, error)
