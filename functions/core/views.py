"""Views: pure functions of facts, release and now. Nothing here is stored."""

import math
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from functions.core.contact import Facts
from functions.core.counters import counter_id
from functions.core.scoring import DAY, Score, Temperature

_EPOCH = date(1970, 1, 1).toordinal()
_ROUNDING = 1e-9


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local_day(moment: int, zone: str) -> int:
    """Days since 1970 of the local calendar day that `moment` (ms) falls on."""
    return datetime.fromtimestamp(moment / 1000, _zone(zone)).toordinal() - _EPOCH


def day_of(moment: int, zone: str) -> date:
    """The local day of a moment (ms) as a date."""
    return date.fromordinal(_EPOCH + local_day(moment, zone))


def midnight(day: int, zone: str) -> int:
    """The first moment (ms) of a local day, in nights without a midnight too."""
    start = datetime.fromordinal(day + _EPOCH).replace(tzinfo=_zone(zone))
    moment = int(start.timestamp()) * 1000
    # Where clocks skip midnight, the wall time maps into the day before or a later moment.
    while local_day(moment, zone) < day:
        moment += 60_000
    return moment


def total(facts: Facts, score: Score, today: int) -> float:
    """The undiscounted sum of a score's rules, each day's points halved per half-life since.

    Points after t days are p · 2^(−t/h); caps apply to each day's count before that.
    """
    half_life = score.half_life / DAY
    points = 0.0
    for rule in score.rules:
        days = facts.counters.get(counter_id(rule.when))
        if not days:
            continue
        for day in sorted(days):
            count = days[day] if rule.at_most_per_day is None else min(days[day], rule.at_most_per_day)
            points += count * rule.points * 2.0 ** (-max(0, today - day) / half_life)
    return points


def points(facts: Facts, score: Score, today: int) -> int:
    """The score as shown and compared: whole points, never below zero."""
    return max(0, math.floor(total(facts, score, today) + _ROUNDING))


def first_day_below(facts: Facts, score: Score, today: int, threshold: int) -> int | None:
    """The first local day on which the score, left alone, is below `threshold`; None if it
    already is, or never will be."""
    if threshold <= 0:
        return None
    now = total(facts, score, today) + _ROUNDING
    if now < threshold:
        return None
    ahead = max(1, math.floor(score.half_life / DAY * math.log2(now / threshold)))
    while ahead > 1 and points(facts, score, today + ahead - 1) < threshold:
        ahead -= 1
    while points(facts, score, today + ahead) >= threshold:
        ahead += 1
    return today + ahead


def band(facts: Facts, temperature: Temperature, score: Score, today: int, held: str) -> str:
    """The temperature band, given the band held so far: entered at one number, left below a lower one."""
    value = points(facts, score, today)
    if value >= temperature.hot.at_least or (held == "hot" and value >= temperature.hot.until_below):
        return "hot"
    if value >= temperature.warm.at_least or (held in ("warm", "hot") and value >= temperature.warm.until_below):
        return "warm"
    return "cold"


def iso(moment: int) -> str:
    """A moment (ms) as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
