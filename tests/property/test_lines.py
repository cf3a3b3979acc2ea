"""Journeys that start where a condition comes to hold: each crossing once, none missed, against a naive replay."""

import random
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.conditions import Condition
from functions.core.contact import Contact, Decision, Profile, State
from functions.core.counters import Counters, counters
from functions.core.decisions import BACKFILL, decide
from functions.core.evaluate import Seen, evaluate
from functions.core.event import IMPORT, Event
from functions.core.facts import Arrival, by_cause, fold
from functions.core.release import Release
from functions.core.touched import Reads, touched
from tests.generate import ZONES, history
from tests.language import language, runs
from tests.scale import scaled

SEQ = 4


class Life:
    """One contact whose events come in batches, judged as score and sweep do; and, beside it, by asking every
    condition of everything after each write."""

    def __init__(self, live: Release) -> None:
        self.live, self.counting, self.reads = live, counters(live), Reads(live)
        self.contact = Contact(State("c1", spec=self.counting.spec), Profile("c1"))
        self.triggers: list[tuple[str, int]] = []
        self.causes: list[str] = []
        self.expected: list[tuple[str, int]] = []
        self.held: set[str] = set()

    def happen(self, batch: list[Arrival], now: int) -> None:
        for some in by_cause(batch):
            after = fold(self.contact, some, {}, self.counting)
            events = [arrival.event for arrival in some]
            self._write(after, now, events, starts=any(event.cause != IMPORT for event in events))

    def sleep(self, until: int) -> None:
        """Let the sweep come whenever the contact is due."""
        for _ in range(200):
            due = self.contact.state.due
            if due is None or due >= until:
                return
            self._write(self.contact, due, [], starts=True)

    def publish(self, live: Release, now: int) -> None:
        """Another release, to which a backfill brings the contact."""
        self.live, self.counting, self.reads = live, counters(live), Reads(live)
        outcome = decide(self.contact, live, now, otherwise=BACKFILL)
        assert [one for one in outcome.decisions if one.kind == "trigger"] == []
        self._take(outcome.state)
        self.held = {name for name in live.lines if self._holds(live.lines[name], now)}

    def _write(self, after: Contact, now: int, events: list[Event], *, starts: bool) -> None:
        moved = touched(self.reads, self.contact, after, events, SEQ, now)
        outcome = decide(after, self.live, now, events, moved)
        made = [one for one in outcome.decisions if one.kind == "trigger"]
        assert all(isinstance(one, Decision) and one.after == "" and one.at == now for one in made)
        self.triggers += [(one.name, now) for one in made]
        self.causes += [one.cause for one in made]
        self.contact = replace(after, state=outcome.state)
        self._take(outcome.state)
        holds = {name for name in self.live.lines if self._holds(self.live.lines[name], now)}
        self.expected += [(name, now) for name in self.live.lines if name in holds - self.held] if starts else []
        self.held = holds

    def _take(self, state: State) -> None:
        self.contact = replace(self.contact, state=replace(state, version=state.version + 1, release=SEQ))

    def _holds(self, condition: Condition, now: int) -> bool:
        # Asked of everything that was ever folded, with nothing remembered of how it was answered before.
        return evaluate(condition, Seen(self.contact, self.live), now).holds


def batches(chance: random.Random, imported: float = 0.0) -> Iterator[tuple[list[Arrival], int]]:
    events = [
        replace(one, cause=IMPORT) if chance.random() < imported else one for one in runs(chance, history(chance))
    ]
    waiting = [Arrival(position, event) for position, event in enumerate(events)]
    while waiting:
        size = chance.randint(1, 3)
        batch, waiting = waiting[:size], waiting[size:]
        yield batch, max(arrival.event.received for arrival in batch)


@given(seed=st.integers(0, 2**32), zone=st.sampled_from(ZONES), imported=st.sampled_from((0.0, 0.3)))
@settings(max_examples=scaled(60), deadline=None)
def test_every_crossing_is_announced_once_by_what_happens_or_by_time(seed: int, zone: str, imported: float) -> None:
    chance = random.Random(seed)
    life, last = Life(language(chance, zone, segments=6, journeys=8)), 0
    for batch, now in batches(chance, imported):
        last = max(now, last)
        life.sleep(last)
        life.happen(batch, last)
    life.sleep(last + 50 * 86_400_000)
    assert life.triggers == life.expected
    assert len(set(life.causes)) == len(life.causes)
    assert set(life.contact.state.standing.journeys) == life.held


@given(seed=st.integers(0, 2**32), zone=st.sampled_from(ZONES))
@settings(max_examples=scaled(30), deadline=None)
def test_a_release_draws_the_line_anew_and_starts_nobody(seed: int, zone: str) -> None:
    chance = random.Random(seed)
    first, second = (language(chance, zone, segments=6, journeys=8) for _ in range(2))
    life, last = Life(first), 0
    # The facts hold what both count: which of them is live differs only in what it asks.
    both = counters(first).by_id | counters(second).by_id
    life.counting = Counters(both, zone, "", life.counting.tags)
    for number, (batch, now) in enumerate(batches(chance)):
        last = max(now, last)
        life.sleep(last)
        if number == 20:
            life.publish(second, last)
            life.counting = Counters(both, zone, "", life.counting.tags)
        life.happen(batch, last)
    assert life.triggers == life.expected
    assert set(life.contact.state.standing.journeys) == life.held


def test_lives_cross_lines_by_what_happens_and_by_time_alone() -> None:
    by_events, by_time = 0, 0
    for seed in range(10):
        chance, last = random.Random(seed), 0
        life = Life(language(chance, "Europe/Istanbul", segments=6, journeys=8))
        for batch, now in batches(chance):
            last, before = max(now, last), len(life.triggers)
            life.sleep(last)
            by_time += len(life.triggers) - before
            before = len(life.triggers)
            life.happen(batch, last)
            by_events += len(life.triggers) - before
    assert by_events > 50
    assert by_time > 10
