"""A contact's facts are what was saved, whatever part of their days stands in a row of its own."""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.aws.attributes import from_item, to_item
from functions.core.contact import Closed, Facts, State
from functions.tables import closed, compact
from functions.tables.closed import Torn
from functions.tables.contacts import partition, state_from, state_row
from tests.scale import scaled

KEYS = ("aaaa2345", "bbbb2345", "çççç", "dddd2345")
INTEGERS = st.integers(-(10**24), 10**24).filter(bool)
DAYS = st.dictionaries(st.integers(-40, 40) | st.integers(20_000, 20_700), INTEGERS, max_size=30)
COUNTED = st.dictionaries(st.sampled_from(KEYS), DAYS.filter(bool), max_size=4)


class Rows:
    """One contact's rows as they lie in the table."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.closed: dict[str, Any] | None = None
        self.moves = 0

    def save(self, state: State) -> State:
        kept = closed.close(state)
        if kept.closed is not None and kept.closed is not state.closed:
            self.closed = to_item(closed.to_row(partition("c1"), kept.closed))
            self.moves += 1
        self.state = to_item(state_row(kept, ()))
        return self.load()

    def load(self) -> State:
        return state_from(from_item(self.state), self.closed and from_item(self.closed))

    @property
    def bytes(self) -> int:
        return len(from_item(self.state)["facts"].encode())


def with_counters(state: State, counted: Mapping[str, Mapping[int, int]]) -> State:
    return replace(state, facts=replace(state.facts, counters=counted))


@given(COUNTED, COUNTED)
@settings(max_examples=scaled(300))
def test_whatever_the_closed_days_say_the_state_has_the_last_word(
    counted: dict[str, dict[int, int]], held: dict[str, dict[int, int]]
) -> None:
    opened, cuts = closed.apart(counted, held)
    assert closed.together(opened, cuts, held) == counted
    facts = Facts(counters=counted)
    assert compact.load(compact.dump(facts, Closed(3, held)), Closed(3, held)) == facts


@given(COUNTED)
@settings(max_examples=scaled(200))
def test_closed_days_of_any_size_and_sign_are_read_as_they_were_written(held: dict[str, dict[int, int]]) -> None:
    assert closed.unpack(closed.pack(held)) == held


@given(st.integers(0, 2**32))
@settings(max_examples=scaled(40))
def test_facts_are_what_was_saved_however_days_come_and_go(seed: int) -> None:
    """Days pass, some events are late, some days are counted anew, old ones fall off, everything is rebuilt."""
    chance = random.Random(seed)
    rows, state, today = Rows(), State("c1"), 20_000
    horizons = {key: chance.choice((50, 50, 120, 36_500)) for key in KEYS}
    counted: dict[str, dict[int, int]] = {}
    for _ in range(chance.randint(20, 250)):
        today += chance.choice((0, 1, 1, 1, 3))
        for key in chance.sample(KEYS, chance.randint(1, len(KEYS))):
            late = chance.random() < 0.1
            day = today - chance.randint(0, 60) if late else today
            days = counted.setdefault(key, {})
            days[day] = days.get(day, 0) + chance.randint(1, 3)
            if chance.random() < 0.05:
                days.pop(chance.choice(list(days)))
        if chance.random() < 0.02:
            counted = {key: {day: chance.randint(1, 9) for day in days} for key, days in counted.items()}
        counted = {
            key: kept
            for key, days in counted.items()
            if (kept := {day: n for day, n in days.items() if day > today - horizons[key]})
        }
        saved = with_counters(state, counted)
        state = rows.save(saved)
        assert state == replace(saved, version=state.version)
        assert rows.load() == state


def test_what_an_event_writes_does_not_grow_with_the_years() -> None:
    rows, state = Rows(), State("c1")
    counted: dict[str, dict[int, int]] = {key: {} for key in KEYS}
    most = 0
    for day in range(20_000, 20_000 + 1_000):
        for key in KEYS:
            counted[key][day] = 1 + day % 3
        state = rows.save(with_counters(state, counted))
        most = max(most, rows.bytes)
    assert most < 600
    assert rows.moves < 1_000 / closed.DAYS_MOVED
    assert len(compact.dump(state.facts).encode()) > 10_000


def test_closed_days_of_another_write_are_not_taken_for_those_that_belong() -> None:
    counted = {"aaaa2345": dict.fromkeys(range(300), 1)}
    rows = Rows()
    state = rows.save(with_counters(State("c1"), counted))
    before = rows.closed
    counted["aaaa2345"] |= dict.fromkeys(range(300, 600), 1)
    rows.save(with_counters(state, counted))
    assert rows.closed != before
    for other in (before, None):
        with pytest.raises(Torn):
            state_from(from_item(rows.state), other and from_item(other))
