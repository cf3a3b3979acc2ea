"""Warming up a new domain: mailbox providers trust a sender whose mail grows slowly from day to day.

Each day has so many places. What doesn't find one on the day it comes up is given one on the first later day that
has any left, and waits for that day alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final
from zlib import crc32

from pydantic import Field

from functions.core.days import EPOCH, local_day, midnight
from functions.core.definition import Definition

KEPT: Final = 5
"""One in so many places of a day is not given out before it: for what comes up on the day itself."""
EVENING_MS: Final = 20 * 3_600_000
"""After so much of its day nothing is meant to go out: what is held up for a while shall still meet its day."""
SLACK_MS: Final = 1_800_000
"""So long before its last moment a message goes out at the latest, so that it is not too late when its turn comes."""
SPREAD_MS: Final = 3_600_000
"""Over so long what came up at one moment is spread."""


class WarmUp(Definition):
    """How much marketing mail may go out on each of the first days."""

    from_: date = Field(alias="from", description="The first day, in the business's time zone, such as 2026-12-01.")
    first_day: int = Field(50, ge=1, le=100_000, description="How many marketing mails may go out on it.")
    grows: float = Field(1.5, ge=1.05, le=3, description="How many times as many on each day as on the day before.")
    up_to: int = Field(
        20_000, ge=1, le=10_000_000, description="With the day that would allow so many the warm-up is over."
    )


def allowance(warm_up: WarmUp | None, day: date) -> int | None:
    """How many marketing mails may go out on a day (the business's own); None where there is no limit: before
    the warm-up, after it, and without one."""
    if warm_up is None or day < warm_up.from_:
        return None
    allowed = _on(warm_up, (day - warm_up.from_).days)
    return None if allowed >= warm_up.up_to else allowed


def ramp(warm_up: WarmUp) -> list[tuple[date, int]]:
    """Every day of a warm-up and how many mails it allows."""
    days = []
    day = warm_up.from_
    # It ends: the slowest growth reaches the highest number within a year.
    while (allowed := allowance(warm_up, day)) is not None:
        days.append((day, allowed))
        day += timedelta(days=1)
    return days


def places(warm_up: WarmUp, today: date) -> Iterator[tuple[date, int | None]]:
    """How many places each day has that are given out today: all of today's, those of later days but for what is
    kept for them. Ends with the first day that has no limit (None)."""
    day = today
    while (allowed := allowance(warm_up, day)) is not None:
        yield day, allowed if day == today else allowed - allowed // KEPT
        day += timedelta(days=1)
    yield day, None


def fills(
    days: Iterable[tuple[date, int | None]], taken: Mapping[str, int], many: int, last: int, zone: str
) -> Iterator[tuple[date, int]]:
    """On which of the days (see places), of which so many places are `taken`, how many of as many messages go out that
    come up together and must go by `last` (ms). Who is left over finds none in time."""
    for day, places in days:
        if many <= 0 or begins(day, zone) > last:
            return
        free = many if places is None else min(many, max(0, places - taken.get(day.isoformat(), 0)))
        if free:
            yield day, free
        many -= free


def begins(day: date, zone: str) -> int:
    """The first moment (ms) of a day of a business in `zone`."""
    return midnight(day.toordinal() - EPOCH, zone)


def wished(id: str, day: date, now: int, zone: str) -> int:
    """When (ms) on a later day a message goes out that came up at `now`: about the same time of day."""
    passed = now - midnight(local_day(now, zone), zone)
    return begins(day, zone) + min(passed, EVENING_MS) + crc32(id.encode()) % SPREAD_MS


def _on(warm_up: WarmUp, passed: int) -> int:
    # Whole numbers at each step: the days can be worked out by hand.
    allowed = warm_up.first_day
    for _ in range(passed):
        if allowed >= warm_up.up_to:
            break
        allowed = max(allowed + 1, int(allowed * warm_up.grows))
    return allowed
