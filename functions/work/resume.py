"""A paused journey goes on: those who stand before its first step enter it, and whoever is due goes on, paced.

Guarantees. The job ends the pause itself, so that none ends without it. It looks at the runs only when whoever had
read that the journey is paused has ended: what they left undone is seen then. A run that was looked at before has
nothing left to do, so a slice may come again; nothing that was sent is sent again, and nothing is passed over.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from functions import clock, releases
from functions.aws.dynamodb import ConditionFailed, Item, Key
from functions.core.enrollment import GRACE_MS, Enrollment, watches
from functions.core.pauses import of_journey
from functions.journey_step import progress
from functions.releases import Live
from functions.sweep.heal import heal
from functions.tables import contacts, enrollments, pauses
from functions.tables.enrollments import CURRENT
from functions.tables.identities import Contended
from functions.work import begun
from functions.work.begun import resume as resume
from functions.work.jobs import Job, Slice
from functions.work.walk import walk

KIND: Final = begun.RESUME
BEGINNING: Final[Key] = ("-", "-")
"""Stands for the beginning of the table, where a slice has ended before the first row."""
MOVED_PER_SLICE: Final = 500
MOVED_A_SECOND: Final = 25
"""More would keep journeys waiting for what people do at the same time."""
ATTEMPTS: Final = 8


def resume_slice(job: Job, now: int) -> Slice:
    """End the pause, or move the next runs of the journey on."""
    (journey,), (since,) = job.about["journey"], job.about["since"]
    standing = pauses.get().standing(of_journey(journey), now)
    if job.start is None:
        if standing is not None and standing.since == int(since):
            pauses.release(of_journey(journey))
        return Slice(0, {}, BEGINNING, delay=GRACE_MS // 1000)
    if standing is not None:
        return Slice(0, {"paused-again": 1}, None)
    began = clock.monotonic()
    done = walk(
        job if job.start != BEGINNING else replace(job, start=None),
        partial(_go_on, journey, releases.live()),
        enough={"moved": MOVED_PER_SLICE},
        rows_like=("begins_with(sk, :journey)", {":journey": CURRENT + journey}),
    )
    ahead = done.notes.get("moved", 0) / MOVED_A_SECOND - (clock.monotonic() - began)
    return replace(done, delay=max(done.delay, min(900, int(ahead)))) if done.next is not None else done


def _go_on(journey: str, live: Live, row: Item) -> Mapping[str, int]:
    found = enrollments.from_row(row)
    if found.journey != journey or not found.active:
        # A longer id may begin like this one.
        return {}
    for _ in range(ATTEMPTS):
        run = enrollments.get(found.contact, journey, found.key)
        if run is None or not run.active:
            return {}
        now = clock.now_ms()
        if run.due(now):
            heal(run.contact, journey, run.key, now)
            return {"moved": 1}
        if not _stands_before(run):
            progress.wake(run, now, paused=frozenset())
            return {"looked": 1}
        try:
            progress.wake(_by(live, run, now), now, paused=frozenset())
        except ConditionFailed:
            continue
        return {"moved": 1, "entered": 1}
    raise Contended(f"enrollment {found.id} kept changing")


def _stands_before(run: Enrollment) -> bool:
    """Whether a run has yet to take its first step."""
    return run.waiting is None and not run.path and run.place is None


def _by(live: Live, run: Enrollment, now: int) -> Enrollment:
    """The run by the release that is live: nothing of it was done by the one that was live when it was let in."""
    journey = live.release.every_journey.get(run.journey)
    if journey is None or run.release == live.id:
        return run
    if watches(journey) and contacts.watch(run.contact, enrollments.mark(run)) is None:
        # Merged away: it goes on as the survivor's.
        return run
    return enrollments.save(run, replace(run, release=live.id), now)
