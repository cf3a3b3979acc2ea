"""What is true of a person at a moment, naively: over the raw events that are known by then.

There are no counters here and no facts. It is written from what the language promises, not from how functions/core
keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from functions.core import conditions as kinds
from functions.core.conditions import Condition, EventCondition, Period
from functions.core.contact import Standing
from functions.core.event import Event
from tests.knowledge.calendar import local_date
from tests.knowledge.past import Known
from tests.knowledge.points import Scored
from tests.knowledge.values import fulfils, value_at

DAY = 86_400
CLICKS = ("Email Link Clicked",)
OPENS = ("Email Opened", *CLICKS)
"""Whoever clicks has opened."""
REACTIONS_KEPT = 16
"""Of so many of the newest messages that somebody reacted to, it is known that they did."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When is asked, where the person was held to stand, and what a journey knows."""

    now: int
    today: date
    held: Standing
    since: int = 0
    messages: Mapping[str, str] | None = None


class Oracle(Scored):
    """One person under one release."""

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
            if isinstance(one, str) and re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", one):
                one = float(one) if "." in one else int(one)
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
        """The letter that the points of fit are worth; the same inside a journey as outside."""
        moment = _outside(moment)
        grade = self.release.scoring.grade
        if grade is None:
            return "D"
        points = sum([rule.points for rule in grade.rules if self._holds(rule.when, moment)])
        for letter, bound in (("A", grade.a), ("B", grade.b), ("C", grade.c)):
            if points >= bound:
                return letter
        return "D"

    def stage(self, moment: Moment) -> str:
        """The last stage whose condition holds, or that somebody put the person at last; where nobody goes back, not
        one before the held one.

        The same inside a journey as outside.
        """
        moment = _outside(moment)
        stages = self.release.funnel.stages
        place, reached = -1, ""
        for number, stage in enumerate(stages):
            if self._holds(stage.when, moment):
                place, reached = number, stage.id
        put = self.put_at(moment.now)
        for number, stage in enumerate(stages):
            if stage.id == put and number > place:
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


def _outside(moment: Moment) -> Moment:
    return replace(moment, since=0, messages=None)


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
