"""Going through what is due: bounded in time, fair to all shards, safe when two run at once.

Pages of the shards are dealt with in turn, each read at once; the messages of a page are queued and noted
together. Where more than one shard has more than a page,
helpers take a share of them. Whatever was dealt with leaves the
head of the index, so the next run continues where this one stopped. A row that can never succeed
is set aside and put off, so that it holds up nothing; one that may is met again in a minute.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from functions import clock, settings
from functions.aside import set_aside
from functions.aws import dynamodb
from functions.aws.faults import hopeless
from functions.observability import logger, metric
from functions.sweep import dispatch
from functions.tables import due

BUDGET_S = 50.0
"""Seconds after which no further row is begun; the function's timeout is longer by what a row may take."""
PAGE = 100
"""Rows read at once from one shard before the next has its turn."""
WORKERS = 2
"""So many go through the shards side by side, the first among them, when there is much to do. A new AWS account
may run ten functions at once: with those that `work` takes, more would be taken from intake."""
PUT_OFF_MS = 3_600_000
"""A row that can't succeed is met again after an hour: perhaps with mended code."""


@dataclass(slots=True)
class Swept:
    """What one run met. `lag` is by how much the oldest row was overdue (ms)."""

    done: int = 0
    failed: int = 0
    lag: int = 0
    finished: bool = True


Ask = Callable[[list[str]], None]
"""Lets a helper go through some shards, soon. May raise: then nobody does."""


def sweep(now: int, ahead: int = 0, shards: Sequence[str] = (), ask: Ask | None = None) -> Swept:
    """Deal with all rows due at `now` (ms), of all shards or some, until the time is up. `ahead` (ms) also
    looks at rows due so much later; each of them still decides by the clock whether anything is to do."""
    swept = Swept()
    stop = clock.monotonic() + BUDGET_S
    pages = {shard: _page(shard, now + ahead) for shard in _in_turn(shards or due.shards(), now)}
    swept.lag = max((now - page[0]["du"] for page in pages.values() if page), default=0)
    for page in _following({shard: pages[shard] for shard in _shared_out(pages, ask)}, now + ahead):
        if not _deal_with_page(page, now, stop, swept):
            swept.finished = False
            break
    if swept.done or swept.failed:
        # Only then: a metric that is written every minute costs more a month than all idle sweeps together.
        metric("SweepLag", max(0, swept.lag), "Milliseconds")
        metric("SweepRows", swept.done)
    return swept


def _page(shard: str, until: int, after: dynamodb.Item | None = None) -> list[dynamodb.Item]:
    return dynamodb.query_due(settings.contacts_table(), shard, until, limit=PAGE, after=after)


def _in_turn(shards: Sequence[str], now: int) -> list[str]:
    # Two runs at once, or one after another that ran out of time, begin at different shards.
    start = now // 60_000 % len(shards)
    return [*shards[start:], *shards[:start]]


def _shared_out(pages: dict[str, list[dynamodb.Item]], ask: Ask | None) -> list[str]:
    """The shards that stay here: all but those that helpers took."""
    many = [shard for shard, page in pages.items() if len(page) == PAGE]
    kept = list(pages)
    for place in range(1, WORKERS if ask else 1):
        if share := many[place::WORKERS]:
            try:
                assert ask is not None
                ask(share)
            except Exception as error:
                logger.warning("no helper could be asked", error=type(error).__name__)
                break
            kept = [shard for shard in kept if shard not in share]
    return kept


def _following(pages: dict[str, list[dynamodb.Item]], until: int) -> Iterator[list[dynamodb.Item]]:
    """These pages, and those that follow them in their shards, in turn."""
    while pages:
        yield from (page for page in pages.values() if page)
        # What was dealt with may stand in the index for a moment longer: go on behind it.
        pages = {shard: _page(shard, until, page[-1]) for shard, page in pages.items() if len(page) == PAGE}


def _deal_with_page(page: list[dynamodb.Item], now: int, stop: float, swept: Swept) -> bool:
    """Whether there was time for the whole page."""
    messages = [row for row in page if dispatch.is_message(row)]
    if messages:
        if clock.monotonic() >= stop:
            return False
        failed = _settled(messages, now)
        for row in messages:
            _count(row, failed.get((row["pk"], row["sk"])), now, swept)
    known = _look_up(page)
    for row in page:
        if dispatch.is_message(row):
            continue
        if clock.monotonic() >= stop:
            return False
        try:
            dispatch.deal_with(row["pk"], row["sk"], now, known)
        except Exception as error:
            _count(row, error, now, swept)
        else:
            _count(row, None, now, swept)
    return True


def _settled(rows: list[dynamodb.Item], now: int) -> dict[dynamodb.Key, Exception]:
    """The messages that failed, and why."""
    try:
        return dispatch.settle(rows, now)
    except Exception as error:
        return {(row["pk"], row["sk"]): error for row in rows}


def _count(row: dynamodb.Item, error: Exception | None, now: int, swept: Swept) -> None:
    if error is None:
        swept.done += 1
        return
    swept.failed += 1
    metric("SweepFailures")
    if hopeless(error):
        _put_off(row, now, error)
    else:
        logger.warning("row met again in a minute", kind=row["sk"][:2], error=type(error).__name__)


def _look_up(page: list[dynamodb.Item]) -> dispatch.Known:
    try:
        return dispatch.look_up(page)
    except Exception as error:
        # One that can't be read must not hold up the others: each is read by itself then.
        logger.warning("rows read one by one", error=type(error).__name__)
        return dispatch.Known()


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
