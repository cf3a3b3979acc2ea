"""What somebody of the business decides about what goes out, at the terminal or in the console: done, and noted with
who did it, when and why."""

from dataclasses import dataclass
from typing import Final

from functions.core import reputation
from functions.core.campaign import campaign_of, place_of
from functions.core.correction import Recall
from functions.core.ids import digest
from functions.core.pauses import MARKETING, Pause, journey_of
from functions.core.runs import NotNow, Run
from functions.tables import audit, pauses
from functions.tables import campaigns as rows
from functions.tables import reputation as books
from functions.tables.audit import Kind, Noted
from functions.work import begun, campaigns, jobs
from functions.work.jobs import Job

LONGEST_WHY: Final = 300


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decides, when (ms), and why in words."""

    by: str
    at: int
    why: str = ""

    @property
    def reason(self) -> str:
        """Why, as much of it as is kept."""
        return self.why.strip()[:LONGEST_WHY]


def hold(what: str, decided: Decision, *, until: int | None = None) -> bool:
    """Let nothing go out of what is paused under a name, until a moment (ms) or until somebody lets it go on; False
    where it was paused already."""
    begins = pauses.hold(what, Pause(decided.at, decided.reason, decided.by, until))
    if begins:
        _note("pause", what, decided)
    return begins


def let_on(what: str, decided: Decision) -> bool:
    """Let what is paused under a name go on; False where it was not paused. Of a journey that is a job, which takes
    some minutes."""
    if journey := journey_of(what):
        standing = pauses.get().standing(what, decided.at)
        if standing is None:
            return False
        id = digest(begun.RESUME, journey, str(standing.since), str(decided.at))
        begun.resume(id, journey, standing.since, decided.at)
        ended = True
    else:
        counted = books.totals(reputation.window(decided.at)) if what == MARKETING else None
        ended = pauses.release(what, counted)
        if ended:
            _go_on(what)
    if ended:
        _note("resume", what, decided)
    return ended


def hold_run(run: Run, decided: Decision) -> bool:
    """Pause a campaign's run where it is; False where it was paused already. Raises NotNow where it has ended."""
    _only_open(run)
    return hold(place_of(run.campaign, run.run), decided)


def let_run_on(run: Run, decided: Decision) -> bool:
    """Let a paused run go on where it stopped; False where it was not paused. Raises NotNow where it has ended."""
    _only_open(run)
    place = place_of(run.campaign, run.run)
    ended = let_on(place, decided)
    if not ended:
        _go_on(place)
    return ended


def let_go(run: Run, decided: Decision) -> Run:
    """End a run's hold: it goes out now. Raises NotNow where it doesn't hold."""
    gone = campaigns.let_go(run, decided.at)
    _note("let-go", place_of(run.campaign, run.run), decided)
    return gone


def stop(run: Run, decided: Decision) -> Run:
    """Stop a run for good: whatever hasn't gone out never will. Raises NotNow where it has ended."""
    stopped = campaigns.cancel(run, decided.reason or f"cancelled by {decided.by}", decided.at)
    _note("cancel", place_of(run.campaign, run.run), decided)
    return stopped


def recall(journey: str, step: str, what: Recall, decided: Decision, *, many: int = 0) -> Job:
    """Begin to correct all who wait at a step of a journey; `many` is how many were seen there, 0 where nobody
    looked."""
    id = digest("recall", journey, step, str(decided.at))
    job = begun.recall(id, journey, step, what, decided.at)
    _note("recall", f"{journey}/{step}", decided, job=job.id, many=many)
    return job


def retry(journey: str, step: str, decided: Decision) -> Job:
    """Begin to let those go on whom a mistake keeps in a journey, at a step of it or ("") anywhere."""
    job = begun.retry(digest("retry", journey, step, str(decided.at)), journey, step, decided.at)
    _note("retry", f"{journey}/{step}" if step else journey, decided, job=job.id)
    return job


def _go_on(place: str) -> None:
    """See to it that a run goes on, where a place is that of one."""
    journey, _, id = place.partition("/")
    campaign = campaign_of(journey)
    run = rows.get(campaign, id) if campaign and id else None
    if run is not None and run.state == "sending":
        jobs.go_on(campaigns.job_id(run, campaigns.SEND))


def _only_open(run: Run) -> None:
    if not run.open:
        raise NotNow(f"run {run.campaign}/{run.run} is {run.state}: nothing of it is left to hold or to resume")


def _note(kind: Kind, subject: str, decided: Decision, *, job: str = "", many: int = 0) -> None:
    audit.note(Noted(kind, subject, decided.at, job=job, by=decided.by, many=many, why=decided.reason))
