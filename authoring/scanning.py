"""A whole table, read in parts at a time, without ever holding it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from threading import Event as Flag
from typing import Any, Final

from functions.aws import dynamodb

PARTS: Final = 6
PAGE: Final = 1000
_AHEAD: Final = 12

Page = list[dynamodb.Item]


def pages(
    table: str, condition: str | None = None, values: dict[str, Any] | None = None, *, consistent: bool = False
) -> Iterator[Page]:
    """Pages of a table's items, in no order; within a part a partition's items come together and in order."""
    arrived: Queue[tuple[int, Page] | BaseException | None] = Queue(_AHEAD)
    stopped = Flag()

    def read(part: int) -> None:
        start: dynamodb.Key | None = None
        try:
            while not stopped.is_set():
                rows, start, _ = dynamodb.scan_part(
                    table,
                    (part, PARTS),
                    start=start,
                    limit=PAGE,
                    condition=condition,
                    values=values,
                    consistent=consistent,
                )
                arrived.put((part, rows))
                if start is None:
                    break
        except BaseException as error:
            arrived.put(error)
        else:
            arrived.put(None)

    with ThreadPoolExecutor(PARTS) as pool:
        for part in range(PARTS):
            pool.submit(read, part)
        left, held = PARTS, dict[int, Page]()
        try:
            while left:
                found = arrived.get()
                if isinstance(found, BaseException):
                    raise found
                if found is None:
                    left -= 1
                    continue
                whole, held[found[0]] = _cut(held.get(found[0], []) + found[1])
                if whole:
                    yield whole
            yield from (rest for rest in held.values() if rest)
        finally:
            stopped.set()
            while left > 0 and not arrived.empty():
                arrived.get_nowait()


def _cut(rows: Page) -> tuple[Page, Page]:
    """What is complete, and the last partition's items, of which more may come."""
    at = len(rows)
    while at and rows[at - 1]["pk"] == rows[-1]["pk"]:
        at -= 1
    return rows[:at], rows[at:]
