"""Jobs of the work queue: row X#job#id / X with kind, where the next slice starts, and progress."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions import settings
from functions.aws import dynamodb
from functions.aws.dynamodb import Key
from functions.work import queue

VERSION = 1


@dataclass(frozen=True, slots=True)
class Job:
    """`start` is the key after which the next slice begins (None: from the beginning);
    `done` counts what was worked through, `notes` what was found. `about` are opaque ids that
    the job is about, forgotten when it has finished. Times in ms."""

    id: str
    kind: str
    started: int
    start: Key | None = None
    done: int = 0
    slices: int = 0
    notes: dict[str, int] = field(default_factory=dict)
    finished: int | None = None
    about: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice did; `next` is None when nothing is left. `about` replaces the job's where
    it isn't None; `delay` is how many seconds the next slice waits (900 at most)."""

    done: int
    notes: dict[str, int]
    next: Key | None
    about: Mapping[str, list[str]] | None = None
    delay: int = 0


def _key(job_id: str) -> Key:
    return f"X#job#{job_id}", "X"


def get(job_id: str) -> Job | None:
    """A job with its progress."""
    row = dynamodb.get(settings.contacts_table(), _key(job_id))
    return from_row(job_id, row) if row else None


def from_row(job_id: str, row: Mapping[str, Any]) -> Job:
    """The job of an item."""
    start = (row["start"][0], row["start"][1]) if row.get("start") else None
    return Job(
        id=job_id,
        kind=row["kind"],
        started=row["started"],
        start=start,
        done=row["done"],
        slices=row["slices"],
        notes=row["notes"],
        finished=row.get("finished"),
        about=row.get("about", {}),
    )


def create(job: Job) -> None:
    """Store a new job and queue its first slice."""
    dynamodb.put_new(settings.contacts_table(), to_row(job))
    queue.ask(job.id)


def advance(job: Job, slice_: Slice, now: int) -> bool:
    """Note a slice's progress; False if another delivery of it was faster."""
    notes = {name: job.notes.get(name, 0) + slice_.notes.get(name, 0) for name in {*job.notes, *slice_.notes}}
    moved = Job(
        id=job.id,
        kind=job.kind,
        started=job.started,
        start=slice_.next,
        done=job.done + slice_.done,
        slices=job.slices + 1,
        notes=notes,
        finished=now if slice_.next is None else None,
        about={} if slice_.next is None else job.about if slice_.about is None else slice_.about,
    )
    try:
        dynamodb.put(settings.contacts_table(), to_row(moved), condition="slices = :held", values={":held": job.slices})
    except dynamodb.ConditionFailed as refused:
        # Our own write, if its answer was lost and it was sent again: the next slice must still be queued.
        return refused.item is not None and from_row(job.id, refused.item) == moved
    return True


def to_row(job: Job) -> dict[str, Any]:
    """The item of a job."""
    pk, sk = _key(job.id)
    row: dict[str, Any] = {
        "pk": pk,
        "sk": sk,
        "v": VERSION,
        "kind": job.kind,
        "started": job.started,
        "done": job.done,
        "slices": job.slices,
        "notes": job.notes,
    }
    if job.start is not None:
        row["start"] = list(job.start)
    if job.about:
        row["about"] = {name: list(ids) for name, ids in job.about.items()}
    if job.finished is not None:
        row["finished"] = job.finished
    return row
