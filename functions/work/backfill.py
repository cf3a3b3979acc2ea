"""Backfilling: bringing everybody to a release that was published, whoever they are and however quiet.

What its rules decide by facts that were there before is decided here, once, with the cause
"backfill". A contact that was touched meanwhile has been brought already, at the price of the
read that finds it so. The next release takes over from the one before.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from functions import bots, clock, releases
from functions.aws import s3
from functions.aws.dynamodb import Item
from functions.core import backfilling
from functions.core.publishing import Pointer
from functions.releases import Live
from functions.score.apply import ATTEMPTS, bring
from functions.tables import contacts
from functions.tables import releases as moves
from functions.tables.contacts import contact_of
from functions.tables.identities import Contended
from functions.work import jobs
from functions.work.jobs import Job, Slice
from functions.work.walk import walk

KIND: Final = "backfill"
LANES: Final = 2
"""Parts of the table that are gone through side by side; `work` has room for others beside them."""
DECISIONS_A_SECOND: Final = 25
"""In one lane: more would keep journeys waiting for what people do at the same time."""
DECISIONS_PER_SLICE: Final = 500
UNDER_WAY_MS: Final = 120_000
"""So long after a release went live somebody may still work by the one before."""


def job_ids(seq: int) -> list[str]:
    """The ids of the lanes' jobs for a move of the pointer."""
    return [f"{KIND}-{seq}-{lane}" for lane in range(LANES)]


def start(pointer: Pointer, now: int) -> list[str]:
    """Begin the backfill that the live release needs; the ids of its jobs, none where it needs none.

    Again it begins nothing anew.
    """
    ids = job_ids(pointer.seq)
    if jobs.get(ids[0]) is None and not _needed(pointer):
        return []
    for lane, job_id in enumerate(ids):
        jobs.create(Job(job_id, KIND, now, lane=lane, lanes=LANES, seq=pointer.seq), in_list=True)
    return ids


def _needed(pointer: Pointer) -> bool:
    """Whether the rules differ from those of the move before, or its own backfill has not ended."""
    before = next((entry for entry in moves.history() if entry.seq == pointer.seq - 1), None)
    if before is None:
        return False
    earlier = [jobs.get(job_id) for job_id in job_ids(before.seq)]
    if any(job is not None and (job.finished is None or job.notes.get("superseded")) for job in earlier):
        return True
    try:
        old, new = moves.content(before.release), moves.content(pointer.release)
    except s3.NotThere:
        return True
    specs = {releases.counters_of(entry.seq, entry.release).spec for entry in (before, pointer)}
    return len(specs) > 1 or backfilling.decides_otherwise(old, new) or bots.version(old.bots) != bots.version(new.bots)


def backfill_slice(job: Job, now: int) -> Slice:
    """Bring the next contacts to the live release, unless another has gone live since."""
    live = releases.live()
    if live.seq != job.seq:
        return Slice(0, {"superseded": 1}, None)
    begun, mark = clock.monotonic(), now < job.started + UNDER_WAY_MS

    def each(row: Item) -> Mapping[str, int]:
        if "into" in row:
            return {}
        if row.get("seq", 0) >= live.seq and row.get("spec") == live.counters.spec:
            return {"contacts": 1}
        return _bring(contact_of(row["pk"]), live, mark)

    done = walk(job, each, enough={"decisions": DECISIONS_PER_SLICE})
    pause = done.notes.get("decisions", 0) / DECISIONS_A_SECOND - (clock.monotonic() - begun)
    return Slice(done.done, done.notes, done.next, delay=max(done.delay, min(900, int(pause))))


def _bring(contact_id: str, live: Live, mark: bool) -> Mapping[str, int]:
    for _ in range(ATTEMPTS):
        contact = contacts.load([contact_id])[contact_id]
        if contact.state.merged_into is not None:
            return {}
        if (brought := bring(contact, live, clock.now_ms(), mark=mark)) is not None:
            made = Counter(one.kind for one in brought.decisions if one.kind != "wake")
            counted = {"contacts": 1, "rebuilt": int(brought.rebuilt), "decisions": made.total()}
            return counted | {f"decisions {kind}": count for kind, count in made.items()}
    raise Contended(f"contact {contact_id} kept changing")
