"""Campaigns as they are run: their plans, and what moves a run from one state to the next.

Guarantees. A run begun twice is one run: its id says which occasion it is. Every step is conditional on the state
that was read, so of two sweeps, or a sweep and a person, one does it. Whatever dies between two steps is taken up
by the sweep, which looks at every run under way.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from functions import releases
from functions.aws import dynamodb
from functions.core import occasions, runs
from functions.core.campaign import Campaign, place_of
from functions.core.message import LATEST, PATIENCE
from functions.core.release import Release
from functions.core.runs import HEARTBEAT_MS, NotNow, Run
from functions.observability import logger, metric
from functions.tables import campaigns, pauses
from functions.tables.campaigns import Plan
from functions.work import jobs
from functions.work.jobs import Job

COUNT: Final = "campaign-count"
SEND: Final = "campaign-send"
RUN: Final = "run"
"""What a job is told: the campaign and the run."""
SOON_MS: Final = 120_000
"""After so long sweep looks whether the work that was to begin has begun."""
BY_PLAN: Final = "samovar"
ATTEMPTS: Final = 8


def schedule(release_id: str, now: int) -> list[str]:
    """Let a release that has gone live be the one by which campaigns are planned; the ids of those planned.

    Campaigns that it doesn't plan begin no further run; runs under way keep the release they began with.
    """
    release = releases.by_id(release_id)
    known, planned = {plan.campaign: plan for plan in campaigns.plans()}, []
    for name in sorted({*known, *release.campaigns}):
        plan = _planned(name, release, release_id, now)
        if plan.run is not None:
            planned.append(name)
        held = known.get(name)
        if plan.run is None and (held is None or held.run is None):
            continue
        if held is None or (held.run, held.due) != (plan.run, plan.due):
            campaigns.put_plan(plan)
    return planned


def _planned(name: str, release: Release, release_id: str, after: int) -> Plan:
    definition = release.campaigns.get(name)
    following = occasions.following(definition, after, release.sending.business.time_zone) if definition else None
    if definition is None or following is None:
        return Plan(name, release_id)
    due = occasions.counted_from(following, definition.hold)
    return Plan(name, release_id, following.run, following.mark, following.at, due)


def begin_planned(campaign: str, now: int) -> None:
    """Begin the run of a campaign whose occasion has come, and plan the next; what was missed by far is skipped."""
    plan = campaigns.plan(campaign)
    if plan is None or plan.run is None or plan.mark is None or plan.due is None or plan.due > now:
        return
    live = releases.live()
    release, again = live.release, _planned(campaign, live.release, live.id, plan.mark - 1)
    definition = release.campaigns.get(campaign)
    if definition is None or again.run != plan.run or again.at is None:
        # Whoever published died before planning anew.
        campaigns.move_plan(plan, _planned(campaign, release, live.id, now))
        return
    run = runs.begin(campaign, plan.run, live.id, at=again.at, by=BY_PLAN, now=now)
    if plan.mark + definition.expires * 1000 < now:
        campaigns.create(runs.expire(run, now))
        metric("CampaignsMissed")
    elif not _ran_that_day(campaign, plan.run):
        _begin(run)
    campaigns.move_plan(plan, _planned(campaign, release, live.id, max(plan.mark, now)))


def _ran_that_day(campaign: str, run: str) -> bool:
    """Whether the plan began another run that day: its time was changed while that was under way."""
    day = run.partition("t")[0]
    return any(
        one.run.startswith(day) and one.run != run and one.by == BY_PLAN and one.state != "cancelled"
        for one in campaigns.runs_of(campaign, newest=20)
    )


def begin_on_request(campaign: str, run: str, *, by: str, now: int) -> Run:
    """Begin a run that a person asked for; the run as it stands. Again it is the same run.

    Raises LookupError where the live release has no such campaign.
    """
    live = releases.live()
    if campaign not in live.release.campaigns:
        raise LookupError(f'the live release has no campaign "{campaign}"')
    campaigns.know(campaign, live.id)
    _begin(runs.begin(campaign, run, live.id, at=now, by=by, now=now))
    begun = campaigns.get(campaign, run)
    assert begun is not None
    return begun


def _begin(run: Run) -> None:
    if campaigns.create(replace(run, due=run.begun + SOON_MS)):
        metric("CampaignsBegun")
        jobs.create(job_of(run, COUNT, run.begun))


def job_of(run: Run, kind: str, now: int) -> Job:
    """The job that counts or sends a run."""
    return Job(job_id(run, kind), kind, now, about={RUN: [run.campaign, run.run]})


def job_id(run: Run, kind: str) -> str:
    """The id of that job."""
    return f"{kind}-{run.campaign}--{run.run}"


def attend(campaign: str, run_id: str, now: int) -> None:
    """Do what is due about a run: end its hold, or see to it that somebody works on it."""
    run = campaigns.get(campaign, run_id)
    if run is None or run.due is None or run.due > now:
        return
    match run.state:
        case "counting" | "sending":
            kind = COUNT if run.state == "counting" else SEND
            jobs.see_to(job_of(run, kind, now), now)
            changed(run, lambda held: replace(held, due=now + HEARTBEAT_MS))
        case "holding":
            _end_hold(run, now)
        case _:
            # Nothing of it is under way any more.
            pauses.forget(place_of(campaign, run_id))
            changed(run, lambda held: replace(held, due=None))


def _end_hold(run: Run, now: int) -> None:
    definition = definition_of(run)
    if last_moment(run, definition) < now:
        changed(run, lambda held: runs.expire(held, now))
    else:
        let_go(run, now)


def definition_of(run: Run) -> Campaign:
    """The campaign as its run began with it."""
    return releases.by_id(run.release).campaigns[run.campaign]


def last_moment(run: Run, definition: Campaign) -> int:
    """After this moment (ms) nothing of a run goes out."""
    return max([run.at, *(int(at) for at in run.parts)]) + definition.expires * 1000


def let_go(run: Run, now: int) -> Run:
    """End a hold: the run as it stands then. Raises NotNow where it doesn't hold."""
    gone = campaigns.change(run, replace(runs.let_go(run, now), due=now + SOON_MS))
    jobs.create(job_of(gone, SEND, now))
    logger.info("campaign goes out", campaign=run.campaign, run=run.run)
    return gone


def cancel(run: Run, why: str, now: int) -> Run:
    """Stop a run for good: what is decided and hasn't gone out is withheld. Raises NotNow where it has ended."""
    if not run.open:
        raise NotNow(f"run {run.campaign}/{run.run} is {run.state}: there is nothing left to cancel")
    # The pauses first: from then on nothing of it goes out, whoever decides messages meanwhile.
    pauses.cancel(place_of(run.campaign, run.run))
    return cancelled(run, why, now)


def cancelled(run: Run, why: str, now: int) -> Run:
    """Note of a run whose messages are withheld by now that it was cancelled; one that has ended stays as it is."""
    forget_at = last_moment(run, definition_of(run)) + LATEST + PATIENCE
    return changed(run, lambda held: runs.cancel(held, why, now, forget_at) if held.open else held)


def changed(run: Run, how: Callable[[Run], Run]) -> Run:
    """The run as `how` leaves it, done again on what stands where another change came between. Raises NotNow."""
    for _ in range(ATTEMPTS):
        try:
            return campaigns.change(run, how(run))
        except dynamodb.ConditionFailed:
            found = campaigns.get(run.campaign, run.run)
            if found is None:
                break
            run = found
    raise RuntimeError(f"run {run.campaign}/{run.run} kept changing")
