"""Work: long jobs in slices, each of which notes how far it came and queues the next; judgements, and counts of one.

Guarantees. A slice delivered again is recognised by where it starts and does nothing; one asked for
beside another ends there, so that a job goes on in one chain of messages; a crash inside one repeats it,
which its job must bear (refolding and backfilling do: they are functions of the events; so does erasing: what is
gone stays so; so do campaigns: a piece of an audience is said once, and a message's id is the same whoever decides
it; so do journeys' starts: a run's id says what for; so do corrections and retries, each run takes each once). A slice
that died before goes on in small steps, so that one contact holds up nobody. Progress is a row that anyone may read
while the job runs. A judgement that is asked for again finds nothing left to rule; a count finds the same.
"""

from collections.abc import Mapping
from typing import Any, Final

from functions import clock, settings
from functions.aside import set_aside
from functions.aws import sqs
from functions.observability import handler as observed
from functions.score.apply import recount
from functions.work import jobs, queue
from functions.work.backfill import backfill_slice
from functions.work.campaign_count import count_slice
from functions.work.campaign_send import send_slice
from functions.work.campaigns import COUNT, SEND
from functions.work.correct import MIGRATE, RECALL, correct_slice
from functions.work.epoch import next_epoch
from functions.work.forget import forget_slice
from functions.work.judge import judge
from functions.work.queue import Asked, NextEpoch, NextSlice, Recount, Work
from functions.work.refold import refold_slice
from functions.work.resume import KIND as RESUME
from functions.work.resume import resume_slice
from functions.work.retry import RETRY, retry_slice
from functions.work.starts import KIND as START
from functions.work.starts import start_slice
from functions.work.walk import SLICE_S

SLICES = {
    "refold": refold_slice,
    "forget": forget_slice,
    "backfill": backfill_slice,
    COUNT: count_slice,
    SEND: send_slice,
    RECALL: correct_slice,
    MIGRATE: correct_slice,
    RETRY: retry_slice,
    START: start_slice,
    RESUME: resume_slice,
}
SOONEST_S: Final = 15
LATEST_S: Final = 900
"""A message that raised is seen again after so many seconds at least, and at most."""


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle one message of the work queue."""
    for record in event["Records"]:
        try:
            asked = queue.parse(record["body"])
        except (KeyError, TypeError, ValueError) as error:
            set_aside("work", record, error)
            continue
        try:
            _do(asked, again=_received(record) > 1)
        except Exception:
            # Otherwise it would be hidden as long as a function that died might still be at it.
            sqs.put_off(settings.work_queue_url(), record["receiptHandle"], _patience(record))
            raise
    return {"batchItemFailures": []}


def _do(asked: Work, *, again: bool) -> None:
    match asked:
        case Asked():
            judge(asked, clock.now_ms())
        case Recount():
            recount(asked.contact, asked.cause, clock.now_ms())
        case NextEpoch():
            next_epoch(asked, clock.now_ms())
        case NextSlice(job_id, number):
            # Whoever had this message before may have died between noting a slice and asking for the next.
            run(job_id, None if again else number)


def _patience(record: Mapping[str, Any]) -> int:
    return int(min(LATEST_S, SOONEST_S * 2 ** min(_received(record) - 1, 10)))


def _received(record: Mapping[str, Any]) -> int:
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


def run(job_id: str, number: int | None = None) -> None:
    """Do a slice of a job and queue the next, unless the slice `number` is done: then somebody else goes on.

    None: whichever is next. Where a slice died before, one small step after another.
    """
    job = jobs.begin(job_id, number)
    careful, until = job is not None and job.tries > 1, clock.monotonic() + SLICE_S
    while job is not None:
        slice_ = SLICES[job.kind](job, clock.now_ms())
        if not jobs.advance(job, slice_, clock.now_ms()) or slice_.next is None:
            return
        if not careful or slice_.delay or clock.monotonic() >= until:
            queue.ask(NextSlice(job_id, job.slices + 1), delay=slice_.delay)
            return
        job = jobs.begin(job_id, careful=True)
