"""What is asked of the work queue: a slice of a job, a judgement on what happened to a mail's links, a count of one."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from functions import settings
from functions.aws import sqs

VERSION: Final = 1


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


def ask(what: str | Asked | Recount, *, delay: int = 0) -> None:
    """Ask for the next slice of a job (its id), for a judgement or a count, after `delay` seconds (900 at most).

    Asking again does no harm.
    """
    sqs.send(settings.work_queue_url(), body_of(what), delay=delay)


def body_of(what: str | Asked | Recount) -> str:
    """The body of a queue message."""
    match what:
        case Asked():
            about: dict[str, Any] = {"judge": asdict(what)}
        case Recount():
            about = {"recount": asdict(what)}
        case _:
            about = {"job": what}
    return json.dumps({"v": VERSION, **about}, separators=(",", ":"))


def parse(body: str) -> str | Asked | Recount:
    """The id of a job, what is to be judged, or who is to be counted. Raises ValueError for what is none of it."""
    said: Any = json.loads(body)
    if not isinstance(said, dict) or said.get("v") != VERSION:
        raise ValueError("not a work message of a version that this code reads")
    match said:
        case {"job": str(job)} if job:
            return job
        case {"judge": {"contact": str(contact), "message": str(message), "until": int(until)}}:
            return Asked(contact, message, until)
        case {"recount": {"contact": str(contact), "cause": str(cause)}}:
            return Recount(contact, cause)
    raise ValueError("a work message names a job, what is to be judged, or who is to be counted")
