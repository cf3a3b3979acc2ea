"""Correcting the runs of a journey where they stand: people recalled from a step, or moved to another release.

Guarantees. A run is corrected once by each correction, however often a slice comes again; what it had to do is done
before it goes on, and nothing that was sent is sent again. A crash in between leaves a run that rings: sweep goes on.
"""

from collections.abc import Mapping
from typing import Final

from functions import releases
from functions.aws.dynamodb import Item
from functions.core import correction
from functions.core.correction import GoTo, Leave, Moves, Recall, Skip, Unfit
from functions.core.enrollment import Enrollment, watches
from functions.observability import logger
from functions.tables import contacts, enrollments
from functions.tables.enrollments import CURRENT
from functions.work.begun import RECALL as RECALL
from functions.work.begun import begun
from functions.work.begun import recall as recall
from functions.work.jobs import Job, Slice
from functions.work.mending import mended
from functions.work.walk import walk

MIGRATE: Final = "migrate"


def migrate(id: str, journey: str, release: str, moves: Moves, now: int) -> Job:
    """Begin a job that moves everybody in a journey to a release of it."""
    about = {
        "journey": [journey],
        "release": [release],
        "moves": [f"{before}={after}" for before, after in sorted(moves.steps.items())],
        "leave": sorted(moves.leave),
    }
    return begun(Job(id, MIGRATE, now, about=about))


def correct_slice(job: Job, now: int) -> Slice:
    """Correct the next runs of the job's journey."""
    (journey,) = job.about["journey"]

    def each(row: Item) -> Mapping[str, int]:
        found = enrollments.from_row(row)
        # A longer id may begin like this one.
        return _correct(found, job) if found.journey == journey else {}

    return walk(job, each, rows_like=("begins_with(sk, :journey)", {":journey": CURRENT + journey}))


def _correct(found: Enrollment, job: Job) -> Mapping[str, int]:
    try:
        done = mended(found, job.id, lambda run, now: _corrected(run, job, now), _is_heard)
    except Unfit as error:
        logger.warning("a run can't be corrected", enrollment=found.id, reason=str(error))
        return {"unfit": 1}
    return {"corrected": 1} if done else {}


def _is_heard(corrected: Enrollment) -> bool:
    """See to it that what happens wakes the run, where its journey listens; False where its contact was merged away."""
    journey = releases.by_id(corrected.release).every_journey[corrected.journey]
    return not watches(journey) or contacts.watch(corrected.contact, enrollments.mark(corrected)) is not None


def _corrected(run: Enrollment, job: Job, now: int) -> Enrollment | None:
    if not run.active:
        return None
    about = job.about
    if job.kind == MIGRATE:
        (release,) = about["release"]
        steps = dict(one.split("=", 1) for one in about.get("moves", ()))
        to = releases.by_id(release).every_journey.get(run.journey)
        if to is None:
            raise Unfit(f"release {release[:12]} has no journey {run.journey!r}")
        return correction.migrated(run, to, release, Moves(steps, frozenset(about.get("leave", ()))), job.id, now)
    journey = releases.by_id(run.release).every_journey[run.journey]
    (step,) = about["step"]
    return correction.recalled(run, journey, step, _recall(about["do"]), job.id, now)


def _recall(do: list[str]) -> Recall:
    match do:
        case ["skip"]:
            return Skip()
        case ["leave"]:
            return Leave()
        case ["goto", step]:
            return GoTo(step)
    raise ValueError(f"a recall of kind {do!r} is not known to this code")
