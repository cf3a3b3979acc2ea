"""Which events are counted: derived from a release, so that only what it refers to is kept."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from functions.core.behaviour import ADDED, Need, leaves, match_of_added, needs_of, windows_of
from functions.core.behaviour import counter_id as counter_id
from functions.core.behaviour import matches as matches
from functions.core.comparisons import PropertyComparison
from functions.core.conditions import Condition, EventMatch
from functions.core.emails import conditions as conditions_of_emails
from functions.core.event import Event
from functions.core.ids import digest
from functions.core.landing import conditions as conditions_of_pages
from functions.core.popups import conditions as conditions_of_popups
from functions.core.release import Release
from functions.core.scoring import Rule, Score, TagRule
from functions.core.steps import Add
from functions.core.tree import asked_by, walk

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

    @property
    def spelled(self) -> str:
        """What is kept, in a word."""
        return f"{self.id}:{self.horizon}:{self.newest}{':first' if self.first else ''}"


@dataclass(slots=True)
class _Named:
    """The counters of one event's name: by the values of a property that must be just so, and all others."""

    by_value: dict[str, dict[tuple[bool, object], list[Counter]]] = field(default_factory=dict)
    others: list[Counter] = field(default_factory=list)


@dataclass(frozen=True)
class Counters:
    """All counters of a release, the time zone that bounds its days, the version of the rules
    by which events are people's, and the rules by which events put tags on."""

    by_id: Mapping[str, Counter]
    zone: str
    rules: str = ""
    tags: tuple[TagRule, ...] = ()

    @cached_property
    def tag_rules(self) -> Mapping[str, tuple[TagRule, ...]]:
        """The rules for tags by the name of the event."""
        grouped: dict[str, tuple[TagRule, ...]] = {}
        for rule in self.tags:
            grouped[rule.when.event] = (*grouped.get(rule.when.event, ()), rule)
        return grouped

    @cached_property
    def spec(self) -> str:
        """Facts folded under another spec must be rebuilt from the events."""
        parts = [one.spelled for _, one in sorted(self.by_id.items())]
        tags = {rule.model_dump_json(by_alias=True, exclude_defaults=True, exclude={"id"}) for rule in self.tags}
        return digest(self.zone, self.rules, *parts, *sorted(tags))[:12]

    def matching(self, event: Event) -> Iterator[Counter]:
        """The counters that this event moves."""
        named = self._named.get(event.name)
        if named is None:
            return
        for counter in self._candidates(named, event):
            if matches(counter.match, event, self.zone):
                yield counter

    @staticmethod
    def _candidates(named: _Named, event: Event) -> Iterator[Counter]:
        # A thousand segments may each name a page of their own: only those that name this one are looked at.
        yield from named.others
        for name, by_value in named.by_value.items():
            value = event.properties.get(name)
            if isinstance(value, str | int | float):
                yield from by_value.get((isinstance(value, bool), value), ())

    @cached_property
    def _named(self) -> Mapping[str, _Named]:
        grouped: dict[str, _Named] = {}
        for counter in self.by_id.values():
            named = grouped.setdefault(counter.match.event, _Named())
            name, value = _distinctive(counter.match)
            if name is None:
                named.others.append(counter)
            else:
                named.by_value.setdefault(name, {}).setdefault((isinstance(value, bool), value), []).append(counter)
        return grouped


def _distinctive(match: EventMatch) -> tuple[str | None, object]:
    """A property, and the one value of it that every matching event has; none where there is no such property."""
    if match.form is not None:
        return "form", match.form
    for name, wanted in match.where.items():
        if "." not in name and not isinstance(wanted, PropertyComparison):
            return name, wanted
    return None, None


@dataclass(frozen=True, slots=True)
class Kept:
    """A counter of an earlier release, kept until a moment (ms)."""

    counter: Counter
    until: int

    def to_plain(self) -> dict[str, Any]:
        """The stored shape."""
        match = self.counter.match.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        stored: dict[str, Any] = {
            "match": match,
            "horizon": self.counter.horizon,
            "newest": self.counter.newest,
            "until": self.until,
        }
        if self.counter.first:
            stored["first"] = True
        if self.counter.sum is not None:
            stored["sum"] = self.counter.sum
        return stored


def kept_from(stored: Mapping[str, Any]) -> Kept:
    """The kept counter of a stored shape. Before version 3 nothing was added up, and no first moment kept."""
    match, added = EventMatch.model_validate(stored["match"]), stored.get("sum")
    counter = Counter(
        counter_id(match, added), match, stored["horizon"], stored["newest"], stored.get("first", False), added
    )
    return Kept(counter, stored["until"])


def keep(replaced: Release, kept: Iterable[Kept], now: int) -> list[Kept]:
    """What to keep when `replaced` gives way to another release at `now` (ms)."""
    joined = {_order(one.counter): one for one in kept if one.until > now}
    for counter in counters(replaced).by_id.values():
        joined[_order(counter)] = Kept(counter, now + KEPT_MS)
    return [joined[key] for key in sorted(joined)]


def _order(counter: Counter) -> tuple[str, int, int, bool]:
    return counter.id, counter.horizon, counter.newest, counter.first


def counters(release: Release, kept: Iterable[Kept] = (), rules: str = "") -> Counters:
    """The counters that scoring rules, conditions and journeys of `release` need, and those kept.

    `rules` is the version of the rules by which events are people's.
    """
    found: dict[str, Counter] = {}
    for need in (*_kept(kept), *_needs(release)):
        key = counter_id(need.match, need.sum)
        held = found.get(key)
        if held is None:
            match = EventMatch(event=need.match.event, form=need.match.form, where=need.match.where)
            found[key] = Counter(key, match, need.horizon, need.newest, need.first, need.sum)
        else:
            horizon, newest = max(need.horizon, held.horizon), max(need.newest, held.newest)
            found[key] = Counter(key, held.match, horizon, newest, need.first or held.first, held.sum)
    return Counters(found, release.sending.business.time_zone, rules, tuple(release.scoring.tags))


def _kept(kept: Iterable[Kept]) -> Iterator[Need]:
    for one in kept:
        counter = one.counter
        yield Need(counter.match, counter.horizon, counter.newest, counter.first, counter.sum)


def _needs(release: Release) -> Iterator[Need]:
    for score in release.scoring.scores.values():
        for rule in score.rules:
            yield need_of_rule(rule, score)
    for name in _added_to(release):
        horizon = HALF_LIVES * release.scoring.scores[name].half_life // DAY
        yield Need(match_of_added(name), horizon=horizon, sum=ADDED)
    for condition in conditions_of(release):
        for leaf in leaves(condition):
            yield from needs_of(leaf)
    for journey in release.journeys.values():
        if journey.goal is not None:
            yield Need(journey.goal, newest=1)


def _added_to(release: Release) -> list[str]:
    """The scores to which steps of journeys add points."""
    steps = (step for journey in release.journeys.values() for step in walk(journey.steps))
    named = {step.add.score for step in steps if isinstance(step, Add)}
    return [name for name in release.scoring.scores if name in named]


def need_of_rule(rule: Rule, score: Score) -> Need:
    """What is to be kept for a scoring rule."""
    return Need(rule.when, horizon=HALF_LIVES * score.half_life // DAY, first=rule.once)


def needed(release: Release) -> int:
    """For how many seconds back the events must stay for what `release` counts: points and windows."""
    scores = (HALF_LIVES * score.half_life for score in release.scoring.scores.values())
    spans = (span for condition in conditions_of(release) for leaf in leaves(condition) for span in windows_of(leaf))
    return max((*scores, *spans), default=0)


def conditions_of(release: Release) -> Iterator[Condition]:
    """Every condition that a contact of `release` is judged by."""
    for segment in release.segments.values():
        yield segment.when
    if release.scoring.grade is not None:
        for rule in release.scoring.grade.rules:
            yield rule.when
    for stage in release.funnel.stages:
        yield stage.when
    for journey in release.journeys.values():
        yield from (condition for _, condition in journey.conditions())
        for step in walk(journey.steps):
            yield from (condition for _, condition in asked_by(step))
    yield from conditions_of_emails(release.emails)
    yield from conditions_of_popups(release.popups)
    yield from conditions_of_pages(release.pages)
