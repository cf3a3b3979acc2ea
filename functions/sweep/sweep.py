"""Going through what is due: bounded in time, fair to all shards, safe when two run at once.

Whatever was dealt with leaves the head of the index, so the next run continues where this
one stopped. A row that can never succeed is set aside and put off, so that it holds up
nothing; one that may is met again in a minute.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from functions import clock, settings
from functions.aside import set_aside
from functions.aws import dynamodb
from functions.aws.faults import hopeless
from functions.observability import logger, metric
from functions.sweep import dispatch
from functions.tables import due

BUDGET_S = 40.0
"""Seconds after which no further row is begun; the function's timeout is a minute."""
PAGE = 100
"""Rows asked for at once from one shard, so that a long queue in one doesn't starve the others."""
PUT_OFF_MS = 3_600_000
"""A row that can't succeed is met again after an hour: perhaps with mended code."""


@dataclass(slots=True)
class Swept:
    """What one run met. `lag` is by how much the oldest row was overdue (ms)."""

    done: int = 0
    failed: int = 0
    lag: int = 0
    finished: bool = True
    met: set[dynamodb.Key] = field(default_factory=set)


def sweep(now: int, ahead: int = 0) -> Swept:
    """Deal with all rows due at `now` (ms), until the time is up. `ahead` (ms) also looks at rows
    due so much later; each of them still decides by the clock whether anything is to do."""
    swept = Swept()
    stop = clock.monotonic() + BUDGET_S
    for row in _rows(now, ahead, swept):
        if clock.monotonic() >= stop:
            swept.finished = False
            break
        _deal_with(row, now, swept)
    if swept.met:
        # Only then: a metric that is written every minute costs more a month than all idle sweeps together.
        metric("SweepLag", max(0, swept.lag), "Milliseconds")
        metric("SweepRows", swept.done)
    return swept


def _rows(now: int, ahead: int, swept: Swept) -> Iterator[dynamodb.Item]:
    """Rows not met before, a page of each shard in turn, until none has any."""
    open_shards = due.shards()
    # Two runs at once, or one after another that ran out of time, begin at different shards.
    start = now // 60_000 % len(open_shards)
    open_shards = open_shards[start:] + open_shards[:start]
    while open_shards:
        following = []
        for shard in open_shards:
            limit = PAGE + len(swept.met)
            page = dynamodb.query_due(settings.contacts_table(), shard, now + ahead, limit=limit)
            fresh = [row for row in page if (row["pk"], row["sk"]) not in swept.met]
            if fresh:
                swept.lag = max(swept.lag, now - fresh[0]["du"])
            # The index lags behind: what was dealt with a moment ago may still stand in it.
            swept.met |= {(row["pk"], row["sk"]) for row in fresh}
            yield from fresh
            if fresh and len(page) >= limit:
                following.append(shard)
        open_shards = following


def _deal_with(row: dynamodb.Item, now: int, swept: Swept) -> None:
    try:
        dispatch.deal_with(row["pk"], row["sk"], now)
        swept.done += 1
    except Exception as error:
        swept.failed += 1
        metric("SweepFailures")
        if hopeless(error):
            _put_off(row, now, error)
        else:
            logger.warning("row met again in a minute", kind=row["sk"][:2], error=type(error).__name__)


def _put_off(row: dynamodb.Item, now: int, error: Exception) -> None:
    set_aside("sweep", {"pk": row["pk"], "sk": row["sk"], "du": row["du"]}, error)
    try:
        dynamodb.update(
            settings.contacts_table(),
            (row["pk"], row["sk"]),
            "SET du = :later",
            condition="du = :du",
            values={":later": now + PUT_OFF_MS, ":du": row["du"]},
        )
    except dynamodb.ConditionFailed:
        logger.info("row moved on meanwhile", kind=row["sk"][:2])
