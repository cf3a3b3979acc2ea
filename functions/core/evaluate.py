"""Evaluation of the condition language over facts, profile, release and now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import assert_never

from functions.core.conditions import (
    AllCondition,
    AnyCondition,
    ClickedCondition,
    Condition,
    ConsentCondition,
    EventCondition,
    NotCondition,
    OpenedCondition,
    ScoreCondition,
    SegmentCondition,
    TagCondition,
    TemperatureCondition,
    TraitCondition,
)
from functions.core.consent import EVERYTHING
from functions.core.contact import Contact, MessageFacts
from functions.core.counters import counter_id
from functions.core.release import Release
from functions.core.views import first_day_below, local_day, midnight, points

_NO_MESSAGES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Seen:
    """What conditions look at. Inside a journey `messages` maps a send step's id to the id of
    the message it sent last. An event without a window counts only after `since` (ms; 0 is ever)."""

    contact: Contact
    release: Release
    messages: Mapping[str, str] = field(default_factory=lambda: _NO_MESSAGES)
    since: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`holds` now; no flip before `until` (ms, strictly later than now) without an event.
    None: only an event can change it."""

    holds: bool
    until: int | None = None


def evaluate(condition: Condition, seen: Seen, now: int) -> Verdict:
    """Whether `condition` holds at `now` (ms), and until when that is certain."""
    match condition:
        case AllCondition():
            return _all([evaluate(part, seen, now) for part in condition.all])
        case AnyCondition():
            inverted = _all([_not(evaluate(part, seen, now)) for part in condition.any])
            return _not(inverted)
        case NotCondition():
            return _not(evaluate(condition.not_, seen, now))
        case EventCondition():
            return _event(condition, seen, now)
        case ScoreCondition():
            return _score(condition, seen, now)
        case TemperatureCondition():
            return Verdict(seen.contact.state.standing.temperature == condition.temperature)
        case TagCondition():
            held = seen.contact.state.facts.tags.get(condition.tag)
            return Verdict(held is not None and held[1])
        case TraitCondition():
            return Verdict(_trait_holds(condition, seen))
        case ConsentCondition():
            return Verdict(consents(seen.contact, condition.consent))
        case SegmentCondition():
            segment = seen.release.segments.get(condition.segment)
            return evaluate(segment.when, seen, now) if segment else Verdict(False)
        case OpenedCondition():
            message = _message(condition.opened, seen)
            return Verdict(message is not None and (message.opened or message.clicked) is not None)
        case ClickedCondition():
            message = _message(condition.clicked, seen)
            return Verdict(message is not None and message.clicked is not None)
        case _:
            assert_never(condition)


def consents(contact: Contact, topic: str) -> bool:
    """Whether the contact's events amount to consent: granted later than any withdrawal."""
    facts = contact.state.facts.consents
    granted = facts[topic].granted if topic in facts else 0
    withdrawn = max((facts[name].withdrawn for name in (topic, EVERYTHING) if name in facts), default=0)
    return granted > withdrawn


def earliest(moments: list[int | None]) -> int | None:
    """The earliest known moment, or None where none is known."""
    known = [moment for moment in moments if moment is not None]
    return min(known) if known else None


def _not(verdict: Verdict) -> Verdict:
    return Verdict(not verdict.holds, verdict.until)


def _all(parts: list[Verdict]) -> Verdict:
    # While one false part is certain, the whole is: so the latest of the false ones counts.
    false = [part.until for part in parts if not part.holds]
    if not false:
        return Verdict(True, earliest([part.until for part in parts]))
    if None in false:
        return Verdict(False)
    return Verdict(False, max(until for until in false if until is not None))


def _event(condition: EventCondition, seen: Seen, now: int) -> Verdict:
    moments = seen.contact.state.facts.newest.get(counter_id(condition), ())
    wanted = condition.at_least or 1
    if condition.within is None:
        happened = Verdict(sum(moment.at > seen.since for moment in moments) >= wanted)
    else:
        opening = now - condition.within * 1000
        inside = [moment.at for moment in moments if moment.at > opening]
        enough = len(inside) >= wanted
        # It stops holding when the n-th newest leaves the window.
        happened = Verdict(enough, inside[-wanted] + condition.within * 1000 if enough else None)
    return _not(happened) if condition.never else happened


def _score(condition: ScoreCondition, seen: Seen, now: int) -> Verdict:
    score = seen.release.scoring.scores.get(condition.score)
    zone = seen.release.sending.business.time_zone
    threshold = condition.at_least if condition.at_least is not None else condition.below
    if score is None or threshold is None:
        return Verdict(False)
    today = local_day(now, zone)
    value = points(seen.contact.state.facts, score, today, zone)
    day = first_day_below(seen.contact.state.facts, score, today, threshold, zone)
    flips = None if day is None else midnight(day, zone)
    reached = Verdict(value >= threshold, flips)
    return reached if condition.at_least is not None else _not(reached)


def _trait_holds(condition: TraitCondition, seen: Seen) -> bool:
    value = seen.contact.profile.trait(condition.trait)
    if condition.known is not None:
        return (value is not None) == condition.known
    wanted = [condition.is_] if condition.one_of is None else condition.one_of
    # Of several choices, one that is wanted is enough.
    values = value if isinstance(value, list | tuple) else [value]
    return any(_same(one, option) for one in values for option in wanted)


def _same(left: object, right: object) -> bool:
    # True == 1 in Python; a marketer's "1" box and a yes are different answers.
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _message(step: str, seen: Seen) -> MessageFacts | None:
    message = seen.messages.get(step)
    return seen.contact.state.facts.messages.get(message) if message else None
