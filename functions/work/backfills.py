"""Which releases need a backfill, and its jobs: one for each lane, with ids that say for which move of the pointer."""

from typing import Final

from functions import bots, releases
from functions.aws import s3
from functions.core import backfilling
from functions.core.publishing import Pointer
from functions.tables import releases as moves
from functions.tables.releases import Entry
from functions.work import jobs
from functions.work.jobs import Job

KIND: Final = "backfill"
JOURNEYS: Final = "journeys"
"""What a job is told: the journeys whose earlier runs are to be recorded."""
LANES: Final = 2
"""Parts of the table that are gone through side by side; `work` has room for others beside them."""


def job_ids(seq: int) -> list[str]:
    """The ids of the lanes' jobs for a move of the pointer."""
    return [f"{KIND}-{seq}-{lane}" for lane in range(LANES)]


def start(pointer: Pointer, now: int) -> list[str]:
    """Begin the backfill that the live release needs; the ids of its jobs, none where it needs none.

    Again it begins nothing anew.
    """
    ids = job_ids(pointer.seq)
    begun = jobs.get(ids[0])
    before = next((entry for entry in moves.history() if entry.seq == pointer.seq - 1), None)
    if before is None or (begun is None and not _needed(before, pointer)):
        return []
    about = {JOURNEYS: sorted(_newly_heard(before, pointer))}
    for lane, job_id in enumerate(ids):
        started = begun.started if begun else now
        job = Job(job_id, KIND, started, about=about, lane=lane, lanes=LANES, seq=pointer.seq)
        jobs.create(job, in_list=True)
    return ids


def _cut_short(before: Entry) -> bool:
    """Whether a move's own backfill did not come to its end."""
    earlier = [jobs.get(job_id) for job_id in job_ids(before.seq)]
    return any(job is not None and (job.finished is None or "superseded" in job.notes) for job in earlier)


def _newly_heard(before: Entry, pointer: Pointer) -> frozenset[str]:
    """The journeys that are asked about now, and whose earlier runs may not stand among people's events."""
    now = releases.heard_in(pointer.release)
    try:
        return now if _cut_short(before) else now - releases.heard_in(before.release)
    except s3.NotThere:
        return now


def _needed(before: Entry, pointer: Pointer) -> bool:
    """Whether the rules differ from those of the move before, or its own backfill has not ended."""
    if _cut_short(before):
        return True
    try:
        old, new = moves.content(before.release), moves.content(pointer.release)
    except s3.NotThere:
        return True
    specs = {releases.counters_of(entry.seq, entry.release).spec for entry in (before, pointer)}
    return len(specs) > 1 or backfilling.decides_otherwise(old, new) or bots.version(old.bots) != bots.version(new.bots)
