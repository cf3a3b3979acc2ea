"""Random journeys over random histories: whoever wakes a run, and however often, it goes the same way."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core import effects as stored_effects
from functions.core.advance import advance, after
from functions.core.contact import Contact
from functions.core.effects import Effect, HandOff, Record, SendMessage, StartClock
from functions.core.enrollment import Enrollment, Turns
from functions.core.release import Release
from functions.core.steps import Repeat, Wait
from functions.core.tree import walk
from functions.tables import enrollments
from tests.journeys import DAY, HOUR, NOW, contact, entered, happened, holding, journey, release, rules
from tests.random_journeys import EVENTS, RENEWS, Wild
from tests.scale import scaled

UNTIL = 500 * DAY

Happening = tuple[int, str]
"""When (ms), and the name of an event, or RENEWS and the day that the trait is from then on."""


def _journey(chance: random.Random) -> Release:
    made = Wild(chance).journey()
    return release(welcome=journey(*made.pop("steps"), **made))


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
