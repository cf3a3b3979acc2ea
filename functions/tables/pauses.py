"""What holds messages back: contacts table, X#pauses / X, one row for all.

held {name: {since, why, by, until}} · cancelled [places] · resumed, excused {day: [counts]}, told · n version
Every change is conditional on the version that was read.
"""

from collections.abc import Callable, Mapping
from dataclasses import astuple, replace
from typing import Any, Final

from functions import clock, settings
from functions.aws import dynamodb
from functions.core import pauses as core
from functions.core.errors import Newer
from functions.core.pauses import Pause, Pauses
from functions.core.reputation import Counts

SHAPE: Final = 1
KEY: Final[dynamodb.Key] = ("X#pauses", "X")
ATTEMPTS: Final = 8


class Contended(RuntimeError):
    """Others kept changing the pauses; try again."""


def get() -> Pauses:
    """Everything that holds messages back now (consistent read). Raises Newer."""
    return from_item(dynamodb.get(settings.contacts_table(), KEY))


def journeys_lately(now: int) -> frozenset[str]:
    """The journeys that are paused at `now` (ms), as it stood a moment ago. Raises Newer."""
    return from_item(dynamodb.get(settings.contacts_table(), KEY, consistent=False)).journeys(now)


def hold(name: str, pause: Pause) -> bool:
    """Begin a pause; False if one of this name stands already. Raises Contended."""
    return _change(lambda before: core.hold(before, name, pause))


def release(name: str, counted: Mapping[str, Counts] | None = None) -> bool:
    """End a pause; False if there was none. With `counted`, by a person who knows these numbers. Raises Contended."""
    now = clock.now_ms()

    def after(before: Pauses) -> Pauses:
        if name not in before.held:
            return before
        released = core.release(before, name)
        return released if counted is None else core.excuse(released, now, counted)

    return _change(after)


def cancel(place: str) -> bool:
    """Let no message of a place go out any more; False if that was so. Raises Contended."""
    return _change(lambda before: core.cancel(before, place))


def forget(place: str) -> bool:
    """Take a place off the row; False if nothing was said about it. Raises Contended."""
    return _change(lambda before: core.forget(before, place))


def note_told(since: int) -> bool:
    """The owner was told of the pause that began at `since` (ms). Raises Contended."""
    return _change(lambda before: replace(before, told=max(before.told, since)))


def _change(change: Callable[[Pauses], Pauses]) -> bool:
    for attempt in range(ATTEMPTS):
        before = get()
        after = change(before)
        if after == before:
            return False
        condition = "n = :n" if before.version else "attribute_not_exists(pk)"
        values = {":n": before.version} if before.version else None
        item = to_item(replace(after, version=before.version + 1))
        try:
            dynamodb.put(settings.contacts_table(), item, condition=condition, values=values)
        except dynamodb.ConditionFailed:
            clock.sleep(0.01 * 2**attempt)
        else:
            return True
    raise Contended(f"the pauses changed {ATTEMPTS} times")


def to_item(pauses: Pauses) -> dynamodb.Item:
    """The row of pauses."""
    item: dynamodb.Item = {
        "pk": KEY[0],
        "sk": KEY[1],
        "v": SHAPE,
        "n": pauses.version,
        "held": {name: _plain(pause) for name, pause in pauses.held.items()},
    }
    optional: dict[str, Any] = {
        "cancelled": sorted(pauses.cancelled),
        "resumed": pauses.resumed,
        "excused": {day: list(astuple(counts)) for day, counts in pauses.excused.items()},
        "told": pauses.told,
    }
    return item | {name: value for name, value in optional.items() if value}


def _plain(pause: Pause) -> dict[str, Any]:
    plain: dict[str, Any] = {"since": pause.since, "why": pause.why, "by": pause.by}
    return plain if pause.until is None else {**plain, "until": pause.until}


def from_item(item: Mapping[str, Any] | None) -> Pauses:
    """The pauses that a row holds; none where there is no row. Raises Newer."""
    if item is None:
        return Pauses()
    if item["v"] > SHAPE:
        raise Newer(f"pauses row of version {item['v']} is newer than this code reads")
    return Pauses(
        version=item["n"],
        held={name: Pause(**plain) for name, plain in item["held"].items()},
        cancelled=frozenset(item.get("cancelled", ())),
        resumed=item.get("resumed", 0),
        excused={day: Counts(*counts) for day, counts in item.get("excused", {}).items()},
        told=item.get("told", 0),
    )
