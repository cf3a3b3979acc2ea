"""What is asked of the work queue: a slice of a job, or a judgement on what happened to a mail's links."""

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


def ask(what: str | Asked, *, delay: int = 0) -> None:
    """Ask for the next slice of a job (its id), or for a judgement, after `delay` seconds (900 at most).

    Asking again does no harm.
    """
    sqs.send(settings.work_queue_url(), body_of(what), delay=delay)


def body_of(what: str | Asked) -> str:
    """The body of a queue message."""
    about = {"judge": asdict(what)} if isinstance(what, Asked) else {"job": what}
    return json.dumps({"v": VERSION, **about}, separators=(",", ":"))


def parse(body: str) -> str | Asked:
    """The id of a job, or what is to be judged. Raises ValueError for what is neither."""
    said: Any = json.loads(body)
    if not isinstance(said, dict) or said.get("v") != VERSION:
        raise ValueError("not a work message of a version that this code reads")
    match said:
        case {"job": str(job)} if job:
            return job
        case {"judge": {"contact": str(contact), "message": str(message), "until": int(until)}}:
            return Asked(contact, message, until)
    raise ValueError("a work message names a job, or what is to be judged")
