"""Score: the events' stream → facts → decisions, one read and one write per contact and batch.

Guarantees. A record delivered again, late or out of order leaves facts as if it came once;
a crash between any two calls loses nothing, for the record is delivered again. What can
never be applied is set aside with its record, and the other contacts of the batch go on;
what may succeed later raises when they are done. Machines' events move nothing; a verdict that
is revised moves facts as if it had been known from the start. An event of somebody who was
erased is removed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from functions import bots, clock, releases
from functions.aside import set_aside
from functions.aws.faults import hopeless
from functions.core import erasure
from functions.core.decisions import BY_TIME
from functions.core.folding import moment_of
from functions.core.identity import SELF, hash_of, kind_of
from functions.observability import handler as observed
from functions.observability import metric
from functions.releases import Live
from functions.score import advertised, reactions, sift
from functions.score.apply import Erased, Reading, TooLong, apply, bring, refold
from functions.score.exposing import expose
from functions.score.resolve import Resolver, identities_of
from functions.score.sift import Record
from functions.tables import contacts, counts, events, identities, tombstones
from functions.tables.identities import Contended, Identity
from functions.work import queue
from functions.work.queue import Recount

ROOM = "score"


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle a batch of INSERT records of the events table."""
    records = [record for raw in event["Records"] if (record := _read(raw)) is not None]
    if records:
        _score(records)
    return {"batchItemFailures": []}


def _read(raw: dict[str, Any]) -> Record | None:
    try:
        return sift.read(raw)
    except (KeyError, TypeError, ValueError) as error:
        set_aside(ROOM, raw, error)
        return None


def _score(records: list[Record]) -> None:
    named = identities_of(record.arrival.event for record in records)
    live, rows = releases.live_and(map(identities.key, named))
    now = clock.now_ms()
    failed: list[Exception] = []
    admitted = _admitted(records, tombstones.among(rows.values()), now)
    sifted, known = sift.sift(admitted, bots.rules(live)), identities.among(rows)
    if sifted.waiting:
        sift.ask(sifted.waiting, live.release.bots.hold, now)
    resolver = Resolver(known, live.counters, live.release.funnel)
    grouped = _by_contact(sifted.counting, resolver, failed)
    if resolver.turned and not failed:
        # A browser changed hands within the batch: what came before that record may be another's.
        grouped = _by_contact([record for group in grouped.values() for record in group], resolver, failed)
    loaded, reading = contacts.load(grouped), Reading()
    theirs: list[Record] = []
    for contact, group in grouped.items():
        try:
            apply(loaded[contact], [record.arrival for record in group], live, now, resolver.versions, reading)
        except Erased:
            _remove(group)
            continue
        except Exception as error:
            _fail(group, error, failed)
        theirs += group
    _bring([contact for contact in grouped if not loaded[contact].state.version], live, now, failed)
    _leave(sifted.leaving, known, now, reading, failed)
    # What was removed as an erased person's is noted nowhere else.
    _tell(theirs, live, failed)
    _count(theirs, sifted, live, failed)
    if failed:
        raise failed[0]


def _tell(records: list[Record], live: Live, failed: list[Exception]) -> None:
    """Note what people's events say of pages that are tried, and of the ads that led to them."""
    for record in records:
        try:
            if live.tests:
                expose(record.arrival.event, live.tests)
            advertised.note(record.arrival.event, live.release.pages)
        except Exception as error:
            _fail([record], error, failed)


def _count(theirs: list[Record], sifted: sift.Sifted, live: Live, failed: list[Exception]) -> None:
    """Count what the batch says of messages, forms, files and orders."""
    told = (*theirs, *sifted.leaving, *sifted.machines)
    records = [record for record in told if reactions.is_counted(record.arrival.event, live)]
    if not records:
        return
    left = {record.arrival.event.ref for record in sifted.leaving}
    try:
        counts.count(reactions.units(records, left, {one.arrival.event.ref for one in theirs}, live))
    except Exception as error:
        _fail(records, error, failed)


def _admitted(records: list[Record], marks: erasure.Marks, now: int) -> list[Record]:
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


def _remove(group: list[Record]) -> None:
    for record in group:
        events.remove(record.arrival.event.source, record.arrival.event.sort_key)
    metric("EventsOfErased", len(group))


def _bring(begun: Sequence[str], live: Live, now: int, failed: list[Exception]) -> None:
    """Bring contacts that this batch began to a release that went live meanwhile: whoever brings everybody to it
    may have passed before they were there."""
    current = releases.live() if begun and not failed else live
    if current.seq > live.seq:
        for contact in begun:
            try:
                if bring(contacts.surviving(contact), current, now) is None:
                    raise Contended(f"contact {contact} changed")
            except Exception as error:
                failed.append(error)


def _leave(
    records: Sequence[Record], known: Mapping[str, Identity], now: int, reading: Reading, failed: list[Exception]
) -> None:
    """Make facts anew without what turned out to be machines'. Where nobody owns it, it never counted."""
    for record in records:
        event = record.arrival.event
        owned = known.get(event.source)
        owner = hash_of(event.source) if kind_of(event.source) == SELF else owned and owned.owner_at(moment_of(event))
        try:
            if owner:
                _refold(contacts.surviving(owner).id, now, reading)
        except Exception as error:
            _fail([record], error, failed)


def _refold(contact: str, now: int, reading: Reading) -> None:
    try:
        refold(contact, now, reading)
    except TooLong:
        queue.ask(Recount(contact, BY_TIME))


def _by_contact(records: list[Record], resolver: Resolver, failed: list[Exception]) -> dict[str, list[Record]]:
    grouped: dict[str, list[Record]] = {}
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


def _fail(group: Sequence[Record], error: Exception, failed: list[Exception]) -> None:
    """Set aside what can never be applied; what may pass is raised when the others are done."""
    if not hopeless(error):
        failed.append(error)
        return
    for record in group:
        set_aside(ROOM, record.raw, error)
