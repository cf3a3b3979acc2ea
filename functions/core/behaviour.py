"""Which events a condition or a rule looks at, and what must be kept of them to judge it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from functions.core import event as names
from functions.core.compare import fulfils, number, same, value_at
from functions.core.comparisons import DAY, PropertyComparison
from functions.core.conditions import (
    AllCondition,
    AnyCondition,
    Condition,
    EmailCondition,
    EventCondition,
    EventMatch,
    JourneyCondition,
    NotCondition,
)
from functions.core.event import Event
from functions.core.ids import digest

EVER: Final = 36_500
"""Days for which day integers are kept where no window bounds them."""
UNIT: Final = 10_000
"""Sums are kept in whole ten-thousandths."""
LARGEST: Final = 1e12
"""What is larger than this, either way, is no amount and adds nothing."""


@dataclass(frozen=True, slots=True)
class Need:
    """What must be kept of the events that match: integers per day for `horizon` days (of their number, or of what
    the property `sum` adds up to), the newest n moments, the first one."""

    match: EventMatch
    horizon: int = 0
    newest: int = 0
    first: bool = False
    sum: str | None = None


def matches(match: EventMatch, event: Event, zone: str) -> bool:
    """Whether `event` is meant. Dates are compared by local days in `zone`."""
    if event.name != match.event:
        return False
    if match.form is not None and event.properties.get("form") != match.form:
        return False
    return all(_is_like(event.properties, name, wanted, zone) for name, wanted in match.where.items())


def _is_like(properties: Mapping[str, Any], name: str, wanted: object, zone: str) -> bool:
    if isinstance(wanted, PropertyComparison):
        return fulfils(wanted, value_at(properties, name), zone)
    if name in properties or "." not in name:
        return same(properties.get(name), wanted)
    value = value_at(properties, name)
    return any(same(one, wanted) for one in (value if isinstance(value, list | tuple) else [value]))


def counter_id(match: EventMatch, sum: str | None = None) -> str:
    """Short id of what is matched, and of the property that is added up: equal matches share a counter."""
    return match.key if sum is None else digest("sum", match.key, sum)[:8]


def amount(event: Event, property: str) -> int:
    """What an event adds to the sum of a property, in units: its number, or all numbers of a list."""
    value = value_at(event.properties, property)
    return sum(map(_units, value)) if isinstance(value, list | tuple) else _units(value)


def _units(value: Any) -> int:
    amount = number(value)
    return round(amount * UNIT) if amount is not None and abs(amount) <= LARGEST else 0


def matches_of(condition: EmailCondition | JourneyCondition) -> tuple[EventMatch, ...]:
    """The events that the condition is about: any of them, or, where a journey goes on, entering and ending."""
    if isinstance(condition, EmailCondition):
        return _of_email(condition.email, condition.was, condition.link)
    return _of_journey(condition.journey, condition.was)


_MAIL: Final = {
    "sent": (names.EMAIL_SENT,),
    "delivered": (names.EMAIL_DELIVERED,),
    "bounced": (names.EMAIL_BOUNCED,),
    # Whoever clicks has opened, though their mail program shows no pictures.
    "opened": (names.EMAIL_OPENED, names.EMAIL_CLICKED),
    "clicked": (names.EMAIL_CLICKED,),
}
_OUTCOMES: Final = {"finished": "done", "exited": "exited", "goal": "goal"}


@lru_cache(maxsize=4096)
def _of_email(template: str, was: str, link: str | None) -> tuple[EventMatch, ...]:
    where: dict[str, Any] = {"template": template}
    if link is not None:
        where["url"] = PropertyComparison(contains=link)
    return tuple(EventMatch(event=name, where=where) for name in _MAIL[was])


ADDED: Final = "points"
"""The property of what gives points outside the rules: so many."""


@lru_cache(maxsize=4096)
def match_of_added(score: str) -> EventMatch:
    """What gives points for a score outside its rules: the steps `add` of journeys."""
    return EventMatch(event=names.POINTS_ADDED, where={"score": score})


@lru_cache(maxsize=4096)
def _of_journey(journey: str, was: str | None) -> tuple[EventMatch, ...]:
    entered = EventMatch(event=names.JOURNEY_ENTERED, where={"journey": journey})
    ended = EventMatch(event=names.JOURNEY_ENDED, where={"journey": journey})
    match was:
        case None:
            return entered, ended
        case "entered":
            return (entered,)
        case "ended":
            return (ended,)
        case _:
            return (EventMatch(event=names.JOURNEY_ENDED, where={"journey": journey, "outcome": _OUTCOMES[was]}),)


def needs_of(condition: Condition) -> Iterator[Need]:
    """What is to be kept for one condition without parts."""
    match condition:
        case EmailCondition() | JourneyCondition():
            for match in matches_of(condition):
                yield Need(match, newest=1)
        case EventCondition(first=None, last=None):
            if condition.by_days:
                horizon = condition.within // DAY if condition.within else EVER
                yield Need(condition, horizon=horizon, sum=condition.sum)
            else:
                yield Need(condition, newest=int(max(condition.at_least or 0, (condition.at_most or 0) + 1)))
        case EventCondition():
            yield Need(condition, newest=1 if condition.last else 0, first=condition.first is not None)
        case _:
            return


def windows_of(condition: Condition) -> Iterator[int]:
    """The windows (seconds) through which a condition without parts looks back."""
    if isinstance(condition, EventCondition):
        for period in (condition, condition.first, condition.last):
            if period is not None and period.within:
                yield period.within
        for when in (condition.first, condition.last):
            if when is not None and when.longer_ago_than:
                yield when.longer_ago_than
    elif isinstance(condition, EmailCondition | JourneyCondition) and condition.within:
        yield condition.within


def leaves(condition: Condition) -> Iterator[Condition]:
    """The conditions without parts that a condition is made of."""
    match condition:
        case AllCondition():
            parts = condition.all
        case AnyCondition():
            parts = condition.any
        case NotCondition():
            parts = [condition.not_]
        case _:
            yield condition
            return
    for part in parts:
        yield from leaves(part)
