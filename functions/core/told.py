"""Why a condition holds or doesn't: every part of it with its verdict, in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from functions.core import conditions as c
from functions.core.behaviour import UNIT, counter_id, matches_of
from functions.core.compare import value_at
from functions.core.comparisons import DAY
from functions.core.consent import EVERYTHING
from functions.core.contact import MessageFacts
from functions.core.evaluate import Seen, Verdict, evaluate
from functions.core.phrases import shown, spaced
from functions.core.sentences import sentence
from functions.core.standing import grade_at, stage_at, temperature_at
from functions.core.views import day_of, local_day, points

_DEEPEST: Final = 30


@dataclass(frozen=True, slots=True)
class Told:
    """One part of a condition: what it asks, whether it holds, the moment (ms) before which that can't
    change without an event (None: only an event can), what was seen of the person ("" where the parts
    say it), and its own parts."""

    sentence: str
    holds: bool
    until: int | None
    saw: str
    parts: tuple["Told", ...] = ()


def told(condition: c.Condition, seen: Seen, now: int, *, deep: int = _DEEPEST) -> Told:
    """The tree of verdicts at `now` (ms), other segments opened up. Sentences are those of core/sentences.py."""
    verdict: Verdict = evaluate(condition, seen, now)
    within = [] if deep <= 0 else _within(condition, seen)
    parts = tuple(told(part, seen, now, deep=deep - 1) for part in within)
    words = _HEADS.get(type(condition)) if len(within) > 1 else None
    saw = "" if parts else _Looking(seen, now).saw(condition)
    return Told(words or sentence(condition, seen.release), verdict.holds, verdict.until, saw, parts)


_HEADS: Final[dict[type, str]] = {c.AllCondition: "all of these", c.AnyCondition: "at least one of these"}


def _within(condition: c.Condition, seen: Seen) -> list[c.Condition]:
    match condition:
        case c.AllCondition():
            return list(condition.all)
        case c.AnyCondition():
            return list(condition.any)
        case c.NotCondition():
            return [condition.not_]
        case c.SegmentCondition():
            segment = seen.release.segments.get(condition.segment)
            return [segment.when] if segment else []
        case _:
            return []


class _Looking:
    """What is seen of a person, in words."""

    def __init__(self, seen: Seen, now: int) -> None:
        self.seen = seen
        self.now = now
        self.state = seen.contact.state
        self.zone = seen.release.sending.business.time_zone

    def saw(self, condition: c.Condition) -> str:
        match condition:
            case c.EventCondition():
                return self._events(condition)
            case c.ScoreCondition():
                return self._score(condition.score)
            case c.TemperatureCondition():
                return temperature_at(self.seen.contact, self.seen.release, self.now)[0]
            case c.GradeCondition():
                return f"grade {grade_at(self.seen.release, self._holds)[0]}"
            case c.StageCondition():
                return self._stage()
            case c.EmailCondition() | c.JourneyCondition():
                return self._last([counter_id(match) for match in matches_of(condition)])
            case c.TagCondition():
                return self._tag(condition.tag)
            case c.TraitCondition():
                return self._trait(condition.trait)
            case c.ConsentCondition():
                return self._consent(condition.consent)
            case c.OpenedCondition():
                return self._message(condition.opened, lambda facts: facts.opened or facts.clicked)
            case c.ClickedCondition():
                return self._message(condition.clicked, lambda facts: facts.clicked)
            case _:
                return ""

    def _holds(self, condition: c.Condition) -> Verdict:
        return evaluate(condition, self.seen, self.now)

    def _events(self, condition: c.EventCondition) -> str:
        key = counter_id(condition, condition.sum)
        if condition.first:
            first = self.state.facts.earliest.get(key)
            return f"first on {self._day(first.at)}" if first else "never"
        if condition.sum is not None:
            return f"adds up to {shown(self._by_days(key, condition) / UNIT).removesuffix('.0')}"
        if condition.by_days:
            times = self._by_days(key, condition)
        elif condition.last or (condition.at_most is None and condition.at_least in (None, 1)):
            return self._last([key])
        else:
            # Without a window, a journey counts from its start.
            opening = self.seen.since if condition.within is None else self.now - condition.within * 1000
            times = sum(moment.at > opening for moment in self.state.facts.newest.get(key, ()))
        if condition.at_least and condition.at_most is None:
            return f"{times} of {condition.at_least} times"
        return f"{times} time{'' if times == 1 else 's'}"

    def _by_days(self, key: str, condition: c.EventCondition) -> int:
        span = condition.within // DAY if condition.within else None
        today = local_day(self.now, self.zone)
        days = self.state.facts.counters.get(key, {})
        return sum(number for day, number in days.items() if span is None or day > today - span)

    def _last(self, keys: list[str]) -> str:
        moments = [moment.at for key in keys for moment in self.state.facts.newest.get(key, ())]
        return f"last on {self._day(max(moments))}" if moments else "never"

    def _score(self, name: str) -> str:
        score = self.seen.release.scoring.scores.get(name)
        if score is None:
            return "there is no such score"
        held = points(self.state.facts, name, score, local_day(self.now, self.zone), self.zone)
        return f"{held} point{'' if held == 1 else 's'}"

    def _stage(self) -> str:
        standing = self.state.standing
        stage, _ = stage_at(self.state, self.seen.release, self._holds)
        entered = standing.stages.get(stage) if stage == standing.stage else None
        title = next((one.title for one in self.seen.release.funnel.stages if one.id == stage), "") or stage
        if not stage:
            return "before the first stage"
        return f"at “{title}”" + (f" since {self._day(entered)}" if entered else "")

    def _tag(self, tag: str) -> str:
        held = self.state.facts.tags.get(tag)
        if held is None:
            return "never put there"
        return f"{'since' if held[1] else 'removed on'} {self._day(held[0].at)}"

    def _trait(self, name: str) -> str:
        value = value_at({one: held for one, (_, held) in self.seen.contact.profile.traits.items()}, name)
        return "not known" if value is None else f"{spaced(name)} is {shown(value)}"

    def _consent(self, topic: str) -> str:
        facts = self.state.facts.consents
        granted = facts[topic].granted if topic in facts else 0
        withdrawn = max((facts[one].withdrawn for one in (topic, EVERYTHING) if one in facts), default=0)
        said = [f"agreed on {self._day(granted)}"] if granted else []
        said += [f"withdrawn on {self._day(withdrawn)}"] if withdrawn else []
        return ", ".join(said) or "never agreed"

    def _message(self, step: str, moment: Callable[[MessageFacts], int | None]) -> str:
        message = self.seen.messages.get(step)
        facts = self.state.facts.messages.get(message) if message else None
        at = moment(facts) if facts else None
        return f"on {self._day(at)}" if at else "not yet" if message else "not sent"

    def _day(self, moment: int) -> str:
        return day_of(moment, self.zone).isoformat() if moment else "the start"
