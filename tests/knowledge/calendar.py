"""Local calendar days by `datetime` and `zoneinfo` alone; nothing here is taken from functions/core."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local_date(moment: int, zone: str) -> date:
    """The day on a calendar on the wall when it is `moment` (ms)."""
    return (_EPOCH + timedelta(milliseconds=moment)).astimezone(_zone(zone)).date()


@lru_cache(maxsize=4096)
def day_begins(day: date, zone: str) -> int:
    """The first moment (ms) whose local date is `day`, found by halving: no arithmetic with offsets."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    around = (noon - _EPOCH) // timedelta(milliseconds=1)
    low, high = around - 3 * DAY_MS, around + 3 * DAY_MS
    while low < high:
        middle = (low + high) // 2
        if local_date(middle, zone) < day:
            low = middle + 1
        else:
            high = middle
    return low


def same_day_in(year: int, born: date) -> date:
    """The day of `year` on which somebody born on `born` celebrates: 28 February for a leap day in other years."""
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
