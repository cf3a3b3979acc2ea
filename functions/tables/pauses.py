"""What holds messages back: contacts table, X#pauses / X.

Changes are conditional on the version that was read, and tried again where another came between.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer
from functions.core.pauses import Pause, Pauses

KEY: Final[dynamodb.Key] = ("X#pauses", "X")
SHAPE: Final = 1
ATTEMPTS: Final = 8


class Contended(RuntimeError):
    """Others kept changing the pauses."""


def get() -> Pauses:
    """What holds messages back now (consistent read)."""
    item = dynamodb.get(settings.contacts_table(), KEY)
    return from_item(item) if item else Pauses()


def hold(name: str, pause: Pause) -> Pauses:
    """Hold back what `name` names."""
    return _change(lambda found: replace(found, held={**found.held, name: pause}))


def release(name: str) -> Pauses:
    """Let it go on."""
    return _change(lambda found: replace(found, held={one: held for one, held in found.held.items() if one != name}))


def cancel(place: str) -> Pauses:
    """Let nothing of a place go out any more."""
    return _change(lambda found: replace(found, cancelled=found.cancelled | {place}))


def forget(place: str) -> Pauses:
    """Drop what is known of a place: nothing of it is under way."""
    return _change(
        lambda found: replace(
            found,
            cancelled=found.cancelled - {place},
            held={one: held for one, held in found.held.items() if one != place},
        )
    )


def _change(how: Callable[[Pauses], Pauses]) -> Pauses:
    for _ in range(ATTEMPTS):
        before = get()
        after = how(before)
        if after == before:
            return before
        after = replace(after, version=before.version + 1)
        condition, values = ("n = :n", {":n": before.version}) if before.version else ("attribute_not_exists(pk)", None)
        try:
            dynamodb.put(settings.contacts_table(), to_item(after), condition=condition, values=values)
        except dynamodb.ConditionFailed:
            continue
        return after
    raise Contended(f"the pauses changed {ATTEMPTS} times")


def to_item(pauses: Pauses) -> dict[str, Any]:
    """The item of the pauses."""
    held = {
        name: {"since": one.since, "why": one.why, "by": one.by} | ({"until": one.until} if one.until else {})
        for name, one in pauses.held.items()
    }
    item = {"pk": KEY[0], "sk": KEY[1], "v": SHAPE, "n": pauses.version, "held": held}
    return item | ({"cancelled": set(pauses.cancelled)} if pauses.cancelled else {})


def from_item(item: Mapping[str, Any]) -> Pauses:
    """The pauses of an item. Raises Newer."""
    if item["v"] > SHAPE:
        raise Newer(f"pauses of version {item['v']} are newer than this code reads")
    held = {name: Pause(one["since"], one["why"], one["by"], one.get("until")) for name, one in item["held"].items()}
    return Pauses(item["n"], held, frozenset(item.get("cancelled", ())))
