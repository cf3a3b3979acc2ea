"""When requests come, and how the stream hands their events on: gathered, and in lanes by source."""

import random
import zlib
from collections.abc import Sequence
from typing import Any

BATCH = 100
BUSY_HOURS_A_MONTH = 300
"""Nearly all traffic of a shop comes in ten hours of the day."""
RATE = 1_000_000 / (BUSY_HOURS_A_MONTH * 3600)
"""Events a second in the busy hours of a month of a million."""

Record = dict[str, Any]


def moments(chance: random.Random, posts: Sequence[Sequence[int]]) -> list[float]:
    """A moment (s) for each post: at random, so that events come at RATE."""
    now, found = 0.0, []
    for people in posts:
        now += chance.expovariate(RATE / len(people))
        found.append(now)
    return found


def batches(arrived: Sequence[tuple[float, Record]], window: float, lanes: int) -> list[list[Record]]:
    """The batches in which Lambda hands on records that arrived at these moments: a batch is what
    comes in one lane within `window` of its first record."""
    done: list[list[Record]] = []
    opened: dict[int, tuple[float, list[Record]]] = {}
    for moment, record in arrived:
        lane = zlib.crc32(record["dynamodb"]["Keys"]["pk"]["S"].encode()) % lanes
        held = opened.get(lane)
        if held is None or moment > held[0] + window or len(held[1]) == BATCH:
            held = opened[lane] = (moment, [])
            done.append(held[1])
        held[1].append(record)
    return done
