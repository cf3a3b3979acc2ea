"""Local calendar days: numbers since 1970 in a business's time zone, and when they begin."""

from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

EPOCH: Final = date(1970, 1, 1).toordinal()
"""The ordinal of day 0."""


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local_day(moment: int, zone: str) -> int:
    """Days since 1970 of the local calendar day that `moment` (ms) falls on."""
    return datetime.fromtimestamp(moment / 1000, _zone(zone)).toordinal() - EPOCH


def day_of(moment: int, zone: str) -> date:
    """The local day of a moment (ms) as a date."""
    return date.fromordinal(EPOCH + local_day(moment, zone))


def moment(wall: datetime, zone: str) -> int:
    """The moment (ms) at which clocks in `zone` show `wall`; the first of two where they show it twice, the moment
    the same time after the gap where they never do."""
    return int(wall.replace(tzinfo=_zone(zone)).timestamp()) * 1000


def midnight(day: int, zone: str) -> int:
    """The first moment (ms) of a local day, in nights without a midnight too."""
    start = datetime.fromordinal(day + EPOCH).replace(tzinfo=_zone(zone))
    moment = int(start.timestamp()) * 1000
    # Where clocks skip midnight, the wall time maps into the day before or a later moment.
    while local_day(moment, zone) < day:
        moment += 60_000
    return moment
