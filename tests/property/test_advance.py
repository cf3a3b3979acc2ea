"""Random journeys over random histories: whoever wakes a run, and however often, it goes the same way."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core import effects as stored_effects
from functions.core.advance import advance, after
from functions.core.contact import Contact
from functions.core.effects import Effect, HandOff, Record, SendMessage, StartClock
from functions.core.enrollment import Enrollment, Turns
from functions.core.hours import WEEKDAYS
from functions.core.release import Release
from functions.core.steps import Repeat, Wait
from functions.core.tree import walk
from functions.tables import enrollments
from tests.journeys import DAY, HOUR, NOW, contact, entered, happened, holding, journey, release, rules
from tests.scale import scaled

EVENTS = ("Page Viewed", "Cart Filled", "Order Completed")
RENEWS = "renews"
UNTIL = 500 * DAY

Happening = tuple[int, str]
"""When (ms), and the name of an event, or RENEWS and the day that the trait is from then on."""


def _condition(chance: random.Random, depth: int = 2) -> dict[str, Any]:
    sort = chance.random()
    if depth and sort < 0.25:
        parts = [_condition(chance, depth - 1) for _ in range(chance.randint(1, 3))]
        return {chance.choice(("all", "any")): parts}
    if depth and sort < 0.4:
        return {"not": _condition(chance, depth - 1)}
    name = chance.choice(EVENTS)
    return chance.choice(
        (
            {"event": name},
            {"event": name, "at_least": chance.randint(1, 3), "within": chance.choice(("2 hours", "1 day", "6 days"))},
            {"event": name, "never": True, "within": chance.choice(("5 hours", "3 days"))},
            {"score": "interest", "at_least": chance.choice((20, 40, 60))},
            {"score": "interest", "below": 30},
            {"tag": chance.choice("xy")},
            {"trait": "plan", "is": "gold"},
        )
    )


def _wait(chance: random.Random) -> Any:
    length = chance.choice(("3 hours", "1 day", "5 days"))
    day = date(2026, 9, 21) + timedelta(days=chance.randint(-3, 30))
    shift = chance.choice(({}, {"before": "2 days"}, {"after": "1 day"}))
    at = chance.choice(("00:00", "09:00", "23:30", "24:00"))
    return chance.choice(
        (
            length,
            {"until": _condition(chance), "at_most": length},
            {"until_day": day.isoformat(), "at": at, **shift},
            {"until_trait": RENEWS, "at": at, **shift},
            {"until_open": {"on": chance.sample(WEEKDAYS, 3), "between": ["09:00", "17:30"]}},
            {"until_open": {"between": [chance.choice(("00:00", "13:00")), "24:00"]}},
        )
    )


def _acting(chance: random.Random, name: str) -> dict[str, Any]:
    traits = {chance.choice(("plan", RENEWS)): chance.choice(("gold", "2026-10-09", None))}
    return chance.choice(
        (
            {"send": f"mail-{name}"},
            {"send": {"sms": f"text-{name}"}, "topic": "offers"},
            {"tag": chance.choice("xy")},
            {"untag": chance.choice("xy")},
            {"update": {"traits": traits}},
            {"update": {"stage": "customer"}},
            {"add": {"score": "interest", "points": chance.choice((-5, 30))}},
            {"webhook": "crm", "keep": {"plan": "plan.name"}},
            {"notify": {"to": "shop", "subject": "Look"}},
            {"handoff": {"to": "shop", "reason": "Wants tea"}},
            {"start": "another"},
        )
    )


def _steps(chance: random.Random, names: Iterable[str], depth: int = 2) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    for name in names:
        sort = chance.random()

        def inside(side: str, least: int = 0, name: str = name) -> list[dict[str, Any]]:
            return _steps(chance, [f"{name}{side}{n}" for n in range(chance.randint(least, 3))], depth - 1)

        if depth and sort < 0.1:
            steps.append({"id": name, "if": _condition(chance), "then": inside("a"), "else": inside("b")})
        elif depth and sort < 0.2:
            cases = [{"id": f"way-{side}", "when": _condition(chance), "then": inside(side)} for side in "ab"]
            steps.append({"id": name, "switch": cases, "otherwise": inside("c")})
        elif depth and sort < 0.3:
            percent = chance.choice((0, 30, 50, 100))
            shares = [
                {"id": f"way-{side}", "percent": part, "then": inside(side)}
                for side, part in (("a", percent), ("b", 100 - percent))
            ]
            steps.append({"id": name, "split": shares})
        elif depth and sort < 0.45:
            turns: dict[str, Any] = {"at_most": chance.randint(1, 3)}
            if chance.random() < 0.4:
                turns["until"] = _condition(chance)
            steps.append({"id": name, "repeat": inside("r", 1), **turns})
        elif sort < 0.7:
            steps.append({"id": name, "wait": _wait(chance)})
        elif sort < 0.75:
            steps.append({"id": name, "holdout": 20})
        elif sort < 0.78:
            steps.append({"id": name, "exit": True})
        else:
            steps.append({"id": name, **_acting(chance, name)})
    return steps


def _journey(chance: random.Random) -> Release:
    rest: dict[str, Any] = {}
    if chance.random() < 0.4:
        rest["goal"] = {"event": "Order Completed"}
    if chance.random() < 0.3:
        rest["exit"] = _condition(chance)
    if chance.random() < 0.1:
        rest["ends"] = (date(2026, 9, 22) + timedelta(days=chance.randint(0, 20))).isoformat()
    return release(welcome=journey(*_steps(chance, [f"s{n}" for n in range(chance.randint(1, 6))]), **rest))


def _history(chance: random.Random) -> list[Happening]:
    moments = sorted(NOW - 2 * DAY + int(chance.random() * 20 * DAY) for _ in range(chance.randint(0, 12)))
    days = ("2026-09-25", "2026-10-02", "2026-10-20", "")
    return [(moment, chance.choice((*EVENTS, f"{RENEWS} {chance.choice(days)}"))) for moment in moments]


def _as_of(history: Sequence[Happening], now: int) -> Contact:
    person = contact()
    for moment, name in history:
        if moment > now:
            continue
        trait, _, day = name.partition(" ")
        person = holding(person, RENEWS, day or None, moment) if trait == RENEWS else happened(person, name, moment)
    return person


class _Run:
    """A run through virtual time; every step it takes is checked."""

    def __init__(self, made: Release, history: Sequence[Happening]) -> None:
        self.made, self.history = made, history
        self.effects: list[Effect] = []
        self.writes = 0
        self.enrollment = entered(made)

    def wake(self, now: int) -> None:
        before = self.enrollment
        moved, effects = advance(rules(self.made), before, _as_of(self.history, now), self.made, now)
        if moved is before:
            assert effects == ()
            return
        _never_backwards(self.made, before, moved, now)
        _stands_at_a_wait_or_has_ended(self.made, moved, now)
        self.enrollment = moved
        self.effects.extend(effects)
        self.writes += 1

    def through(self, extra: Iterable[int] = ()) -> "_Run":
        """Wake at entry, at each event, whenever the alarm rings, and at `extra` moments."""
        self.wake(NOW)
        moments = sorted({moment for moment, _ in self.history if moment > NOW} | set(extra))
        while self.enrollment.active:
            assert self.enrollment.waiting is not None
            alarm = self.enrollment.waiting.alarm
            now = min([alarm, *moments[:1]])
            moments = [moment for moment in moments if moment > now]
            self.wake(now)
            assert now < NOW + UNTIL
        return self


def _never_backwards(made: Release, before: Enrollment, moved: Enrollment, now: int) -> None:
    assert before.active
    assert moved.turn == before.turn + 1
    added = next(n for n in range(len(moved.path) + 1) if (*before.path, *moved.path[-n or 99 :])[-50:] == moved.path)
    assert all(now <= passed.at < now + 50 for passed in moved.path[len(moved.path) - added :])
    inside = rules(made).repeated
    once = [passed.step for passed in moved.path if passed.step not in inside and passed.outcome != "again"]
    assert len(once) == len(set(once)), "a step outside of any repeated part was taken twice"
    assert set(before.messages) <= set(moved.messages)
    for repeat, turns in moved.turns.items():
        assert turns.since <= turns.total <= before.turns.get(repeat, Turns(0, 0)).total + 1
        assert turns.began <= now


def _stands_at_a_wait_or_has_ended(made: Release, moved: Enrollment, now: int) -> None:
    if moved.active:
        assert moved.waiting is not None
        found = after(rules(made).steps, moved.waiting.step)
        assert found is not None
        assert isinstance(found[0], Wait | Repeat)
        assert now < moved.waiting.alarm <= moved.waiting.deadline
    else:
        assert moved.waiting is None
        assert moved.ended == now


@settings(max_examples=scaled(150), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_extra_wakes_at_any_moment_change_nothing(seed: int) -> None:
    chance = random.Random(seed)
    made, history = _journey(chance), _history(chance)
    once = _Run(made, history).through()
    extra = [NOW + int(chance.random() * 30 * DAY) for _ in range(20)]
    often = _Run(made, history).through(extra + [moment for moment, _ in history if moment >= NOW])
    assert often.enrollment.path == once.enrollment.path
    assert often.enrollment.state == once.enrollment.state
    assert often.enrollment.ended == once.enrollment.ended
    assert often.effects == once.effects


@settings(max_examples=scaled(100), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_run_whose_clock_comes_late_still_goes_forward_and_ends(seed: int) -> None:
    chance = random.Random(seed)
    run = _Run(_journey(chance), _history(chance))
    now = NOW
    while run.enrollment.active and now < NOW + UNTIL:
        run.wake(now)
        now += int(chance.random() * 3 * DAY) + HOUR
    assert not run.enrollment.active


@settings(max_examples=scaled(100), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_effects_have_ids_of_their_own_and_a_clock_starts_once(seed: int) -> None:
    chance = random.Random(seed)
    made = _journey(chance)
    run = _Run(made, _history(chance)).through()
    sent = {effect.message: effect.step for effect in run.effects if isinstance(effect, SendMessage)}
    recorded = [effect.event for effect in run.effects if isinstance(effect, Record)]
    leads = [effect.lead for effect in run.effects if isinstance(effect, HandOff)]
    clocks = [effect for effect in run.effects if isinstance(effect, StartClock)]
    assert len(sent) == sum(isinstance(effect, SendMessage) for effect in run.effects)
    assert len(recorded) == len(set(recorded))
    assert len(leads) == len(set(leads))
    assert len(clocks) == min(1, run.enrollment.clock)
    newest = {step: message for message, step in sent.items()}
    assert run.enrollment.messages == newest
    known = {step.id for step in walk(rules(made).steps)}
    assert {passed.step for passed in run.enrollment.path} <= known


@settings(max_examples=scaled(100), deadline=None)
@given(seed=st.integers(0, 2**32), stop=st.integers(0, 30 * DAY))
def test_rows_and_effects_are_read_back_as_they_were_written(seed: int, stop: int) -> None:
    chance = random.Random(seed)
    made, history = _journey(chance), _history(chance)
    moved, effects = advance(rules(made), entered(made), _as_of(history, NOW), made, NOW)
    later, more = advance(rules(made), moved, _as_of(history, NOW + stop), made, NOW + stop)
    for enrollment, todo in ((moved, effects), (later, more)):
        whole = replace(enrollment, todo=todo, declined=("one", "two"), version=7, key="3k5w2yvld4c6g")
        row = enrollments.to_row(whole, NOW + stop)
        assert enrollments.from_row(row) == whole
        assert json.loads(json.dumps(row)) == row
        archived = {**row, "sk": f"H#{whole.journey}#{whole.id}"}
        assert enrollments.from_row(archived) == whole
    plain = [stored_effects.to_plain(effect) for effect in effects]
    assert tuple(stored_effects.from_plain(one) for one in plain) == effects
