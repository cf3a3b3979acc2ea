"""Going through everybody: bounded in time, safe to be killed anywhere, and held up by nobody.

A contact that can't be dealt with is set aside. One that kills whoever touches it is found out:
a slice that was begun before goes on contact by contact, noting each, so that the one which is
always first when the function dies is passed over in the end.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from functions import clock, settings
from functions.aside import set_aside
from functions.aws import dynamodb
from functions.aws.dynamodb import Item, Key
from functions.aws.faults import hopeless, is_of_aws
from functions.observability import logger, metric
from functions.tables.contacts import STATE, contact_of
from functions.work.jobs import Job, Slice

ROWS_PER_SLICE = 20_000
"""Rows of the table after which progress is noted at the latest."""
PAGE: Final = 500
SLICE_S: Final = 30
"""Seconds after which no further contact is begun: the queue is others' as well."""
TRIES: Final = 6
"""So often a contact is tried that raises, or ends the function, before it is set aside."""
TRIES_OF_AWS: Final = 10
"""And so often where it was AWS that refused: that passes."""
AGAIN_S: Final = 15
"""Seconds until a contact is tried again that raised."""


STATES: Final = ("sk = :state", {":state": STATE})


class Died(RuntimeError):
    """Whoever began with this contact never came to its end."""


def walk(
    job: Job,
    each: Callable[[Item], Mapping[str, int]],
    *,
    enough: Mapping[str, int] | None = None,
    rows_like: tuple[str, Mapping[str, Any]] = STATES,
) -> Slice:
    """Do `each` for the next of the rows that are like that, the states of contacts where nothing is said; what it
    returns is added to the notes.

    Ends when the time is up, or when the notes have `enough` of something.
    """
    begun, walking = clock.monotonic(), Walking(job, each)
    start, rows = job.start, 0
    while True:
        limit = min(PAGE, ROWS_PER_SLICE - rows)
        items, following, scanned = dynamodb.scan_part(
            settings.contacts_table(),
            (job.lane, job.lanes),
            start=start,
            limit=limit,
            condition=rows_like[0],
            values=rows_like[1],
        )
        for index, row in enumerate(items):
            stop = walking.met and (
                job.careful
                or clock.monotonic() - begun >= SLICE_S
                or any(walking.notes[name] >= most for name, most in (enough or {}).items())
            )
            if stop or not walking.deals_with(row):
                rows += scanned * index // len(items)
                delay = 0 if stop else AGAIN_S
                return Slice(rows, dict(walking.notes), _before(items, index, start), delay=delay)
        rows, start = rows + scanned, following
        if following is None or rows >= ROWS_PER_SLICE or clock.monotonic() - begun >= SLICE_S:
            return Slice(rows, dict(walking.notes), following)


def _before(items: list[Item], index: int, start: Key | None) -> Key | None:
    """The key after which the slice that begins with this item starts."""
    return (items[index - 1]["pk"], items[index - 1]["sk"]) if index else start


class Walking:
    """What one slice met so far."""

    def __init__(self, job: Job, each: Callable[[Item], Mapping[str, int]]) -> None:
        self._job, self._each = job, each
        self.notes: Counter[str] = Counter()
        self.met = 0

    def deals_with(self, row: Item) -> bool:
        """Deal with a contact; False where it is to be tried again, by a slice that begins with it.

        Raises where this slice began with it.
        """
        first = not self.met
        if first and self._job.tries > TRIES:
            self._set_aside(row, Died(f"{self._job.tries - 1} tries ended before they were through"))
            return True
        try:
            found = self._each(row)
        except Exception as error:
            tries = TRIES_OF_AWS if is_of_aws(error) else TRIES
            if not hopeless(error) and not (first and self._job.tries >= tries):
                if first:
                    raise
                logger.warning("contact met again", job=self._job.id, error=type(error).__name__)
                return False
            self._set_aside(row, error)
            return True
        self.notes.update(found)
        self.met += 1
        return True

    def _set_aside(self, row: Item, error: Exception) -> None:
        set_aside("work", {"job": self._job.id, "kind": self._job.kind, "contact": contact_of(row["pk"])}, error)
        metric("ContactsSetAside")
        self.notes["aside"] += 1
        self.met += 1
