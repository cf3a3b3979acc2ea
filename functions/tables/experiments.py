"""What visitors saw of a page's variants, and how its shares moved: V#<page>/<test>.

E#<number>: an epoch · s shares by variant, in millionths · b when it began (ms) · c seen and converted by then, by
variant · w the winner by then (both absent where there is none) · v
X#<visitor>: an exposure · a variant · n epoch · s seen (ms) · w converted (ms) · v · ttl

A visitor is a digest that means nothing outside its test. Whatever comes again or in another order leaves the same row.
"""

import contextlib
from collections.abc import Iterable
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.experiments import WHOLE, Assigned, Exposure, Standing, Test, visitor_of

VERSION: Final = 1
KEPT_S: Final = 400 * 86_400
"""So long what a visitor saw is kept: a test that has not ended in a year will not."""


def partition(test: Test) -> str:
    """Where everything about a test stands."""
    return f"V#{test.page}/{test.id}"


def expose(test: Test, exposure: Exposure) -> None:
    """Join what an event told of a visitor to what is known. What was told first holds."""
    told = {"s": exposure.seen, "w": exposure.converted}
    moments = {name: at for name, at in told.items() if at is not None}
    values: dict[str, Any] = {"a": exposure.assigned.variant, "n": exposure.assigned.epoch, **moments}
    values["ttl"] = max(moments.values()) // 1000 + KEPT_S
    # Reading before would cost as much as a write that finds nothing to do, and nearly all find something.
    with contextlib.suppress(dynamodb.ConditionFailed):
        dynamodb.change(
            settings.contacts_table(),
            (partition(test), f"X#{exposure.visitor}"),
            "SET v = :v, " + ", ".join(f"#{name} = if_not_exists(#{name}, :{name})" for name in values),
            condition=" OR ".join(f"attribute_not_exists({name})" for name in moments),
            names={f"#{name}": name for name in values},
            values={":v": VERSION, **{f":{name}": value for name, value in values.items()}},
        )


def current(test: Test) -> Standing | None:
    """The newest epoch of a test; None before the first is on record. May be a second old."""
    rows = dynamodb.query(
        settings.contacts_table(), partition(test), begins="E#", consistent=False, forward=False, limit=1
    )
    return next((from_row(row) for row in rows), None)


def load(test: Test) -> tuple[list[Standing], Iterable[Exposure]]:
    """The epochs of a test in order, and everything that its visitors saw, read as it is gone through."""
    standing = [from_row(row) for row in dynamodb.query(settings.contacts_table(), partition(test), begins="E#")]
    rows = dynamodb.query(settings.contacts_table(), partition(test), begins="X#", consistent=False)
    return standing, map(_exposure, rows)


def begin(test: Test, standing: Standing) -> bool:
    """Let an epoch begin. False, and nothing changes, where somebody else has let it begin already."""
    try:
        dynamodb.put(settings.contacts_table(), to_row(test, standing), condition="attribute_not_exists(pk)")
    except dynamodb.ConditionFailed:
        return False
    return True


def forget(tests: Iterable[Test], refs: Iterable[str]) -> None:
    """Take away what these identities saw in these tests."""
    for test in tests:
        for ref in refs:
            dynamodb.delete(settings.contacts_table(), (partition(test), f"X#{visitor_of(test, ref)}"))


def to_row(test: Test, standing: Standing) -> dynamodb.Item:
    """The item of an epoch."""
    shares = {name: round(share * WHOLE) for name, share in standing.shares.items()}
    key = {"pk": partition(test), "sk": f"E#{standing.number:06d}"}
    counts = {"c": {name: list(count) for name, count in standing.counts.items()}} if standing.counts else {}
    best = {"w": standing.best} if standing.best else {}
    return {**key, "v": VERSION, "s": shares, "b": standing.began, **counts, **best}


def from_row(row: dynamodb.Item) -> Standing:
    """The epoch of an item."""
    shares = {name: share / WHOLE for name, share in row["s"].items()}
    counts = {name: (int(seen), int(converted)) for name, (seen, converted) in row.get("c", {}).items()}
    return Standing(int(row["sk"].removeprefix("E#")), shares, int(row["b"]), counts, row.get("w"))


def _exposure(row: dynamodb.Item) -> Exposure:
    return Exposure(row["sk"].removeprefix("X#"), Assigned(row["a"], int(row["n"])), row.get("s"), row.get("w"))
