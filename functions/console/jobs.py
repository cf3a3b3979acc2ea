"""A job that somebody began, and how far it is."""

from typing import Any

from functions.console import wording
from functions.console.routes import Asked, Shown
from functions.core.errors import Refused
from functions.core.views import iso
from functions.work import jobs
from functions.work.jobs import Job


def show(asked: Asked) -> Shown:
    """How far a job is, and what it found."""
    job = jobs.get(asked.named["job"])
    if job is None:
        raise Refused("unknown-job", "There is no such job, or not any more.", status=404)
    return Shown("job.html", said(job))


def said(job: Job) -> dict[str, Any]:
    """What every page about a job says of it."""
    known = wording.words().texts
    return {
        "job": job.id,
        "kind": job.kind,
        "called": known.get(f"job-{job.kind}", job.kind),
        "started": iso(job.started),
        "finished": iso(job.finished) if job.finished else None,
        "stopped": iso(job.stopped) if job.stopped else None,
        "open": job.open,
        "looked": job.done,
        "notes": dict(job.notes),
        "says": [
            known[f"note-{name}"].replace("{many}", str(many))
            for name, many in sorted(job.notes.items())
            if f"note-{name}" in known and many
        ],
    }
