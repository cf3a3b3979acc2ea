"""Jobs of the work queue: row X#job#id / X with kind, where the next slice starts, and progress.

Jobs that concern everybody are listed as well: X#jobs / <13-digit ms>#id, for 90 days.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.aws.dynamodb import Key
from functions.work import queue
from functions.work.queue import NextSlice

VERSION = 1
LIST: Final = "X#jobs"
LISTED_S: Final = 90 * 86_400
PATIENCE_MS: Final = 20 * 60_000
"""A slice that was to begin so long ago isn't coming: longer than one that died or raised stays hidden."""


@dataclass(frozen=True, slots=True)
class Job:
    """`start` is the key after which the next slice begins (None: from the beginning);
    `done` counts rows that were worked through, `notes` what was found. `about` are opaque ids that
    the job is about, forgotten when it has finished. Times in ms.

    `lane` of `lanes` says which part of the table is this job's; `seq` is the move of the live
    release that it is for. `tries` counts how often the present slice was begun: more than once
    where one died or raised; then it is to be `careful`: small steps, each noted. `stopped` is when
    a person stopped it. `next_at` is when the next slice was to begin, 0 before the first has ended.
    """

    id: str
    kind: str
    started: int
    start: Key | None = None
    done: int = 0
    slices: int = 0
    notes: Mapping[str, int] = field(default_factory=dict)
    finished: int | None = None
    about: Mapping[str, list[str]] = field(default_factory=dict)
    lane: int = 0
    lanes: int = 1
    seq: int = 0
    tries: int = 0
    careful: bool = False
    stopped: int | None = None
    next_at: int = 0

    @property
    def open(self) -> bool:
        """Whether slices of it are still to come."""
        return self.finished is None and self.stopped is None


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


def listed() -> list[Job]:
    """The jobs that concern everybody, newest first."""
    rows_of_list = dynamodb.query(settings.contacts_table(), LIST, forward=False)
    ids = list(dict.fromkeys(row["sk"].partition("#")[2] for row in rows_of_list))
    rows = dynamodb.batch_get(settings.contacts_table(), [_key(job_id) for job_id in ids])
    return [from_row(job_id, rows[_key(job_id)]) for job_id in ids if _key(job_id) in rows]


def from_row(job_id: str, row: Mapping[str, Any]) -> Job:
    """The job of an item."""
    start = (row["start"][0], row["start"][1]) if row.get("start") else None
    lane, lanes = row.get("lane", (0, 1))
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
        lane=lane,
        lanes=lanes,
        seq=row.get("seq", 0),
        tries=row.get("tries", 0),
        stopped=row.get("stopped"),
        next_at=row.get("next_at", 0),
    )


def create(job: Job, *, in_list: bool = False, delay: int = 0) -> None:
    """Store a new job and queue its first slice. Again it only queues what is next, which does no harm."""
    if in_list:
        entry = {"pk": LIST, "sk": f"{job.started:013d}#{job.id}", "v": VERSION, "kind": job.kind}
        dynamodb.put(settings.contacts_table(), entry | {"ttl": job.started // 1000 + LISTED_S})
    if dynamodb.put_new(settings.contacts_table(), to_row(job)):
        queue.ask(NextSlice(job.id, 0), delay=delay)
    else:
        go_on(job.id, delay=delay)


def go_on(job_id: str, *, delay: int = 0) -> None:
    """Queue the slice of a job that is next, also where it is on its way: of two that are asked for one is done."""
    held = get(job_id)
    if held is not None and held.open:
        queue.ask(NextSlice(job_id, held.slices), delay=delay)


def see_to(job: Job, now: int) -> None:
    """Store a job unless it is there, and queue a slice of it unless one is on its way."""
    held = get(job.id)
    if held is None or now >= max(held.started, held.next_at) + PATIENCE_MS:
        create(job)


def begin(job_id: str, number: int | None = None, *, careful: bool = False) -> Job | None:
    """Begin the next slice of a job, which counts as a try; None where there is none (any more), and where the
    slice `number` is done."""
    job = get(job_id)
    if job is None or not job.open or (number is not None and number < job.slices):
        return None
    try:
        row = dynamodb.update(
            settings.contacts_table(),
            _key(job_id),
            "SET tries = :tries",
            condition="slices = :held AND attribute_not_exists(stopped)",
            values={":tries": job.tries + 1, ":held": job.slices},
        )
    except dynamodb.ConditionFailed:
        return None
    begun = from_row(job_id, row)
    return replace(begun, careful=careful or begun.tries > 1)


def advance(job: Job, slice_: Slice, now: int) -> bool:
    """Note a slice's progress; False if another delivery of it was faster, or a person stopped the job."""
    notes = {name: job.notes.get(name, 0) + slice_.notes.get(name, 0) for name in {*job.notes, *slice_.notes}}
    moved = replace(
        job,
        start=slice_.next,
        done=job.done + slice_.done,
        slices=job.slices + 1,
        notes=notes,
        finished=now if slice_.next is None else None,
        about={} if slice_.next is None else job.about if slice_.about is None else slice_.about,
        tries=0,
        careful=False,
        next_at=0 if slice_.next is None else now + slice_.delay * 1000,
    )
    condition = "slices = :held AND attribute_not_exists(stopped)"
    try:
        dynamodb.put(settings.contacts_table(), to_row(moved), condition=condition, values={":held": job.slices})
    except dynamodb.ConditionFailed as refused:
        # Our own write, if its answer was lost and it was sent again: the next slice must still be queued.
        return refused.item is not None and from_row(job.id, refused.item) == moved
    return True


def stop(job_id: str, now: int) -> bool:
    """Let no further slice begin; what the present one does is done again later. False where nothing is open."""
    condition = "attribute_exists(pk) AND attribute_not_exists(finished) AND attribute_not_exists(stopped)"
    return _marked(job_id, "SET stopped = :now", condition, {":now": now})


def resume(job_id: str) -> bool:
    """Go on where the job stopped, for whatever reason. False where it has finished."""
    if not _marked(job_id, "REMOVE stopped, tries", "attribute_exists(pk) AND attribute_not_exists(finished)", None):
        return False
    go_on(job_id)
    return True


def _marked(job_id: str, expression: str, condition: str, values: Mapping[str, Any] | None) -> bool:
    try:
        dynamodb.update(settings.contacts_table(), _key(job_id), expression, condition=condition, values=values)
    except dynamodb.ConditionFailed:
        return False
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
        "notes": dict(job.notes),
    }
    if job.start is not None:
        row["start"] = list(job.start)
    if job.about:
        row["about"] = {name: list(ids) for name, ids in job.about.items()}
    if job.lanes > 1:
        row["lane"] = [job.lane, job.lanes]
    for name in ("finished", "stopped"):
        if getattr(job, name) is not None:
            row[name] = getattr(job, name)
    for name in ("seq", "tries", "next_at"):
        if getattr(job, name):
            row[name] = getattr(job, name)
    return row
