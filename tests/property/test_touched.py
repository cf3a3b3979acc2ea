"""Judging only what an event touched decides what judging everything would."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.contact import Contact, Profile, State
from functions.core.counters import Counters, counters
from functions.core.decisions import decide
from functions.core.event import Event
from functions.core.facts import Arrival, fold
from functions.core.release import Release
from functions.core.touched import Reads, touched
from tests.generate import ZONES, history
from tests.language import language, runs
from tests.scale import scaled

SEQ = 4


def test_an_event_that_nothing_asks_about_touches_nothing() -> None:
    live = language(random.Random(1), "UTC", segments=40)
    reads, counting = Reads(live), counters(live)
    contact = Contact(State("c1", spec=counting.spec), Profile("c1"))
    first, unasked = (
        Event("a#1", f"m{n}", 1_790_000_000_000 + n, 1_790_000_000_000 + n, 1_790_000_000_000 + n, "track", name)
        for n, name in enumerate(("Page Viewed", "Nobody Asks"))
    )
    folded = fold(contact, [Arrival(1, first)], {}, counting)
    state = replace(decide(folded, live, first.at, [first]).state, version=1, release=SEQ)
    before = replace(folded, state=state)
    after = fold(before, [Arrival(2, unasked)], {}, counting)
    found = touched(reads, before, after, [unasked], SEQ, unasked.at)
    assert found is not None
    assert found.inputs == frozenset()
    assert found.segments(state.standing, state.standing) == []


def test_another_release_time_and_the_first_event_touch_everything() -> None:
    live = language(random.Random(1), "UTC", segments=10)
    one = Contact(State("c1", version=3, release=SEQ, due=1_000), Profile("c1"))
    reads = Reads(live)
    assert touched(reads, one, one, [], SEQ, 999) is not None
    assert touched(reads, one, one, [], SEQ, 1_000) is None
    assert touched(reads, one, one, [], SEQ + 1, 999) is None
    assert touched(reads, replace(one, state=replace(one.state, version=0)), one, [], SEQ, 999) is None


def test_who_was_counted_anew_is_judged_by_everything_though_the_profile_was_written_before() -> None:
    reads = Reads(language(random.Random(1), "UTC", segments=10))
    put_off = Contact(State("c1", version=3, release=SEQ, spec="", due=1_000), Profile("c1"))
    counted = replace(put_off, state=replace(put_off.state, spec="counted"))
    assert touched(reads, put_off, counted, [], SEQ, 999) is None


def test_a_trait_counts_as_touched_though_an_attempt_before_this_wrote_the_profile_already() -> None:
    live = Release.model_validate({**_bare(), "segments": {"here": {"when": {"trait": "address.city", "is": "İzmir"}}}})
    said = Event("a#1", "m1", 5, 5, 5, "identify", "Identified", traits={"address": {"city": "İzmir"}})
    counting = counters(live)
    fresh = Contact(State("c1", version=1, release=SEQ, spec=counting.spec), Profile("c1"))
    crashed = replace(fold(fresh, [Arrival(1, said)], {}, counting), state=fresh.state)
    again = fold(crashed, [Arrival(1, said)], {}, counting)
    found = touched(Reads(live), crashed, again, [said], SEQ, 9)
    assert [one.name for one in decide(again, live, 9, [said], found).decisions] == ["here"]


@given(seed=st.integers(0, 2**32), zone=st.sampled_from(ZONES))
@settings(max_examples=scaled(60), deadline=None)
def test_judging_what_is_touched_equals_judging_everything(seed: int, zone: str) -> None:
    chance = random.Random(seed)
    live = language(chance, zone, segments=25, journeys=8)
    counting = counters(live)
    reads = Reads(live)
    for contact, after, events, now in _life(chance, live, counting):
        found = touched(reads, contact, after, events, SEQ, now)
        assert decide(after, live, now, events, found) == decide(after, live, now, events)


def test_most_of_what_happens_touches_few_of_the_segments() -> None:
    judged, whole, lives = 0, 0, 0
    for seed in range(20):
        chance = random.Random(seed)
        live = language(chance, "Africa/Cairo", segments=25)
        reads = Reads(live)
        for contact, after, events, now in _life(chance, live, counters(live)):
            found = touched(reads, contact, after, events, SEQ, now)
            lives += 1
            whole += found is None
            judged += len(found.segments(contact.state.standing, contact.state.standing)) if found else 25
    assert whole < lives * 0.7
    assert judged < lives * 25 * 0.8


def _life(
    chance: random.Random, live: Release, counting: Counters
) -> Iterator[tuple[Contact, Contact, list[Event], int]]:
    """A contact before and after each batch of its events, and each time that it is due in between."""
    waiting = [Arrival(position, event) for position, event in enumerate(runs(chance, history(chance)))]
    contact = Contact(State("c1", spec=counting.spec, watching=frozenset({"run"})), Profile("c1"))
    while waiting:
        size = chance.randint(1, 3)
        batch, waiting = waiting[:size], waiting[size:]
        now = batch[-1].event.received
        for _ in range(20):
            if contact.state.due is None or contact.state.due >= now:
                break
            yield contact, contact, [], contact.state.due
            contact = _decided(contact, live, contact.state.due, [])
        events = [arrival.event for arrival in batch]
        after = fold(contact, batch, {}, counting)
        yield contact, after, events, now
        contact = _decided(after, live, now, events)


def _decided(contact: Contact, live: Release, now: int, events: list[Event]) -> Contact:
    outcome = decide(contact, live, now, events)
    return replace(contact, state=replace(outcome.state, version=outcome.state.version + 1, release=SEQ))


def _bare() -> dict[str, Any]:
    return {
        "sending": {
            "business": {"name": "Tea", "time_zone": "Europe/Istanbul"},
            "from": {"name": "Tea", "email": "hello@tea.example"},
            "topics": [{"id": "tips", "title": "Tips"}],
        }
    }
