"""Beginning to erase a person: the job that `work` does, and the note that it was asked for."""

from functions.core.ids import digest
from functions.people.whom import Found
from functions.tables import audit
from functions.tables.audit import Noted
from functions.work import jobs
from functions.work.jobs import Job

KIND = "forget"


def about(contact: str | None, ref: str) -> dict[str, list[str]]:
    """What a job is told: the contact, where there is one, and the identity by which it was named."""
    return {"contacts": [contact] if contact else [], "refs": [ref]}


def begin(found: Found, now: int, by: str = "") -> Job:
    """Note that somebody is to be erased, and let the job begin. `by` is who asked for it."""
    job = Job(digest("job", KIND, found.ref, str(now)), KIND, now, about=about(found.contact, found.ref))
    audit.note(Noted("forget", found.ref, now, job.id, by))
    jobs.create(job)
    return job
