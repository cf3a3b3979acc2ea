"""Comparing values of traits and properties: what holds, and from which local day on that may differ.

What is missing or null is unknown, and nothing but `known: false` is true of it. Days are numbers since 1970
(core/days.py) in the business's time zone.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

from functions.core.certainty import Verdict, every, some
from functions.core.comparisons import DAY, Comparison, TraitComparison
from functions.core.days import EPOCH, local_day
from functions.core.definition import parse_duration
from functions.core.identity import fold
from functions.core.times import LATEST, read_time

_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_YEARLESS = re.compile(r"--([0-9]{2})-([0-9]{2})")
"""ISO 8601's day of a year that nobody told, as in address books."""
_LAST_DAY: Final = LATEST // 86_400_000
"""What changes on a later day never does: no clock here goes further."""
MEMBERS_COMPARED: Final = 250
"""So many members of a list are held against bounds: anyone may send an event with a list of thousands."""
_YEARS: Final = 12
"""Within so many years a year's day comes after 365 days and after 366, even around 2100."""


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """The value under the literal key, else at the end of a dotted path; a list on the way means all its
    members, so that the answer is a list. None where there is none."""
    if path in values:
        return values[path]
    name, dot, rest = path.partition(".")
    return _inside(values.get(name), rest) if dot else None


def _inside(value: Any, path: str) -> Any:
    if isinstance(value, Mapping):
        return value_at(value, path)
    if not isinstance(value, list | tuple):
        return None
    found: list[Any] = []
    for one in value:
        inner = _inside(one, path)
        found += inner if isinstance(inner, list | tuple) else [] if inner is None else [inner]
    return found or None


def same(left: object, right: object) -> bool:
    """Equality that tells True from 1: a marketer's "1" box and a yes are different answers."""
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def number(value: Any) -> int | float | None:
    """A number, or the number that a text fully is ("42", "-3.5"); None for anything else."""
    if isinstance(value, str):
        if _NUMBER.fullmatch(value) is None:
            return None
        return float(value) if "." in value else int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def day_in(value: Any, zone: str) -> int | None:
    """The local day that a value names: a date that day, a time (as `times.read_time` has it) the local day of
    its moment. None where it names none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip()).toordinal() - EPOCH
        except ValueError:
            pass
    try:
        return local_day(read_time(value), zone)
    except (ValueError, OverflowError):
        return None


def fulfils(comparison: Comparison, value: Any, zone: str) -> bool:
    """Whether a value is as wanted, by bounds that mean the same on every day."""
    return verdict(comparison, value, zone, 0).holds


def verdict(comparison: Comparison, value: Any, zone: str, today: int) -> Verdict:
    """Whether a value is as wanted on the local day `today`; `until` is the first day on which that differs."""
    if comparison.known is not None:
        return Verdict((value is not None) == comparison.known)
    if value is None:
        return Verdict(False)
    is_list = isinstance(value, list | tuple)
    members = value if is_list else [value]
    wanted = comparison.all_of or ()
    if not all(any(same(member, one) for member in members) for one in wanted):
        return Verdict(False)
    return some([_one(comparison, member, is_list, zone, today) for member in members[:MEMBERS_COMPARED]])


def _one(comparison: Comparison, value: Any, in_list: bool, zone: str, today: int) -> Verdict:
    if value is None or not (
        _equal(comparison, value) and _measured(comparison, value) and _worded(comparison, value, in_list)
    ):
        return Verdict(False)
    return _dated(comparison, value, zone, today)


def _equal(comparison: Comparison, value: Any) -> bool:
    if comparison.is_ is not None and not same(value, comparison.is_):
        return False
    return comparison.one_of is None or any(same(value, one) for one in comparison.one_of)


def _measured(comparison: Comparison, value: Any) -> bool:
    least, most, above, below = comparison.at_least, comparison.at_most, comparison.above, comparison.below
    if least is None and most is None and above is None and below is None:
        return True
    this = number(value)
    return this is not None and (
        (least is None or this >= least)
        and (most is None or this <= most)
        and (above is None or this > above)
        and (below is None or this < below)
    )


def _worded(comparison: Comparison, value: Any, in_list: bool) -> bool:
    has, start, end = comparison.contains, comparison.starts_with, comparison.ends_with
    if has is None and start is None and end is None:
        return True
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    text = fold(str(value))
    if has is not None and not (text == fold(has) if in_list else fold(has) in text):
        return False
    return (start is None or text.startswith(fold(start))) and (end is None or text.endswith(fold(end)))


def _dated(comparison: Comparison, value: Any, zone: str, today: int) -> Verdict:
    bounds = list(_days(comparison, today))
    anniversary = comparison.anniversary if isinstance(comparison, TraitComparison) else None
    if not bounds and anniversary is None:
        return Verdict(True)
    day = day_in(value, zone)
    if day is None and not bounds:
        day = _day_of_some_year(value)
    if day is None:
        return Verdict(False)
    parts = [_between(day, first, last, moving) for first, last, moving in bounds]
    if anniversary is not None:
        parts.append(_anniversary(anniversary, day, today))
    found = every(parts)
    return found if found.until is None or found.until <= _LAST_DAY else Verdict(found.holds)


def _day_of_some_year(value: Any) -> int | None:
    """A day for "--03-08", in a year that has all days; None for anything else."""
    found = _YEARLESS.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        return date(2000, int(found[1]), int(found[2])).toordinal() - EPOCH if found else None
    except ValueError:
        return None


def _days(comparison: Comparison, today: int) -> Iterator[tuple[int | None, int | None, int | None]]:
    """Between which days (inclusive) a date must lie, and which day it is where both move with it."""
    before, after = comparison.before, comparison.after
    if before == "today":
        yield None, today - 1, today
    elif before is not None:
        yield None, before.toordinal() - EPOCH - 1, None
    if after == "today":
        yield today + 1, None, today
    elif after is not None:
        yield after.toordinal() - EPOCH + 1, None, None
    if isinstance(comparison, TraitComparison):
        if comparison.in_the_last is not None:
            yield today - comparison.in_the_last // DAY, today, today
        if comparison.in_the_next is not None:
            yield today, today + comparison.in_the_next // DAY, today
        if comparison.longer_ago_than is not None:
            yield None, today - comparison.longer_ago_than // DAY - 1, today


def _between(day: int, first: int | None, last: int | None, today: int | None) -> Verdict:
    holds = (first is None or day >= first) and (last is None or day <= last)
    if today is None:
        return Verdict(holds)
    # The span moves on by a day each day: first its end reaches what lies ahead, then its beginning passes it.
    if last is not None and day > last:
        return Verdict(holds, today + day - last)
    if first is not None and day >= first:
        return Verdict(holds, today + day - first + 1)
    return Verdict(holds)


def _anniversary(bound: str, born: int, today: int) -> Verdict:
    word, ahead = _ahead(bound)
    month, day = (that := date.fromordinal(born + EPOCH)).month, that.day
    coming = _coming(month, day, today)
    if word == "within":
        if coming > today + ahead:
            return Verdict(False, coming - ahead)
        for _ in range(_YEARS):
            following = _coming(month, day, coming + 1)
            if following > coming + 1 + ahead:
                return Verdict(True, coming + 1)
            coming = following
        return Verdict(True)
    if coming == today + ahead:
        return Verdict(True, today + 1)
    for _ in range(_YEARS):
        # Somebody whose day is today celebrates today, not in a year.
        if coming - ahead > today and _coming(month, day, coming - ahead) == coming:
            return Verdict(False, coming - ahead)
        coming = _coming(month, day, coming + 1)
    raise AssertionError("every number of days up to 365 lies before some anniversary")


@lru_cache(maxsize=256)
def _ahead(bound: str) -> tuple[str, int]:
    """ "within 2 weeks" is ("within", 14), and "today" ("in", 0)."""
    word, _, span = bound.partition(" ")
    return ("in", 0) if word == "today" else (word, parse_duration(span) // DAY)


def _coming(month: int, day: int, today: int) -> int:
    """The first day from `today` on that is this day of its year."""
    year = date.fromordinal(today + EPOCH).year
    this = _in_year(year, month, day)
    return this if this >= today else _in_year(year + 1, month, day)


def _in_year(year: int, month: int, day: int) -> int:
    is_leap_day = month == 2 and day == 29
    try:
        return date(year, month, day).toordinal() - EPOCH
    except ValueError:
        if not is_leap_day:
            raise
        return date(year, 2, 28).toordinal() - EPOCH
