"""Views: pure functions of facts, release and now. Nothing here is stored."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final

from functions.core.behaviour import ADDED, UNIT, counter_id, match_of_added
from functions.core.contact import Facts
from functions.core.days import EPOCH
from functions.core.days import day_of as day_of
from functions.core.days import local_day as local_day
from functions.core.days import midnight as midnight
from functions.core.scoring import DAY, Rule, Score, Temperature

_ROUNDING = 1e-9
BY_STEPS: Final = ""
"""In the place of a rule's id: points that steps of journeys added."""
_MONDAY = 3
"""Days from the Monday before 1970 began to its first day."""
_NO_DAYS: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Earned:
    """What one rule gave for one local day: of its events `counted` and `capped` away, points `given`
    then, and what is `left` of them today. What steps of journeys added is by no rule: `rule` is BY_STEPS then, and
    how many steps it was is not counted."""

    rule: str
    day: int
    counted: int
    capped: int
    given: float
    left: float


def earned(facts: Facts, name: str, score: Score, today: int, zone: str) -> Iterator[Earned]:
    """The points of the score of that name one by one: rules in authored order, then steps, their days ascending."""
    for rule in score.rules:
        for day, counted, capped in _counted(facts, rule, zone):
            given = counted * rule.points
            yield Earned(rule.id, day, counted, capped, given, worth([(day, given)], score, today))
    for day, added in _added(facts, name):
        yield Earned(BY_STEPS, day, 0, 0, added, worth([(day, added)], score, today))


def total(facts: Facts, name: str, score: Score, today: int, zone: str) -> float:
    """The unrounded sum of a score's rules, and of what was added by steps, at the local day `today`: each day's
    points, halved per half-life since.

    Points after t days are p · 2^(−t/h); caps apply to what is counted before that.
    """
    return worth(_given(facts, name, score, zone), score, today)


def points(facts: Facts, name: str, score: Score, today: int, zone: str) -> int:
    """The score of that name as shown and compared: whole points, never below zero."""
    return _whole(total(facts, name, score, today, zone))


def first_day_below(facts: Facts, name: str, score: Score, today: int, threshold: int, zone: str) -> int | None:
    """The first local day on which the score, left alone, is below `threshold`; None if it
    already is, or never will be."""
    if threshold <= 0:
        return None
    given = _given(facts, name, score, zone)
    now = worth(given, score, today)
    if _whole(now) < threshold:
        return None
    # All points halve at one pace: a logarithm tells the day, and what is left then whether it was rounded off.
    ahead = max(1, math.floor(score.half_life / DAY * math.log2((now + _ROUNDING) / threshold)))
    while ahead > 1 and _whole(worth(given, score, today + ahead - 1)) < threshold:
        ahead -= 1
    while _whole(worth(given, score, today + ahead)) >= threshold:
        ahead += 1
    return today + ahead


def _counted(facts: Facts, rule: Rule, zone: str) -> Iterator[tuple[int, int, int]]:
    """Each day of a rule, ascending: how many of its events count, and how many don't.

    An event counts while day, week and month have room for it; earlier days fill them first.
    """
    counter = counter_id(rule.when)
    days = facts.counters.get(counter, _NO_DAYS)
    if rule.once:
        first = facts.earliest.get(counter)
        only = None if first is None else local_day(first.at, zone)
        for day in sorted({*days, *([] if only is None else [only])}):
            counted = int(day == only)
            yield day, counted, max(0, days.get(day, 0) - counted)
        return
    per_day, per_week, per_month = rule.at_most_per_day, rule.at_most_per_week, rule.at_most_per_month
    week, in_week, month, in_month = 0, 0, (0, 0), 0
    for day in sorted(days):
        happened = days[day]
        counted = happened if per_day is None else min(happened, per_day)
        if per_week is not None:
            if week != (this := (day + _MONDAY) // 7):
                week, in_week = this, 0
            counted = min(counted, per_week - in_week)
        if per_month is not None:
            date_ = date.fromordinal(EPOCH + day)
            if month != (date_.year, date_.month):
                month, in_month = (date_.year, date_.month), 0
            counted = min(counted, per_month - in_month)
        in_week, in_month = in_week + counted, in_month + counted
        yield day, counted, happened - counted


def _added(facts: Facts, name: str) -> list[tuple[int, float]]:
    """The points that steps added to a score on each day, ascending."""
    days = facts.counters.get(counter_id(match_of_added(name), ADDED), _NO_DAYS)
    return [(day, in_points(days[day])) for day in sorted(days)]


def in_points(units: int) -> int | float:
    """Points of a sum of them as counters keep it: whole ones as whole numbers."""
    return units / UNIT if units % UNIT else units // UNIT


def _given(facts: Facts, name: str, score: Score, zone: str) -> list[tuple[int, float]]:
    """The points that all rules of a score gave on each day, and steps, ascending."""
    given: dict[int, float] = {}
    for rule in score.rules:
        each = rule.points
        for day, counted, _ in _counted(facts, rule, zone):
            given[day] = given.get(day, 0) + counted * each
    for day, added in _added(facts, name):
        given[day] = given.get(day, 0) + added
    return sorted(given.items())


def worth(given: Sequence[tuple[int, float]], score: Score, today: int) -> float:
    """What is left at `today` of points, each with the local day on which it was given."""
    days = score.half_life / DAY
    return sum(one * 2.0 ** ((day - today) / days) if day < today else one for day, one in given)


def _whole(sum_: float) -> int:
    return max(0, math.floor(sum_ + _ROUNDING))


def band(value: int, temperature: Temperature, held: str) -> str:
    """The temperature band at so many points, given the band held so far: entered at one number, left below
    a lower one."""
    if value >= temperature.hot.at_least or (held == "hot" and value >= temperature.hot.until_below):
        return "hot"
    if value >= temperature.warm.at_least or (held in ("warm", "hot") and value >= temperature.warm.until_below):
        return "warm"
    return "cold"


def iso(moment: int) -> str:
    """A moment (ms) as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
