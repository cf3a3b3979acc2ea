"""Conditions on what happened, judged by facts: how often, when first or last, what it adds up to."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import ge, gt, le, lt

from functions.core.behaviour import UNIT, counter_id, matches_of
from functions.core.certainty import Verdict, every, some
from functions.core.comparisons import DAY
from functions.core.conditions import EmailCondition, EventCondition, JourneyCondition, Period
from functions.core.contact import Facts
from functions.core.days import EPOCH, local_day, midnight


def happened(condition: EventCondition, facts: Facts, zone: str, now: int, since: int = 0) -> Verdict:
    """Whether the events were so many, then, or so much. Of exact counts without a window only those after
    `since` (ms) count."""
    key = counter_id(condition, condition.sum)
    if condition.first is not None:
        first = facts.earliest.get(key)
        return Verdict(False) if first is None else _when(condition.first, first.at, zone, now)
    if condition.last is not None:
        newest = facts.newest.get(key)
        return _when(condition.last, newest[-1].at, zone, now) if newest else Verdict(False)
    if condition.by_days:
        return _by_days(condition, facts.counters.get(key, {}), zone, now)
    least, most = condition.at_least, 0 if condition.never else condition.at_most
    if least is None and most is None:
        least = 1
    return _exactly(facts, key, least, most, condition.within, now, since)


def mailed(condition: EmailCondition, facts: Facts, now: int) -> Verdict:
    """Whether an e-mail was sent, delivered, opened, clicked or bounced."""
    keys = [counter_id(match) for match in matches_of(condition)]
    return some([_exactly(facts, key, 1, None, condition.within, now) for key in keys])


def travelled(condition: JourneyCondition, facts: Facts, now: int) -> Verdict:
    """Whether the contact is in a journey, or entered it or came out of it."""
    keys = [counter_id(match) for match in matches_of(condition)]
    if condition.was is not None:
        return _exactly(facts, keys[0], 1, None, condition.within, now)
    entered, ended = (max((moment.at for moment in facts.newest.get(key, ())), default=-1) for key in keys)
    return Verdict(entered > ended)


def _exactly(
    facts: Facts,
    key: str,
    least: int | float | None,
    most: int | float | None,
    within: int | None,
    now: int,
    since: int = 0,
) -> Verdict:
    """Whether at least, and at most, so many of the newest moments lie in the window (seconds)."""
    window = None if within is None else within * 1000
    opening = since if window is None else now - window
    inside = [moment.at for moment in facts.newest.get(key, ()) if moment.at > opening]
    parts = []
    for bound, wanted in ((least, True), (None if most is None else most + 1, False)):
        if bound is not None:
            enough = len(inside) >= bound
            # It ceases when the n-th newest leaves the window.
            ceases = inside[-int(bound)] + window if enough and window is not None else None
            parts.append(Verdict(enough is wanted, ceases))
    return every(parts)


def _by_days(condition: EventCondition, days: Mapping[int, int], zone: str, now: int) -> Verdict:
    length = None if condition.within is None else condition.within // DAY
    first = None if length is None else local_day(now, zone) - length + 1
    inside = sorted((day, added) for day, added in days.items() if first is None or day >= first)
    total = sum(added for _, added in inside)
    wanted = _wanted(condition)
    holds = wanted(total)
    if length is not None:
        for day, added in inside:
            total -= added
            if wanted(total) != holds:
                return Verdict(holds, midnight(day + length, zone))
    return Verdict(holds)


def _wanted(condition: EventCondition) -> Callable[[int], bool]:
    """Whether a number of times, or a sum in units, is as wanted."""
    unit = 1 if condition.sum is None else UNIT
    bounds = [
        (compare, value * unit if isinstance(value, int) else Decimal(str(value)) * unit)
        for compare, value in (
            (ge, condition.at_least),
            (le, condition.at_most),
            (gt, condition.above),
            (lt, condition.below),
        )
        if value is not None
    ]
    return lambda total: all(compare(total, bound) for compare, bound in bounds)


def _when(period: Period, at: int, zone: str, now: int) -> Verdict:
    parts = []
    if period.within is not None:
        leaves = at + period.within * 1000
        parts.append(Verdict(True, leaves) if leaves > now else Verdict(False))
    if period.longer_ago_than is not None:
        passes = at + period.longer_ago_than * 1000
        parts.append(Verdict(True) if passes <= now else Verdict(False, passes))
    if period.before is not None or period.after is not None:
        day = local_day(at, zone) + EPOCH
        parts.append(Verdict(period.before is None or day < period.before.toordinal()))
        parts.append(Verdict(period.after is None or day > period.after.toordinal()))
    return every(parts)
