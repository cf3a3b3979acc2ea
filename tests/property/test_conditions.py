"""A condition's `until` never promises too much, and decisions are lines crossed once."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.contact import Contact, Profile, State
from functions.core.counters import counters
from functions.core.decisions import decide
from functions.core.evaluate import Seen, evaluate
from functions.core.facts import rebuild
from functions.core.segments import Segment
from functions.core.views import local_day, midnight
from tests.generate import DAY_MS, START, ZONES, history, release
from tests.language import language, runs
from tests.scale import scaled


def condition(chance: random.Random, depth: int) -> dict[str, object]:
    """A condition of up to `depth` levels from every kind that behaviour and time can move."""
    if depth and chance.random() < 0.6:
        sort = chance.choice(("all", "any", "not"))
        if sort == "not":
            return {"not": condition(chance, depth - 1)}
        return {sort: [condition(chance, depth - 1) for _ in range(chance.randint(1, 3))]}
    return chance.choice(
        (
            {"score": "interest", chance.choice(("at_least", "below")): chance.choice((1, 5, 20, 40))},
            {"event": "Page Viewed", "at_least": chance.randint(1, 6), "within": chance.choice(("1 hour", "3 days"))},
            {"event": "Page Viewed", "where": {"path": "/prices"}, "never": True, "within": "10 days"},
            {"event": "Order Completed"},
            {"tag": "green"},
            {"trait": "city", "one_of": ["Łódź", "İzmir"]},
            {"trait": "city", "known": True},
            {"consent": "tips"},
            {"temperature": "cold"},
        )
    )


@given(seed=st.integers(0, 2**32), zone=st.sampled_from(ZONES))
@settings(max_examples=scaled(80), deadline=None)
def test_nothing_flips_before_until_without_an_event(seed: int, zone: str) -> None:
    chance = random.Random(seed)
    wanted = Segment.model_validate({"when": condition(chance, 3)})
    base = release(zone, half_life=chance.choice(("2 days", "14 days")))
    live = base.model_copy(update={"segments": {**base.segments, "it": wanted}})
    events = history(chance)
    contact = rebuild(Contact(State("c1"), Profile("c1")), events, counters(live))
    now = max(event.received for event in events)
    # Where people stand is decided with their events: bands are left at other numbers than they are entered.
    seen = Seen(replace(contact, state=decide(contact, live, now).state), live)
    for _ in range(12):
        verdict = evaluate(wanted.when, seen, now)
        assert verdict.until is None or verdict.until > now
        end = verdict.until if verdict.until is not None else now + 400 * DAY_MS
        for moment in [end - 1, *(chance.randint(now, end - 1) for _ in range(6))]:
            assert evaluate(wanted.when, seen, moment).holds == verdict.holds
        if verdict.until is None:
            break
        now = verdict.until


@given(seed=st.integers(0, 2**32), zone=st.sampled_from((*ZONES, "America/Havana", "America/Sao_Paulo")))
@settings(max_examples=scaled(60), deadline=None)
def test_no_condition_of_the_language_flips_before_its_until(seed: int, zone: str) -> None:
    chance = random.Random(seed)
    live = language(chance, zone, segments=12)
    events = runs(chance, history(chance))
    contact = rebuild(Contact(State("c1"), Profile("c1")), events, counters(live))
    now = max(event.received for event in events)
    seen = Seen(replace(contact, state=decide(contact, live, now).state), live)
    for name, segment in live.segments.items():
        asked = now
        for _ in range(6):
            verdict = evaluate(segment.when, seen, asked)
            assert verdict.until is None or verdict.until > asked
            end = verdict.until if verdict.until is not None else asked + 800 * DAY_MS
            for moment in [end - 1, *(chance.randint(asked, end - 1) for _ in range(4))]:
                assert evaluate(segment.when, seen, moment).holds == verdict.holds, (name, segment.when)
            if verdict.until is None:
                break
            asked = verdict.until


@given(day=st.integers(0, 40_000), zone=st.sampled_from((*ZONES, "America/Havana", "Asia/Beirut", "America/Asuncion")))
@settings(max_examples=scaled(300), deadline=None)
def test_midnight_is_the_first_moment_of_its_day(day: int, zone: str) -> None:
    start = midnight(day, zone)
    assert local_day(start, zone) == day
    assert local_day(start - 60_000, zone) == day - 1


def test_a_night_without_a_midnight_still_begins_a_day() -> None:
    # Cairo set its clocks forward at 00:00 on 28 April 2023.
    day = local_day(int(datetime(2023, 4, 28, 12, tzinfo=ZoneInfo("Africa/Cairo")).timestamp() * 1000), "Africa/Cairo")
    assert datetime.fromtimestamp(midnight(day, "Africa/Cairo") / 1000, UTC).hour == 22


@given(seed=st.integers(0, 2**32))
@settings(max_examples=scaled(40), deadline=None)
def test_time_alone_cools_everybody_and_each_line_is_crossed_once(seed: int) -> None:
    """Following `due` from decision to decision ends cold, outside every window, and never repeats itself."""
    chance = random.Random(seed)
    live = release()
    events = history(chance)
    contact = rebuild(Contact(State("c1"), Profile("c1")), events, counters(live))
    now = max(event.received for event in events)
    outcome = decide(contact, live, now, events[-1:])
    for _ in range(300):
        state = replace(outcome.state, version=outcome.state.version + 1)
        contact = replace(contact, state=state)
        assert not decide(contact, live, now).decisions
        if state.due is None:
            break
        now = state.due
        outcome = decide(contact, live, now)
        assert all(decision.cause == "time" for decision in outcome.decisions)
    assert contact.state.due is None
    assert contact.state.standing.temperature == "cold"
    assert "keen" not in contact.state.standing.segments
    assert "quiet" in contact.state.standing.segments


def test_a_trigger_is_the_same_decision_however_often_it_is_delivered() -> None:
    live = release().model_copy(update={"journeys": {"welcome": _journey()}})
    event = next(event for event in history(random.Random(3)) if event.name == "Page Viewed")
    contact = rebuild(Contact(State("c1"), Profile("c1")), [event], counters(live))
    once = decide(contact, live, START, [event])
    later = decide(replace(contact, state=replace(once.state, version=9)), live, START + DAY_MS, [event])
    trigger = [decision for decision in once.decisions if decision.kind == "trigger"]
    assert trigger
    assert trigger == [decision for decision in later.decisions if decision.kind == "trigger"]


def test_imported_events_start_no_journey() -> None:
    live = release().model_copy(update={"journeys": {"welcome": _journey()}})
    event = replace(next(event for event in history(random.Random(3)) if event.name == "Page Viewed"), cause="import")
    contact = rebuild(Contact(State("c1"), Profile("c1")), [event], counters(live))
    assert not [decision for decision in decide(contact, live, START, [event]).decisions if decision.kind == "trigger"]


def _journey() -> object:
    from functions.core.journey import Journey

    return Journey.model_validate(
        {"topic": "tips", "start": {"when": {"event": "Page Viewed"}}, "steps": [{"id": "mark", "tag": "seen"}]}
    )
