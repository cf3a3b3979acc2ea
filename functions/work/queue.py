"""What is asked of the work queue: a slice of a job, a judgement on a mail's links, a count of one, a test's epoch."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from functions import settings
from functions.aws import sqs

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class NextSlice:
    """Do this slice of a job, counted from 0; what was asked before slices were named has none (None)."""

    job: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Who opened and clicked in this message of this contact, as far as it arrived until `until` (ms)?"""

    contact: str
    message: str
    until: int


@dataclass(frozen=True, slots=True)
class Recount:
    """Count this contact anew: it did too much for those who had to go on. `cause` is that of what it decides."""

    contact: str
    cause: str


@dataclass(frozen=True, slots=True)
class NextEpoch:
    """Let the next epoch of this page's test begin, if it is time."""

    page: str


Work = NextSlice | Asked | Recount | NextEpoch


def ask(what: Work, *, delay: int = 0) -> None:
    """Ask for a slice of a job, for a judgement, a count or an epoch, after `delay` seconds (900 at most).

    Asking again does no harm.
    """
    sqs.send(settings.work_queue_url(), body_of(what), delay=delay)


def body_of(what: Work) -> str:
    """The body of a queue message."""
    match what:
        case Asked():
            about: dict[str, Any] = {"judge": asdict(what)}
        case Recount():
            about = {"recount": asdict(what)}
        case NextEpoch(page):
            about = {"epoch": page}
        case NextSlice(job, number):
            about = {"job": job} if number is None else {"job": job, "slice": number}
    return json.dumps({"v": VERSION, **about}, separators=(",", ":"))


def parse(body: str) -> Work:
    """What is asked for. Raises ValueError for what this code can't read."""
    said: Any = json.loads(body)
    if not isinstance(said, dict) or said.get("v") != VERSION:
        raise ValueError("not a work message of a version that this code reads")
    match said:
        case {"job": str(job), "slice": int(number)} if job:
            return NextSlice(job, number)
        case {"job": str(job)} if job and "slice" not in said:
            return NextSlice(job)
        case {"judge": {"contact": str(contact), "message": str(message), "until": int(until)}}:
            return Asked(contact, message, until)
        case {"recount": {"contact": str(contact), "cause": str(cause)}}:
            return Recount(contact, cause)
        case {"epoch": str(page)} if page:
            return NextEpoch(page)
    raise ValueError("a work message names a job, what is to be judged, who is to be counted, or a page")
