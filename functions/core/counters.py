"""Which events are counted: derived from a release, so that only what it refers to is kept."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from functions.core.conditions import (
    AllCondition,
    AnyCondition,
    Condition,
    EventCondition,
    EventMatch,
    NotCondition,
)
from functions.core.event import Event
from functions.core.ids import digest
from functions.core.journey import If, Until, Wait, walk
from functions.core.release import Release

DAY = 86_400
KEPT_MS = 400 * DAY * 1000
"""So long after a release was replaced its counters go on: people in flight are still judged by it."""
HALF_LIVES = 10
"""Days older than so many half-lives before the newest are dropped: their points are below a thousandth."""


@dataclass(frozen=True, slots=True)
class Counter:
    """What is kept of the events that match: integers per day for `horizon` days, the newest n moments, the first.

    The integers count events, or add up a property `sum` in units of a ten-thousandth.
    """

    id: str
    match: EventMatch
    horizon: int
    newest: int
    first: bool = False
    sum: str | None = None


@dataclass(frozen=True)
class Counters:
    """All counters of a release, the time zone that bounds its days, and the version of the rules
    by which events are people's."""

    by_id: Mapping[str, Counter]
    zone: str
    rules: str = ""

    @cached_property
    def by_event(self) -> Mapping[str, tuple[Counter, ...]]:
        grouped: dict[str, tuple[Counter, ...]] = {}
        for counter in self.by_id.values():
            name = counter.match.event
            grouped[name] = (*grouped.get(name, ()), counter)
        return grouped

    @cached_property
    def spec(self) -> str:
        """Facts folded under another spec must be rebuilt from the events."""
        parts = [f"{one.id}:{one.horizon}:{one.newest}" for _, one in sorted(self.by_id.items())]
        return digest(self.zone, self.rules, *parts)[:12]

    def matching(self, event: Event) -> Iterator[Counter]:
        """The counters that this event moves."""
        for counter in self.by_event.get(event.name, ()):
            if matches(counter.match, event):
                yield counter


def matches(match: EventMatch, event: Event) -> bool:
    """Whether `event` is meant."""
    if event.name != match.event:
        return False
    if match.form is not None and event.properties.get("form") != match.form:
        return False
    return all(_equal(event.properties.get(name), value) for name, value in match.where.items())


def _equal(left: object, right: object) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def counter_id(match: EventMatch) -> str:
    """Short id of what is matched: equal matches share a counter."""
    return digest(match.event, match.form or "", json.dumps(match.where, sort_keys=True, ensure_ascii=False))[:8]


@dataclass(frozen=True, slots=True)
class Kept:
    """A counter of an earlier release, kept until a moment (ms)."""

    counter: Counter
    until: int

    def to_plain(self) -> dict[str, Any]:
        """The stored shape."""
        match = self.counter.match.model_dump(mode="json", exclude_defaults=True)
        return {
            "match": match,
            "horizon": self.counter.horizon,
            "newest": self.counter.newest,
            "until": self.until,
        }


def kept_from(stored: Mapping[str, Any]) -> Kept:
    """The kept counter of a stored shape."""
    match = EventMatch.model_validate(stored["match"])
    return Kept(Counter(counter_id(match), match, stored["horizon"], stored["newest"]), stored["until"])


def keep(replaced: Release, kept: Iterable[Kept], now: int) -> list[Kept]:
    """What to keep when `replaced` gives way to another release at `now` (ms)."""
    joined = {(one.counter.id, one.counter.horizon, one.counter.newest): one for one in kept if one.until > now}
    for counter in counters(replaced).by_id.values():
        joined[counter.id, counter.horizon, counter.newest] = Kept(counter, now + KEPT_MS)
    return [joined[key] for key in sorted(joined)]


def counters(release: Release, kept: Iterable[Kept] = (), rules: str = "") -> Counters:
    """The counters that scoring rules, conditions and journeys of `release` need, and those kept.

    `rules` is the version of the rules by which events are people's.
    """
    found: dict[str, Counter] = {}

    def need(match: EventMatch, *, horizon: int = 0, newest: int = 0) -> None:
        key = counter_id(match)
        held = found.get(key)
        plain = EventMatch(event=match.event, form=match.form, where=match.where)
        found[key] = Counter(
            key, plain, max(horizon, held.horizon if held else 0), max(newest, held.newest if held else 0)
        )

    for one in kept:
        need(one.counter.match, horizon=one.counter.horizon, newest=one.counter.newest)

    for score in release.scoring.scores.values():
        for rule in score.rules:
            need(rule.when, horizon=HALF_LIVES * score.half_life // DAY)
    for condition in _conditions(release):
        for leaf in _leaves(condition):
            if isinstance(leaf, EventCondition):
                need(leaf, newest=leaf.at_least or 1)
    for journey in release.journeys.values():
        if journey.goal is not None:
            need(journey.goal, newest=1)
    return Counters(found, release.sending.business.time_zone, rules)


def needed(release: Release) -> int:
    """For how many seconds back the events must stay for what `release` counts: points and `within`."""
    scores = (HALF_LIVES * score.half_life for score in release.scoring.scores.values())
    leaves = (leaf for condition in _conditions(release) for leaf in _leaves(condition))
    spans = (leaf.within for leaf in leaves if isinstance(leaf, EventCondition) and leaf.within)
    return max((*scores, *spans), default=0)


def _conditions(release: Release) -> Iterator[Condition]:
    for segment in release.segments.values():
        yield segment.when
    for journey in release.journeys.values():
        if journey.exit is not None:
            yield journey.exit
        for step in walk(journey.steps):
            if isinstance(step, If):
                yield step.if_
            elif isinstance(step, Wait) and isinstance(step.wait, Until):
                yield step.wait.until


def _leaves(condition: Condition) -> Iterator[Condition]:
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
        yield from _leaves(part)
