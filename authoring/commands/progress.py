"""What a person sees of a job that concerns everybody: how far it is, how fast, and for how long still."""

import time
from collections.abc import Sequence

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from functions import settings
from functions.aws import dynamodb
from functions.work import jobs
from functions.work.jobs import Job

LOOK_EVERY_S = 0.5


def bar(what: str = "", *, quiet: bool) -> Progress:
    """A bar with a count of contacts, or `what` else, their rate, and the time that is left; the task has `contacts`
    and `rate`."""
    what = f" {what}" if what else ""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[contacts]:,}" + what + " done, {task.fields[rate]:,.0f} a second"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, disable=quiet)


def follow(job_ids: Sequence[str], what: str, *, quiet: bool) -> list[Job]:
    """Show jobs until each has finished or was stopped; how they stand then. They go on when nobody looks."""
    total = dynamodb.size_of(settings.contacts_table())[0] or None
    begun, first = time.monotonic(), contacts_of(_seen(job_ids))
    with bar(quiet=quiet) as shown:
        task = shown.add_task(what, total=total, contacts=first, rate=0.0)
        while True:
            seen = _seen(job_ids)
            rows, contacts = sum(job.done for job in seen), contacts_of(seen)
            over = not any(job.open for job in seen)
            rate = (contacts - first) / max(0.001, time.monotonic() - begun)
            # The table is counted every six hours only: it may have grown.
            most = rows if over else max(total, rows) if total else None
            shown.update(task, completed=rows, total=most, contacts=contacts, rate=rate)
            if over:
                return seen
            time.sleep(LOOK_EVERY_S)


def contacts_of(seen: Sequence[Job]) -> int:
    """How many contacts jobs have met."""
    return sum(job.notes.get("contacts", 0) for job in seen)


def _seen(job_ids: Sequence[str]) -> list[Job]:
    return [job for job_id in job_ids if (job := jobs.get(job_id)) is not None]
