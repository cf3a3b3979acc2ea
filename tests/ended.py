"""Long jobs, looked at when they are over."""

from functions.work import jobs
from functions.work.jobs import Job
from tests.cloud import Cloud


def ended(cloud: Cloud, ids: list[str]) -> list[Job]:
    """Let the jobs come to their end, however long they pause."""
    for _ in range(60):
        cloud.settle()
        found = [jobs.get(job_id) for job_id in ids]
        if all(job is not None and job.finished is not None for job in found):
            return [job for job in found if job is not None]
        cloud.skip(minutes=1)
    raise AssertionError(found)
