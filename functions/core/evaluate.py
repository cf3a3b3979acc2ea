"""Evaluation of the condition language over facts, profile, standing, release and now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar, assert_never

from functions.core.certainty import Verdict as Verdict
from functions.core.certainty import earliest as earliest
from functions.core.certainty import every, negated, some
from functions.core.compare import value_at, verdict
from functions.core.conditions import (
    AllCondition,
    AnyCondition,
    ClickedCondition,
    Condition,
    ConsentCondition,
    EmailCondition,
    EventCondition,
    GradeCondition,
    JourneyCondition,
    NotCondition,
    OpenedCondition,
    ScoreCondition,
    SegmentCondition,
    StageCondition,
    TagCondition,
    TemperatureCondition,
    TraitCondition,
)
from functions.core.consent import EVERYTHING
from functions.core.contact import Contact, MessageFacts, Profile
from functions.core.days import local_day, midnight
from functions.core.happened import happened, mailed, travelled
from functions.core.release import Release
from functions.core.standing import grade_at, stage_at, temperature_at
from functions.core.views import first_day_below, points

_T = TypeVar("_T")
_NO_MESSAGES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Seen:
    """What conditions look at. Inside a journey `messages` maps a send step's id to the id of
    the message it sent last. An event without a window counts only after `since` (ms; 0 is ever).

    `told` remembers what was worked out for several conditions at one moment.
    """

    contact: Contact
    release: Release
    messages: Mapping[str, str] = field(default_factory=lambda: _NO_MESSAGES)
    since: int = 0
    told: dict[tuple[str, int], Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def zone(self) -> str:
        """The business's time zone."""
        return self.release.sending.business.time_zone


def evaluate(condition: Condition, seen: Seen, now: int) -> Verdict:
    """Whether `condition` holds at `now` (ms), and until when that is certain."""
    match condition:
        case AllCondition():
            return every([evaluate(part, seen, now) for part in condition.all])
        case AnyCondition():
            return some([evaluate(part, seen, now) for part in condition.any])
        case NotCondition():
            return negated(evaluate(condition.not_, seen, now))
        case EventCondition():
            return happened(condition, seen.contact.state.facts, seen.zone, now, seen.since)
        case TraitCondition():
            return _trait(condition, seen, now)
        case TagCondition():
            held = seen.contact.state.facts.tags.get(condition.tag)
            return Verdict(held is not None and held[1])
        case ConsentCondition():
            return Verdict(consents(seen.contact, condition.consent))
        case SegmentCondition():
            return _segment(condition.segment, seen, now)
        case EmailCondition():
            return mailed(condition, seen.contact.state.facts, now)
        case JourneyCondition():
            return travelled(condition, seen.contact.state.facts, now)
        case ScoreCondition():
            return _score(condition, seen, now)
        case TemperatureCondition():
            band, until = _told(seen, "temperature", now, lambda: temperature_at(seen.contact, seen.release, now))
            return Verdict(band in condition.wanted, until)
        case GradeCondition():
            letter, until = _told(seen, "grade", now, lambda: grade_at(seen.release, _held(seen, now)))
            return Verdict(letter in condition.wanted, until)
        case StageCondition():
            return _stage(condition, seen, now)
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


def trait_at(profile: Profile, path: str) -> Any:
    """The value of a trait, or of what a dotted path leads to in one; None where there is none."""
    if path in profile.traits:
        return profile.trait(path)
    name, dot, _ = path.partition(".")
    return value_at({name: profile.trait(name)}, path) if dot else None


def _told(seen: Seen, what: str, now: int, tell: Callable[[], _T]) -> _T:
    if (what, now) not in seen.told:
        seen.told[what, now] = tell()
    told: _T = seen.told[what, now]
    return told


def _held(seen: Seen, now: int) -> Callable[[Condition], Verdict]:
    # Where somebody stands, and which segments they are in, is the same inside a journey as outside.
    plain = seen if not (seen.messages or seen.since) else Seen(seen.contact, seen.release)
    return lambda condition: evaluate(condition, plain, now)


def _trait(condition: TraitCondition, seen: Seen, now: int) -> Verdict:
    value = trait_at(seen.contact.profile, condition.trait)
    found = verdict(condition, value, seen.zone, local_day(now, seen.zone))
    return found if found.until is None else Verdict(found.holds, midnight(found.until, seen.zone))


def _segment(name: str, seen: Seen, now: int) -> Verdict:
    segment = seen.release.segments.get(name)
    if segment is None:
        return Verdict(False)
    return _told(seen, f"segment {name}", now, lambda: _held(seen, now)(segment.when))


def _score(condition: ScoreCondition, seen: Seen, now: int) -> Verdict:
    score, zone = seen.release.scoring.scores.get(condition.score), seen.zone
    threshold = condition.at_least if condition.at_least is not None else condition.below
    if score is None or threshold is None:
        return Verdict(False)
    facts, today = seen.contact.state.facts, local_day(now, zone)
    value = _told(seen, f"score {condition.score}", now, lambda: points(facts, condition.score, score, today, zone))
    reached = Verdict(False)
    if value >= threshold:
        day = first_day_below(facts, condition.score, score, today, threshold, zone)
        reached = Verdict(True, None if day is None else midnight(day, zone))
    return reached if condition.at_least is not None else negated(reached)


def _stage(condition: StageCondition, seen: Seen, now: int) -> Verdict:
    held, funnel = seen.contact.state.standing, seen.release.funnel
    stage, until = _told(seen, "stage", now, lambda: stage_at(seen.contact.state, seen.release, _held(seen, now)))
    wanted = condition.wanted
    stands = stage != "" and stage in wanted
    if condition.or_later and stage != "":
        first = funnel.place(wanted[0])
        stands = first >= 0 and funnel.place(stage) >= first
    there = Verdict(stands, until)
    if condition.for_at_least is None or not stands:
        return there
    since = held.stages.get(stage, now) if held.stage == stage else now
    passes = since + condition.for_at_least * 1000
    return every([there, Verdict(True) if passes <= now else Verdict(False, passes)])


def _message(step: str, seen: Seen) -> MessageFacts | None:
    message = seen.messages.get(step)
    return seen.contact.state.facts.messages.get(message) if message else None
