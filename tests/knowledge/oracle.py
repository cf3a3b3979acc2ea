"""What is true of a person at a moment, naively: over the raw events that are known by then.

There are no counters here, no facts, and nothing is remembered from one moment to the next but which events a match
means. It is written from what the language promises, not from how functions/core keeps it.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import floor, fsum
from typing import Any, TypeVar

from functions.core import conditions as kinds
from functions.core.comparisons import Comparison, PropertyComparison
from functions.core.conditions import Condition, EventCondition, EventMatch, Period
from functions.core.contact import Standing
from functions.core.event import Event
from functions.core.release import Release
from functions.core.scoring import Rule, Score
from tests.knowledge.calendar import local_date
from tests.knowledge.tagging import tag_names
from tests.knowledge.values import equal, fulfils, value_at

T = TypeVar("T")
DAY = 86_400
DROPPED_HALF_LIVES = 10
"""Points of days that are older may be left out: it is said that they are below a thousandth."""
CLICKS = ("Email Link Clicked",)
OPENS = ("Email Opened", *CLICKS)
"""Whoever clicks has opened."""
REACTIONS_KEPT = 16
KEPT = 100
"""Of so many tags, and traits, the newest are kept."""


class Undecided(Exception):
    """The answer hangs on points so old that they may be left out."""


@dataclass(frozen=True, slots=True)
class Known:
    """An event, since when it is known (ms), when and on which local day it happened, where it stands among
    others (by time, then by its name), and the traits that are short enough to be kept."""

    since: int
    event: Event
    at: int
    day: date
    order: tuple[int, int]
    traits: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """When is asked, where the person was held to stand, and what a journey knows."""

    now: int
    today: date
    held: Standing
    since: int = 0
    messages: Mapping[str, str] | None = None


class Oracle:
    """One person under one release. `seen` counts which operators answered what."""

    def __init__(
        self, release: Release, events: Iterable[tuple[int, Event]], seen: Counter[tuple[str, bool]] | None = None
    ):
        self.release = release
        self.zone = release.sending.business.time_zone
        self.seen: Counter[tuple[str, bool]] = Counter() if seen is None else seen
        self._named: dict[str, list[Known]] = {}
        self._all: list[Known] = []
        refs: set[str] = set()
        for since, event in sorted(events, key=lambda one: one[0]):
            if event.ref not in refs and not event.held:
                known = _known(since, event, self.zone)
                self._all.append(known)
                self._named.setdefault(event.name, []).append(known)
            refs.add(event.ref)
        self._meant: dict[int, tuple[EventMatch, list[Known]]] = {}
        self._bounding: dict[int, tuple[Comparison, Mapping[str, Any]]] = {}
        self._now, self._said_now = -1, dict[str, Any]()

    def ask(
        self,
        condition: Condition,
        now: int,
        held: Standing,
        *,
        since: int = 0,
        messages: Mapping[str, str] | None = None,
    ) -> bool:
        """Whether the condition holds at `now`. Raises Undecided."""
        return self._holds(condition, self.moment(now, held, since, messages))

    def moment(self, now: int, held: Standing, since: int = 0, messages: Mapping[str, str] | None = None) -> Moment:
        return Moment(now, local_date(now, self.zone), held, since, messages)

    def _note(self, operator: str, answer: bool) -> bool:
        self.seen[operator, answer] += 1
        return answer

    def _bounds(self, comparison: Comparison) -> Mapping[str, Any]:
        if id(comparison) not in self._bounding:
            self._bounding[id(comparison)] = comparison, comparison.bounds()
        return self._bounding[id(comparison)][1]

    # What happened

    def matches(self, match: EventMatch, event: Event) -> bool:
        """Whether the event is meant."""
        if event.name != match.event:
            return False
        if match.form is not None and not self._note("match.form", event.properties.get("form") == match.form):
            return False
        answers = [self._property(event, name, wanted) for name, wanted in match.where.items()]
        return all(answers)

    def _property(self, event: Event, name: str, wanted: Any) -> bool:
        if not isinstance(wanted, PropertyComparison):
            return self._note("match.where", equal(event.properties.get(name), wanted))
        answer = fulfils(self._bounds(wanted), value_at(event.properties, name), self.zone, None)
        for bound in self._bounds(wanted):
            self._note(f"property.{bound}", answer)
        return answer

    def happened(self, match: EventMatch, now: int) -> list[Known]:
        """The matching events that are known at `now`."""
        held = self._meant.get(id(match))
        if held is None:
            meant = [known for known in self._named.get(match.event, ()) if self.matches(match, known.event)]
            held = self._meant[id(match)] = match, meant
        return [known for known in held[1] if known.since <= now]

    def known(self, now: int) -> list[Known]:
        """All events that are known at `now`."""
        return self._once(now, "events", lambda now: [known for known in self._all if known.since <= now])

    # Conditions

    def _holds(self, condition: Condition, moment: Moment) -> bool:
        match condition:
            case kinds.AllCondition():
                return self._note("all", all(self._each(condition.all, moment)))
            case kinds.AnyCondition():
                return self._note("any", any(self._each(condition.any, moment)))
            case kinds.NotCondition():
                return self._note("not", not self._holds(condition.not_, moment))
            case kinds.EventCondition():
                return self._event(condition, moment)
            case kinds.TraitCondition():
                return self._trait(condition, moment)
            case kinds.SegmentCondition():
                segment = self.release.segments.get(condition.segment)
                return self._note("segment", segment is not None and self._holds(segment.when, moment))
            case kinds.ConsentCondition():
                return self._note("consent", self.consents(condition.consent, moment.now))
            case kinds.TagCondition():
                return self._note("tag", condition.tag in self.tags(moment.now))
            case kinds.EmailCondition():
                return self._email(condition, moment)
            case kinds.JourneyCondition():
                return self._journey(condition, moment)
            case kinds.OpenedCondition():
                return self._note("opened", self._reacted(condition.opened, OPENS, moment))
            case kinds.ClickedCondition():
                return self._note("clicked", self._reacted(condition.clicked, CLICKS, moment))
            case kinds.ScoreCondition():
                points = self.points(condition.score, moment.now)
                if condition.at_least is not None:
                    return self._note("score.at_least", points >= condition.at_least)
                assert condition.below is not None
                return self._note("score.below", points < condition.below)
            case kinds.TemperatureCondition():
                name = "temperature.list" if isinstance(condition.temperature, list) else "temperature"
                return self._note(name, self.temperature(moment) in condition.wanted)
            case kinds.GradeCondition():
                name = "grade.list" if isinstance(condition.grade, list) else "grade"
                return self._note(name, self.grade(moment) in condition.wanted)
            case kinds.StageCondition():
                return self._staged(condition, moment)
        raise AssertionError(condition)

    def _each(self, parts: Sequence[Condition], moment: Moment) -> list[bool]:
        return [self._holds(part, moment) for part in parts]

    def _event(self, condition: EventCondition, moment: Moment) -> bool:
        answer = self._counted(condition, moment)
        names = ["at_least", "at_most", "above", "below", "never", "within"]
        prefix = "sum" if condition.sum is not None else "days" if condition.by_days else "event"
        given = [name for name in names if getattr(condition, name) is not None]
        for name in given or ([] if condition.first or condition.last else ["happened"]):
            self._note(f"{prefix}.{name}", answer)
        for which, period in (("first", condition.first), ("last", condition.last)):
            for name in ("within", "longer_ago_than", "before", "after"):
                if period is not None and getattr(period, name) is not None:
                    self._note(f"{which}.{name}", answer)
        return answer

    def _counted(self, condition: EventCondition, moment: Moment) -> bool:
        if condition.sum is not None:
            return _within(condition, self.total(condition, moment), 10_000)
        events = self.happened(condition, moment.now)
        if condition.first is not None or condition.last is not None:
            if not events:
                return False
            if condition.first is not None:
                return self._when(condition.first, min(events, key=lambda one: one.order), moment.now)
            assert condition.last is not None
            return self._when(condition.last, max(events, key=lambda one: one.order), moment.now)
        events = self._in_window(condition, events, moment)
        if condition.never:
            return not events
        if condition.at_least is None and condition.at_most is None:
            return bool(events)
        return _within(condition, len(events), 1)

    def _in_window(self, condition: EventCondition, events: list[Known], moment: Moment) -> list[Known]:
        if condition.by_days:
            if condition.within is None:
                return events
            first = moment.today - timedelta(days=condition.within // DAY)
            return [one for one in events if one.day > first]
        if condition.within is not None:
            return [one for one in events if one.at > moment.now - condition.within * 1000]
        return [one for one in events if one.at > moment.since] if moment.since else events

    def total(self, condition: EventCondition, moment: Moment) -> int:
        """What a property adds up to, in ten-thousandths."""
        assert condition.sum is not None
        events = self._in_window(condition, self.happened(condition, moment.now), moment)
        return sum(self._adds(one.event, condition.sum) for one in events)

    def _adds(self, event: Event, name: str) -> int:
        value = value_at(event.properties, name)
        total = 0
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, int | float) and not isinstance(one, bool) and abs(one) <= 1e12:
                total += round(one * 10_000)
        return total

    def _when(self, period: Period, known: Known, now: int) -> bool:
        return all(
            (
                period.within is None or known.at > now - period.within * 1000,
                period.longer_ago_than is None or known.at <= now - period.longer_ago_than * 1000,
                period.before is None or known.day < period.before,
                period.after is None or known.day > period.after,
            )
        )

    def _trait(self, condition: kinds.TraitCondition, moment: Moment) -> bool:
        value = value_at(self.traits(moment.now), condition.trait)
        answer = fulfils(self._bounds(condition), value, self.zone, moment.today)
        for name, bound in self._bounds(condition).items():
            word = f".{bound.split(' ')[0]}" if name == "anniversary" else ".today" if bound == "today" else ""
            self._note(f"trait.{name}{word}", answer)
        return answer

    def _email(self, condition: kinds.EmailCondition, moment: Moment) -> bool:
        names = {
            "sent": ("Email Sent",),
            "delivered": ("Email Delivered",),
            "bounced": ("Email Bounced",),
            "opened": OPENS,
            "clicked": CLICKS,
        }[condition.was]
        found = [
            known
            for name in names
            for known in self._named.get(name, ())
            if known.since <= moment.now
            and known.event.properties.get("template") == condition.email
            and (condition.within is None or known.at > moment.now - condition.within * 1000)
            and (condition.link is None or _has(known.event.properties.get("url"), condition.link))
        ]
        for name in (f"email.{condition.was}", "email.link", "email.within"):
            if name.startswith("email.") and (
                name == f"email.{condition.was}" or getattr(condition, name[6:]) is not None
            ):
                self._note(name, bool(found))
        return bool(found)

    def _journey(self, condition: kinds.JourneyCondition, moment: Moment) -> bool:
        def of(name: str, outcome: str | None = None) -> list[Known]:
            return [
                known
                for known in self._named.get(name, ())
                if known.since <= moment.now
                and known.event.properties.get("journey") == condition.journey
                and (outcome is None or known.event.properties.get("outcome") == outcome)
            ]

        if condition.is_ == "in":
            entered, ended = of("Journey Entered"), of("Journey Ended")
            is_in = bool(entered) and max(one.at for one in entered) > max((one.at for one in ended), default=-1)
            return self._note("journey.in", is_in)
        assert condition.was is not None
        if condition.was == "entered":
            found = of("Journey Entered")
        else:
            outcome = {"ended": None, "finished": "done", "exited": "exited", "goal": "goal"}[condition.was]
            found = of("Journey Ended", outcome)
        if condition.within is not None:
            found = [known for known in found if known.at > moment.now - condition.within * 1000]
            self._note("journey.within", bool(found))
        return self._note(f"journey.{condition.was}", bool(found))

    def _reacted(self, step: str, names: Sequence[str], moment: Moment) -> bool:
        message = (moment.messages or {}).get(step)
        if message is None:
            return False
        sent: dict[str, int] = {}
        for known in self.known(moment.now):
            event = known.event
            said, when = event.properties.get("message"), event.properties.get("sent")
            is_reaction = event.kind == "system" and event.name in OPENS
            if is_reaction and isinstance(said, str) and isinstance(when, int):
                sent[said] = when
        kept = sorted(sent, key=lambda one: (sent[one], one))[-REACTIONS_KEPT:]
        return message in kept and any(
            known.event.kind == "system" and known.event.properties.get("message") == message
            for name in names
            for known in self._named.get(name, ())
            if known.since <= moment.now and isinstance(known.event.properties.get("sent"), int)
        )

    # What is known of the person

    def traits(self, now: int) -> dict[str, Any]:
        """The newest value of each trait; what the owner's own systems say outranks what anybody claims."""
        return self._once(now, "traits", self._traits)

    def _traits(self, now: int) -> dict[str, Any]:
        best: dict[str, tuple[tuple[bool, tuple[int, int]], Any]] = {}
        for known in self.known(now):
            for name, value in known.traits.items():
                rank = known.event.proved, known.order
                if name not in best or best[name][0] < rank:
                    best[name] = rank, value
        newest = sorted(best, key=lambda name: (best[name][0], name))[-KEPT:]
        return {name: best[name][1] for name in newest}

    def _once(self, now: int, what: str, say: Callable[[int], T]) -> T:
        """What is asked often at one moment; with the next moment it is forgotten."""
        if now != self._now:
            self._bounding: dict[int, tuple[Comparison, Mapping[str, Any]]] = {}
        self._now, self._said_now = now, {}
        if what not in self._said_now:
            self._said_now[what] = say(now)
        said: T = self._said_now[what]
        return said

    def tags(self, now: int) -> set[str]:
        """The tags that the person carries."""
        return self._once(now, "tags", self._tags)

    def _tags(self, now: int) -> set[str]:
        given: list[tuple[tuple[int, int], str, bool]] = []
        for called in ("Tag Added", "Tag Removed"):
            for known in self._named.get(called, ()):
                if known.since <= now and known.event.kind == "system":
                    tag = str(known.event.properties.get("tag", ""))
                    given.append((known.order, tag, called == "Tag Added"))
        for rule in self.release.scoring.tags:
            for known in self.happened(rule.when, now):
                if rule.tag:
                    given.append((known.order, rule.tag, True))
                else:
                    names = tag_names(value_at(known.event.properties, rule.from_ or ""))
                    given.extend((known.order, name, True) for name in names)
        latest: dict[str, tuple[tuple[int, int], bool]] = {}
        for order, name, is_there in given:
            if name and (name not in latest or latest[name][0] < order):
                latest[name] = order, is_there
        newest = sorted(latest, key=lambda name: latest[name][0])[-KEPT:]
        return {name for name in newest if latest[name][1]}

    def consents(self, topic: str, now: int) -> bool:
        """Whether the topic was granted later than any withdrawal."""
        granted, withdrawn = 0, 0
        for known in self.known(now):
            event, said = known.event, known.event.properties
            match event.kind, event.name:
                case "form", "Form Submitted":
                    if topic in said.get("consents", ()):
                        granted = max(granted, event.at)
                case "system", "Resubscribed":
                    if said.get("topic") == topic:
                        granted = max(granted, event.at)
                case "system", "Subscription Confirmed":
                    if topic in said.get("consents", ()):
                        granted = max(granted, min(event.at, said.get("requested", event.at)))
                case "system", "Unsubscribed":
                    if said.get("topic") in (topic, "*", None):
                        withdrawn = max(withdrawn, event.received)
        return granted > withdrawn

    # Scores, grade and stage

    def points(self, score: str, now: int) -> int:
        """Whole points, never below zero; 0 for a score that there isn't. Raises Undecided."""
        rules = self.release.scoring.scores.get(score)
        if rules is None:
            return 0
        today = local_date(now, self.zone)
        active = [one.day for one in self.known(now) if one.event.context.get("active", True)]
        oldest = max(active) - timedelta(days=DROPPED_HALF_LIVES * rules.half_life // DAY) if active else date.min
        full, short = (max(0, floor(self._raw(rules, now, today, since) + 1e-9)) for since in (date.min, oldest))
        if full != short:
            raise Undecided(score)
        return full

    def _raw(self, score: Score, now: int, today: date, after: date) -> float:
        half_life = score.half_life / DAY
        return fsum(
            rule.points * count * 0.5 ** ((today - day).days / half_life)
            for rule in score.rules
            for day, count in self.given(rule, now, after)
        )

    def given(self, rule: Rule, now: int, after: date = date.min) -> Iterator[tuple[date, int]]:
        """How many events of each day give points."""
        events = self.happened(rule.when, now)
        if rule.once:
            if events:
                yield min(events, key=lambda one: one.order).day, 1
                self._note("rule.once", len(events) > 1)
            return
        days = Counter(known.day for known in events if known.day > after)
        weeks: Counter[tuple[int, int]] = Counter()
        months: Counter[tuple[int, int]] = Counter()
        caps = (("day", rule.at_most_per_day), ("week", rule.at_most_per_week), ("month", rule.at_most_per_month))
        for day in sorted(days):
            count = days[day]
            week, month = day.isocalendar()[:2], (day.year, day.month)
            taken = {"day": 0, "week": weeks[week], "month": months[month]}
            for name, cap in caps:
                if cap is not None:
                    self._note(f"rule.at_most_per_{name}", count > cap - taken[name])
                    count = min(count, cap - taken[name])
            weeks[week] += count
            months[month] += count
            if count:
                yield day, count

    def temperature(self, moment: Moment) -> str:
        """The band, entered at one number and left below a lower one."""
        rule = self.release.scoring.temperature
        if rule is None or rule.score not in self.release.scoring.scores:
            return "cold"
        points, held = self.points(rule.score, moment.now), moment.held.temperature
        if points >= rule.hot.at_least or (held == "hot" and points >= rule.hot.until_below):
            return "hot"
        if points >= rule.warm.at_least or (held in ("warm", "hot") and points >= rule.warm.until_below):
            return "warm"
        return "cold"

    def grade(self, moment: Moment) -> str:
        """The letter that the points of fit are worth."""
        grade = self.release.scoring.grade
        if grade is None:
            return "D"
        points = sum([rule.points for rule in grade.rules if self._holds(rule.when, moment)])
        for letter, bound in (("A", grade.a), ("B", grade.b), ("C", grade.c)):
            if points >= bound:
                return letter
        return "D"

    def stage(self, moment: Moment) -> str:
        """The last stage whose condition holds; where nobody goes back, not one before the held one."""
        stages = self.release.funnel.stages
        place, reached = -1, ""
        for number, stage in enumerate(stages):
            if self._holds(stage.when, moment):
                place, reached = number, stage.id
        if self.release.funnel.forward_only:
            for number, stage in enumerate(stages):
                if stage.id == moment.held.stage and number > place:
                    return stage.id
        return reached

    def _staged(self, condition: kinds.StageCondition, moment: Moment) -> bool:
        stage = self.stage(moment)
        places = {one.id: number for number, one in enumerate(self.release.funnel.stages)}
        if condition.or_later:
            answer = stage in places and places[stage] >= places.get(condition.wanted[0], len(places))
        else:
            answer = stage != "" and stage in condition.wanted
        if condition.for_at_least is not None:
            since = moment.held.stages.get(stage, moment.now) if moment.held.stage == stage else moment.now
            answer = answer and since <= moment.now - condition.for_at_least * 1000
        for name in ("or_later", "for_at_least"):
            if getattr(condition, name):
                self._note(f"stage.{name}", answer)
        return self._note("stage.list" if isinstance(condition.stage, list) else "stage", answer)


def _known(since: int, event: Event, zone: str) -> Known:
    short = {
        name: value
        for name, value in event.traits.items()
        if len(json.dumps(value, ensure_ascii=False).encode()) <= 2000 and len(name.encode()) <= 100
    }
    order = event.at, zlib.crc32(event.ref.encode())
    return Known(since, event, event.at, local_date(event.at, zone), order, short)


def _within(condition: EventCondition, value: int, unit: int) -> bool:
    def bound(number: int | float | None) -> Decimal | None:
        return None if number is None else Decimal(str(number)) * unit

    at_least, at_most = bound(condition.at_least), bound(condition.at_most)
    above, below = bound(condition.above), bound(condition.below)
    return (
        (at_least is None or value >= at_least)
        and (at_most is None or value <= at_most)
        and (above is None or value > above)
        and (below is None or value < below)
    )


def _has(url: Any, piece: str) -> bool:
    return fulfils({"contains": piece}, url, "UTC", None)
