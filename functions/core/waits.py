"""Whether a wait of a journey is over, and when time alone may end it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import assert_never

from functions.core.certainty import Verdict
from functions.core.compare import day_in
from functions.core.conditions import Condition
from functions.core.contact import Profile
from functions.core.days import EPOCH
from functions.core.enrollment import Waiting
from functions.core.evaluate import trait_at
from functions.core.hours import Hours, is_open, opens, shown_at
from functions.core.waiting import Until, UntilDate, UntilOpen


@dataclass(frozen=True, slots=True)
class Ended:
    """The wait is over, in one of these ways: passed, until, limit, no-day."""

    outcome: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The wait goes on to `deadline` (ms) at the latest; nothing ends it by time alone before `until` (ms)."""

    deadline: int
    until: int | None = None


def look(
    wait: int | Until | UntilDate | UntilOpen,
    waiting: Waiting | None,
    awaited: Callable[[Condition], Verdict],
    profile: Profile,
    now: int,
    zone: Callable[[], str],
) -> Ended | Standing:
    """A wait at `now` (ms): one that is come to, or one that was begun before and `waiting` since.

    `awaited` evaluates what a wait asks for, `zone` tells the contact's time zone.
    """
    match wait:
        case int():
            return _by(waiting.deadline if waiting else now + wait * 1000, now)
        case Until():
            verdict = awaited(wait.until)
            if verdict.holds:
                return Ended("until")
            deadline = waiting.deadline if waiting else now + wait.at_most * 1000
            return Ended("limit") if now >= deadline else Standing(deadline, verdict.until)
        case UntilDate():
            moment = _moment(wait, profile, zone())
            return Ended("no-day") if moment is None else _by(moment, now)
        case UntilOpen():
            rules = [Hours(only=wait.until_open)]
            return Ended("passed") if is_open(rules, now, zone()) else Standing(opens(rules, now, zone()))
        case _:
            assert_never(wait)


def _by(deadline: int, now: int) -> Ended | Standing:
    return Ended("passed") if now >= deadline else Standing(deadline)


def _moment(wait: UntilDate, profile: Profile, zone: str) -> int | None:
    """When (ms) a wait for a day ends, None where there is no such day."""
    named = wait.until_day
    if wait.until_trait is not None:
        ordinal = day_in(trait_at(profile, wait.until_trait), zone)
        named = None if ordinal is None else date.fromordinal(ordinal + EPOCH)
    if named is None:
        return None
    try:
        day = date.fromordinal(named.toordinal() + ((wait.after or 0) - (wait.before or 0)) // 86_400)
        return shown_at(day, wait.at, zone)
    except (OverflowError, ValueError):
        return None
