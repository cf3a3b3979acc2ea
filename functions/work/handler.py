"""Work: long jobs in slices. Each slice notes how far it came and queues the next.

Guarantees. A slice delivered again is recognised by where it starts and does nothing; a
crash inside one repeats it, which its job must bear (refolding does: it is a function of
the events; so does erasing: what is gone stays so). Progress is a row that anyone may read
while the job runs.
"""

import json
from typing import Any

from functions import clock
from functions.aside import set_aside
from functions.observability import handler as observed
from functions.work import jobs
from functions.work.forget import forget_slice
from functions.work.refold import refold_slice

SLICES = {"refold": refold_slice, "forget": forget_slice}


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle one message of the work queue: {"v": 1, "job": id}."""
    for record in event["Records"]:
        try:
            job_id = json.loads(record["body"])["job"]
        except (KeyError, TypeError, ValueError) as error:
            set_aside("work", record, error)
            continue
        run(job_id)
    return {"batchItemFailures": []}


def run(job_id: str) -> None:
    """Do one slice of a job and queue the next."""
    job = jobs.get(job_id)
    if job is None or job.finished is not None:
        return
    slice_ = SLICES[job.kind](job, clock.now_ms())
    if jobs.advance(job, slice_, clock.now_ms()) and slice_.next is not None:
        jobs.enqueue(job_id, delay=slice_.delay)
