"""Letting those go on whom a mistake kept in a journey: runs that were set aside, messages that could not be made.

Guarantees. A run is let go on once by each retry, a message that was withheld is intended once more and sent at most
once; a crash in between leaves a run that rings, or a message that is due: sweep goes on. What fails again is set aside
again.
"""

from collections.abc import Mapping
from typing import Final

from functions import clock, releases
from functions.aws.dynamodb import ConditionFailed, Item
from functions.core import message as ledger
from functions.core import setback
from functions.core.channels import BY_STAFF
from functions.core.enrollment import Enrollment
from functions.core.message import Message
from functions.core.release import Release
from functions.perform import perform
from functions.send.queue import enqueue
from functions.tables import contacts, enrollments, messages, setbacks
from functions.tables.enrollments import CURRENT, EARLIER
from functions.work.begun import RETRY as RETRY
from functions.work.begun import retry as retry
from functions.work.jobs import Job, Slice
from functions.work.mending import mended
from functions.work.walk import walk

_ROWS: Final = (
    "((begins_with(sk, :now) OR begins_with(sk, :past)) AND attribute_exists(failure)) "
    "OR (begins_with(sk, :sent) AND journey = :journey AND attribute_exists(enrollment) AND attribute_exists(reason))"
)


def retry_slice(job: Job, now: int) -> Slice:
    """Let the next ones go on."""
    (journey,), (step,) = job.about["journey"], job.about["step"]

    def each(row: Item) -> Mapping[str, int]:
        if row["sk"].startswith(messages.PREFIX):
            return _let_message(messages.from_item(row), step)
        run = enrollments.from_row(row)
        # A longer id may begin like this one.
        if run.journey != journey or run.failure is None or step not in ("", run.failure.step):
            return {}
        return _let_go(run, job.id) if row["sk"].startswith(CURRENT) else _let_earlier(run)

    values = {
        ":now": CURRENT + journey,
        ":past": f"{EARLIER}{journey}#",
        ":sent": messages.PREFIX,
        ":journey": journey,
    }
    done = walk(job, each, rows_like=(_ROWS, values))
    if done.next is None:
        setbacks.forget(journey, step, job.started)
    return done


def _let_go(found: Enrollment, id: str) -> Mapping[str, int]:
    def let_go(run: Enrollment, now: int) -> Enrollment | None:
        # Another run may have taken the place: what started a run tells it from others, also where it was merged.
        if run.cause != found.cause or run.failure is None:
            return None
        journey = releases.by_id(run.release).every_journey.get(run.journey) if run.failure.message else None
        return setback.retried(run, journey, id, now)

    return {"corrected": 1} if mended(found, id, let_go) else {}


def _let_earlier(run: Enrollment) -> Mapping[str, int]:
    """Do what a run had to do that is over, and whose place another one took."""
    perform(run, clock.now_ms())
    enrollments.settle_earlier(run)
    return {"corrected": 1}


def _let_message(message: Message, step: str) -> Mapping[str, int]:
    if not setback.may_be_retried(message) or step not in ("", message.step):
        return {}
    now, live = clock.now_ms(), releases.live()
    if setback.is_past(message, now):
        return {"past": 1}
    if contacts.surviving(message.contact).state.erased:
        return {}
    release = live.id if _is_in(live.release, message) else message.release
    try:
        messages.change(message, ledger.reopen(message, release, now))
    except ConditionFailed:
        # Somebody let it go a moment ago.
        return {}
    # The ledger comes first. Whatever is not queued after it is due in two minutes.
    enqueue(message.contact, message.id)
    return {"messages": 1}


def _is_in(release: Release, message: Message) -> bool:
    """Whether a release can make a message: has its journey, and what it is made from."""
    if message.journey not in release.every_journey:
        return False
    if message.channel == BY_STAFF:
        return release.said_to_staff(message.journey, message.template) is not None
    return release.template(message.channel, message.template) is not None
