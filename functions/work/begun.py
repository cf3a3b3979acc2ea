"""Jobs about a journey that somebody asks for: each is begun here, and done by a module of its own, which brings all
that moves people along. Whoever only asks needs none of that."""

from typing import Final

from functions.core.correction import GoTo, Leave, Recall, Skip
from functions.work import jobs
from functions.work.jobs import Job

RECALL: Final = "recall"
RETRY: Final = "retry"
RESUME: Final = "journey-resume"


def recall(id: str, journey: str, step: str, what: Recall, now: int) -> Job:
    """Begin a job that recalls everybody who waits at a step of a journey, whatever their release."""
    match what:
        case Skip():
            do = ["skip"]
        case Leave():
            do = ["leave"]
        case GoTo(to):
            do = ["goto", to]
    return begun(Job(id, RECALL, now, about={"journey": [journey], "step": [step], "do": do}))


def retry(id: str, journey: str, step: str, now: int) -> Job:
    """Begin a job that lets everybody go on whom a mistake keeps in a journey, at `step` alone unless that is ""."""
    return begun(Job(id, RETRY, now, about={"journey": [journey], "step": [step]}))


def resume(id: str, journey: str, since: int, now: int) -> Job:
    """Begin the job that ends the pause of a journey which began at `since` (ms)."""
    return begun(Job(id, RESUME, now, about={"journey": [journey], "since": [str(since)]}))


def begun(job: Job) -> Job:
    """The job, which is among those that concern everybody from now on."""
    jobs.create(job, in_list=True)
    return job
