"""Which releases need a backfill, and its jobs: one for each lane, with ids that say for which move of the pointer."""

import itertools
from collections.abc import Sequence
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
LOOKED_BACK: Final = 20
"""Among so many moves one is looked for whose backfill was never begun."""
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
    log = moves.history()
    before = next((entry for entry in log if entry.seq == pointer.seq - 1), None)
    if before is None:
        return []
    cut_short = _cut_short(before, log)
    if begun is None and not cut_short and not _differ(before, pointer.release, pointer.seq):
        return []
    about = {JOURNEYS: sorted(_newly_heard(before, pointer, cut_short))}
    for lane, job_id in enumerate(ids):
        started = begun.started if begun else now
        job = Job(job_id, KIND, started, about=about, lane=lane, lanes=LANES, seq=pointer.seq)
        jobs.create(job, in_list=True)
    return ids


def _cut_short(before: Entry, log: Sequence[Entry]) -> bool:
    """Whether a move's own backfill did not come to its end, or was never begun because whoever moved the pointer
    died; then it takes the rules to tell whether the move needed one."""
    for entry, previous in itertools.pairwise(entry for entry in log[:LOOKED_BACK] if entry.seq <= before.seq):
        earlier = [job for job_id in job_ids(entry.seq) if (job := jobs.get(job_id)) is not None]
        if earlier:
            return len(earlier) < LANES or any(job.finished is None or "superseded" in job.notes for job in earlier)
        if _differ(previous, entry.release, entry.seq):
            return True
    return False


def _newly_heard(before: Entry, pointer: Pointer, cut_short: bool) -> frozenset[str]:
    """The journeys that are asked about now, and whose earlier runs may not stand among people's events."""
    now = releases.heard_in(pointer.release)
    try:
        return now if cut_short else now - releases.heard_in(before.release)
    except s3.NotThere:
        return now


def _differ(before: Entry, release: str, seq: int) -> bool:
    """Whether the rules of a move's release differ from those of the move before."""
    try:
        old, new = moves.content(before.release), moves.content(release)
        specs = {releases.counters_of(*one).spec for one in ((before.seq, before.release), (seq, release))}
    except s3.NotThere:
        return True
    return len(specs) > 1 or backfilling.decides_otherwise(old, new) or bots.version(old.bots) != bots.version(new.bots)
