"""The ways in which a batch of stream records comes again after it failed."""

import random
from collections.abc import Callable, Sequence
from typing import Any

Record = dict[str, Any]
Redelivery = Callable[[Sequence[Record]], list[list[Record]]]
"""A batch as it was, and the batches as they come again."""


def as_they_came(records: Sequence[Record]) -> list[list[Record]]:
    """The same batch."""
    return [list(records)]


def twice(records: Sequence[Record]) -> list[list[Record]]:
    """The same batch, and once more."""
    return [list(records), list(records)]


def shuffled(records: Sequence[Record]) -> list[list[Record]]:
    """Mixed across keys, each key's own order kept, and cut in two as after a bisection."""
    chance = random.Random(len(records))
    lanes: dict[str, list[Record]] = {}
    for record in records:
        lanes.setdefault(record["dynamodb"]["Keys"]["pk"]["S"], []).append(record)
    mixed: list[Record] = []
    while lanes:
        lane = chance.choice(sorted(lanes))
        mixed.append(lanes[lane].pop(0))
        if not lanes[lane]:
            del lanes[lane]
    middle = (len(mixed) + 1) // 2
    return [batch for batch in (mixed[:middle], mixed[middle:]) if batch]


REDELIVERIES: tuple[Redelivery, ...] = (as_they_came, shuffled, twice)
