"""Journeys that start by the calendar: their plans, and the job that starts one for everybody in its segment.

Guarantees. A moment begun twice is one job, and a contact met twice starts once: the run's id says which moment
it is for. Whatever dies between two steps is taken up by the sweep, or by the queue. Who came into the segment
after the moment waits for the next one; who left before their turn isn't started. Twelve hours after the moment
nobody is started for it any more.
"""

from collections.abc import Mapping
from typing import Final

from functions import clock, releases
from functions.aws.dynamodb import Item
from functions.core.enrollment import is_open
from functions.core.release import Release
from functions.core.schedules import LATEST_MS, Slot, schedule_of, trigger
from functions.journey_step.admit import admit
from functions.observability import logger, metric
from functions.releases import Live
from functions.tables import memberships, pauses, schedules
from functions.tables.contacts import contact_of, partition
from functions.tables.due import shards
from functions.tables.schedules import Plan
from functions.work import jobs
from functions.work.jobs import Job, Slice
from functions.work.start_plans import planned
from functions.work.walk import AGAIN_S, Walking

KIND: Final = "journey-start"
SLOT: Final = "slot"
"""What a job is told: the journey, the occasion, and its moment (ms, as text)."""
PAGE: Final = 250
SLICE_S: Final = 30
STARTED_PER_SLICE: Final = 500
STARTED_A_SECOND: Final = 25
"""More would keep journeys waiting for what people do at the same time."""


def begin_planned(journey: str, now: int) -> None:
    """Begin the job of a journey whose moment has come, and plan the next; what was missed by far is skipped."""
    plan = schedules.plan(journey)
    if plan is None or plan.next.at > now:
        return
    release = releases.live().release
    again = planned(release, journey, plan.next.at - 1)
    if again is None:
        # Whoever published died before planning anew.
        schedules.remove(plan)
        return
    if again == plan:
        _begin(release, plan, now)
    following_one = planned(release, journey, plan.next.at if again == plan else now)
    assert following_one is not None
    schedules.move(plan, following_one)


def _begin(release: Release, plan: Plan, now: int) -> None:
    if plan.next.at + LATEST_MS < now:
        logger.warning("journey not started: its moment is long over", journey=plan.journey, at=plan.next.at)
        metric("JourneyStartsMissed")
    elif is_open(release.journeys[plan.journey], plan.next.at, release.sending.business.time_zone):
        jobs.create(job_of(plan, now), in_list=True)


def job_of(plan: Plan, now: int) -> Job:
    """The job that starts a journey for everybody in its segment."""
    about = {SLOT: [plan.journey, plan.next.occasion, str(plan.next.at)]}
    return Job(f"{KIND}-{plan.journey}--{plan.next.occasion}", KIND, now, about=about)


def start_slice(job: Job, now: int) -> Slice:
    """Start the journey for the next members of its segment, by the release that is live."""
    journey, occasion, at = job.about[SLOT]
    slot, live = Slot(occasion, int(at)), releases.live()
    when = schedule_of(live.release, journey)
    if when is None:
        return Slice(0, {"superseded": 1}, None)
    if slot.at + LATEST_MS < now:
        metric("JourneyStartsMissed")
        return Slice(0, {"late": 1}, None)
    return _Starting(job, journey, slot, live).go_on(when.segment)


class _Starting:
    """One slice."""

    def __init__(self, job: Job, journey: str, slot: Slot, live: Live) -> None:
        self._job, self._journey, self._slot, self._live = job, journey, slot, live
        self._walking = Walking(job, self._start)
        self._paused = pauses.journeys_lately(clock.now_ms())
        self._begun = clock.monotonic()

    def go_on(self, segment: str) -> Slice:
        shard, after = self._job.start or (shards()[0], "")
        while True:
            page, last = memberships.page(segment, shard, after, PAGE, by=self._slot.at)
            for contact in page:
                if self._enough():
                    return self._slice((shard, after), self._pause())
                if not self._walking.deals_with({"pk": partition(contact)}):
                    return self._slice((shard, after), AGAIN_S)
                after = contact
            place = shards().index(shard) + 1
            if last is not None:
                after = last
            elif place < len(shards()):
                shard, after = shards()[place], ""
            else:
                return self._slice(None, 0)
            if clock.monotonic() - self._begun >= SLICE_S:
                return self._slice((shard, after), self._pause())

    def _start(self, row: Item) -> Mapping[str, int]:
        contact = contact_of(row["pk"])
        started = admit(contact, trigger(contact, self._journey, self._slot), self._live, clock.now_ms(), self._paused)
        return {"contacts": 1, "started": int(started)}

    def _enough(self) -> bool:
        """Whether this slice has done its part; one that was begun before deals with one contact."""
        met = self._walking.met
        over = met >= STARTED_PER_SLICE or clock.monotonic() - self._begun >= SLICE_S
        return met > 0 and (self._job.careful or over)

    def _pause(self) -> int:
        ahead = self._walking.notes["started"] / STARTED_A_SECOND - (clock.monotonic() - self._begun)
        return max(0, min(900, int(ahead)))

    def _slice(self, following_one: tuple[str, str] | None, delay: int) -> Slice:
        return Slice(self._walking.met, dict(self._walking.notes), following_one, delay=delay)
