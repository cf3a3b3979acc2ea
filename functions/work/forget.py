"""Erasing a person, slice by slice: whoever is interrupted begins the stage again, and what is gone stays so.

First every identity is closed and the contact's rows become stubs, guarded by their versions: from
then on nothing can be written for them by anybody who read before. Then what stands goes. Whoever
was in the middle of something at that moment ends within a minute, and a second look after two
takes what they left behind. The job knows hashes only.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from functions import releases, settings
from functions.aws import dynamodb, sqs, stepfunctions
from functions.aws.dynamodb import Key
from functions.core import counting
from functions.core.channels import addressed, identity_of
from functions.core.contact import Moment
from functions.core.erasure import STAGE_NAMES
from functions.core.folding import moment_of
from functions.core.identity import ANONYMOUS, EMAIL, PERSONAL, SELF, contacts_among, hash_of, kind_of, own_ref
from functions.count import units
from functions.tables import (
    addresses,
    contacts,
    counts,
    directory,
    duplicates,
    events,
    experiments,
    identities,
    leads,
    messages,
    tombstones,
)
from functions.tables.contacts import PROFILE, STATE, partition
from functions.tables.identities import Identity
from functions.work.jobs import Job, Slice
from functions.work.mentions import Mentions

ROWS_PER_SLICE: Final = 400
"""Rows that one slice takes away: each is a call."""
SCANNED_PER_SLICE: Final = 20_000
LOOK_AGAIN_S: Final = 120
"""Longer than any function runs that writes for a contact without asking for its version."""
NOT_SCORED_MS: Final = 3_600_000
"""An event that arrived so long before the erasure may still be on its way through score."""
HOLD_S: Final = 300
"""So long messages of the aside queue are hidden from others while they are looked through."""

Notes = dict[str, int]


@dataclass(frozen=True, slots=True)
class _Step:
    """What one slice of a stage did, and where the stage goes on; None where it is through."""

    notes: Notes
    cursor: str | None = None
    about: dict[str, list[str]] | None = None
    delay: int = 0
    back_to: int | None = None


def forget_slice(job: Job, now: int) -> Slice:
    """Do a part of the stage that the job is in. `start` is (number of the stage, where in it)."""
    number, cursor = (int(job.start[0]), job.start[1]) if job.start else (0, "")
    step = STAGES[number](job, cursor, now)
    if step.back_to is not None:
        number = step.back_to
    elif step.cursor is None:
        number += 1
    following = (str(number), step.cursor or "") if number < len(STAGES) else None
    return Slice(sum(step.notes.values()), step.notes, following, step.about, step.delay)


def _close(job: Job, _: str, now: int) -> _Step:
    """Close every identity and bury every contact, as soon as the job knows of all of them."""
    names, refs = list(job.about["contacts"]), set(job.about["refs"])
    for contact, loaded in contacts.load(names).items():
        state, profile = loaded.state, loaded.profile
        if state.erased:
            continue
        found = {*profile.identities, own_ref(contact)}
        found |= {f"{identity_of(one.channel)}#{one.address}" for one in messages.list_for(contact) if one.address}
        others = contacts_among(found) | ({state.merged_into or contact})
        if not (found <= refs and others <= set(names)):
            return _Step({}, "", {"contacts": [*names, *sorted(others - set(names))], "refs": sorted(refs | found)})
        # Refused where another identity or contact has joined since: then the job must learn of it first.
        if not tombstones.bury(contact, state.version, profile.version):
            return _Step({}, "")
    for ref in sorted(refs):
        tombstones.close(ref, names, now)
    # A mail may have gone to an address that is somebody else's today: that stays theirs.
    shared = {ref for ref, known in identities.read(refs).items() if any(not run.contact for run in known.runs)}
    closed = sorted(shared.union(tombstones.marks(refs, consistent=True)))
    return _Step({"identities": len(closed)}, None, {"contacts": names, "refs": closed})


def _rows(job: Job, _: str, now: int) -> _Step:
    """Enrollments and their clocks, messages, decisions, caps, all in the contacts' own partitions; and what they saw
    of pages that are tried."""
    notes: Counter[str] = Counter()
    for contact in job.about["contacts"]:
        for row in dynamodb.query(settings.contacts_table(), partition(contact)):
            if row["sk"] in (STATE, PROFILE):
                continue
            if notes["rows"] == ROWS_PER_SLICE:
                return _Step(dict(notes), "")
            counts.forget(units.ids_of(row))
            if row["sk"].startswith("W#"):
                # The execution asks the row that it waits for, finds none, and ends.
                notes["executions"] += stepfunctions.succeed(row["token"])
            if row["sk"].startswith(leads.PREFIX):
                lead = leads.from_row(row)
                dynamodb.delete(settings.contacts_table(), leads.listed_key(lead.id, lead.at))
            dynamodb.delete(settings.contacts_table(), (row["pk"], row["sk"]))
            notes["rows"] += 1
    counts.forget([counting.standing_unit(contact) for contact in job.about["contacts"]])
    experiments.forget(releases.live().tests.values(), job.about["refs"])
    return _Step(dict(notes))


def _events(job: Job, _: str, now: int) -> _Step:
    """What was stored under the person's identities, whatever kind of row it is."""
    left = ROWS_PER_SLICE
    known = identities.read(job.about["refs"])
    marks = tombstones.marks(known, consistent=True)
    for ref, identity in known.items():
        if identity.runs:
            rows = _rows_of_browser(identity)
        elif ref in marks:
            rows = events.rows_of(ref, before=marks[ref].since)
        else:
            continue
        for row in rows:
            if not left:
                return _Step({"events": ROWS_PER_SLICE}, "")
            if (more := _not_known_yet(job, row)) is not None:
                # Not scored yet, it says that more is theirs: nothing of it goes before all of it is known.
                return _Step({"events": ROWS_PER_SLICE - left}, None, more, back_to=0)
            counts.forget(_ids_of_event(row))
            events.remove(row["pk"], row["sk"])
            left -= 1
    return _Step({"events": ROWS_PER_SLICE - left})


def _ids_of_event(row: dynamodb.Item) -> list[str]:
    """The ids of the units of an event."""
    if events.is_event(row) and events.from_row(row).name in counting.COUNTED:
        ref = f"{row['pk']}#{row['sk']}"
        return [counting.event_unit(ref), counting.order_unit(ref)]
    return []


def _rows_of_browser(browser: Identity) -> Iterator[dynamodb.Item]:
    """Rows of a browser that others use as well, of the turns that are nobody's any more."""
    for row in events.rows_of(browser.ref):
        stamp, _, identifier = row["sk"].removeprefix("V#").partition("#")
        if not (stamp.isdigit() and identifier):
            continue
        moment = moment_of(events.from_row(row)) if events.is_event(row) else Moment(int(stamp), 0)
        if not browser.owner_at(moment):
            yield row


def _not_known_yet(job: Job, row: dynamodb.Item) -> dict[str, list[str]] | None:
    """What the job is about, with whatever an event that is not scored yet would join to the person; None
    where it joins nothing more, or is older: then it was judged, and what it names is somebody else's."""
    refs, ours = job.about["refs"], set(job.about["contacts"])
    new = [ref for ref in (row["pk"], *row.get("ids", ())) if ref not in refs and kind_of(ref) != SELF]
    if not new or row.get("rx", 0) < job.started - NOT_SCORED_MS:
        return None
    known, kinds = identities.read(new), {kind_of(ref) for ref in refs} & {*PERSONAL}
    free = [ref for ref in new if ref not in known and kind_of(ref) not in kinds]
    others = {ref: known[ref].contact for ref in new if ref in known and known[ref].contact and not known[ref].runs}
    loaded = contacts.load(set(others.values()) - ours)
    joining = set()
    for ref, contact in others.items():
        if contact not in loaded or loaded[contact].state.erased:
            continue
        theirs = {kind_of(one) for one in loaded[contact].profile.identities} & {*PERSONAL}
        # A browser joins the person only while it is nobody else's, another name only while it contradicts none.
        if not (theirs if kind_of(ref) == ANONYMOUS else theirs & kinds):
            joining.add(contact)
    if not (free or joining):
        return None
    return {"contacts": [*job.about["contacts"], *sorted(joining)], "refs": sorted({*refs, *free})}


def _ledgers(job: Job, _: str, now: int) -> _Step:
    """Of consent nothing stays but the withdrawal of all of it, and the reason why no mail may go there."""
    addressed_by = [ref for ref in job.about["refs"] if kind_of(ref) in addressed()]
    removed = 0
    for ref, mark in tombstones.marks(addressed_by, consistent=True).items():
        # A number or a browser that nobody ever wrote to, nor agreed about, has no ledger to leave anything of.
        if kind_of(ref) == EMAIL or addresses.head(hash_of(ref)).version:
            removed += addresses.erase(hash_of(ref), mark.at, mark.since)
    return _Step({"ledger entries": removed})


def _aside(job: Job, cursor: str, now: int) -> _Step:
    """Records that were set aside and name the person; the others stay where they are."""
    until = int(cursor) if cursor else now + 2 * HOLD_S * 1000
    if now < until and sqs.hidden(settings.aside_queue_url()):
        # Whoever holds some, perhaps a slice of ours that died, gives them back by then.
        return _Step({}, str(until), delay=30)
    alone = [ref for ref, identity in identities.read(job.about["refs"]).items() if not identity.runs]
    queue, mentions = settings.aside_queue_url(), Mentions(alone, job.about["contacts"])
    notes: Counter[str] = Counter({"set aside": 0})
    kept: list[str] = []
    for message in sqs.all_of(queue, hold=HOLD_S):
        if mentions.are_in(message.body):
            sqs.delete(queue, message.receipt)
            notes["set aside"] += 1
        else:
            kept.append(message.receipt)
    for receipt in kept:
        sqs.release(queue, receipt)
    return _Step(dict(notes))


def _stray_rows(job: Job, cursor: str, now: int) -> _Step:
    """The person's places in lists of others: members of segments, and whatever else is keyed by the contact. Last
    of all: whoever read them before may put such a row a moment after they were buried."""
    own, refs = {partition(contact) for contact in job.about["contacts"]}, set(job.about["refs"])

    def is_stray(row: dynamodb.Item) -> bool:
        if row["pk"] == duplicates.PARTITION:
            return not refs.isdisjoint(row["sk"].split(" "))
        if row["pk"].startswith(leads.PREFIX):
            return partition(row["contact"]) in own
        if directory.is_of(row, job.about["contacts"]):
            return True
        return row["sk"] in own or (row["pk"] in own and row["sk"] not in (STATE, PROFILE))

    return _scanned(settings.contacts_table(), cursor, is_stray, "rows", lambda row: None)


def _stray_events(job: Job, cursor: str, now: int) -> _Step:
    """Events of others that name the person. A browser of theirs, which is only a hash, makes none of them theirs."""
    known = identities.read(job.about["refs"])
    # Of a browser that others use as well the person's turns have gone already.
    alone = [ref for ref, identity in known.items() if not identity.runs]
    marks = tombstones.marks(alone, consistent=True)

    def is_stray(row: dynamodb.Item) -> bool:
        personal = (ref for ref in row.get("ids", ()) if kind_of(ref) != ANONYMOUS)
        named = (marks[ref].since for ref in (row["pk"], *personal) if ref in marks)
        return any(since is None or row["sk"] < f"{since:013d}" for since in named)

    return _scanned(settings.events_table(), cursor, is_stray, "events", lambda row: _not_known_yet(job, row))


def _scanned(
    table: str,
    cursor: str,
    is_stray: Callable[[dynamodb.Item], bool],
    what: str,
    learn: Callable[[dynamodb.Item], dict[str, list[str]] | None],
) -> _Step:
    start: Key | None = tuple(json.loads(cursor)) if cursor else None
    notes: Counter[str] = Counter({f"searched {what}": 0, what: 0})
    while notes[f"searched {what}"] < SCANNED_PER_SLICE:
        rows, start = dynamodb.scan_page(table, start=start, limit=1000)
        for row in filter(is_stray, rows):
            if (more := learn(row)) is not None:
                return _Step(dict(notes), None, more, back_to=0)
            counts.forget((_ids_of_event if table == settings.events_table() else units.ids_of)(row))
            dynamodb.delete(table, (row["pk"], row["sk"]))
            notes[what] += 1
        notes[f"searched {what}"] += len(rows)
        if start is None:
            return _Step(dict(notes))
    return _Step(dict(notes), json.dumps(start))


def _pause(job: Job, cursor: str, now: int) -> _Step:
    """Until whoever was in the middle of something has ended."""
    until = int(cursor) if cursor else now + LOOK_AGAIN_S * 1000
    if now >= until:
        return _Step({})
    return _Step({}, str(until), delay=-(-(until - now) // 1000))


STAGES: Final[Sequence[Callable[[Job, str, int], _Step]]] = (
    *(_close, _rows, _events, _ledgers, _aside, _stray_events),
    *(_pause, _rows, _events, _ledgers, _stray_rows),
)
assert len(STAGES) == len(STAGE_NAMES)
