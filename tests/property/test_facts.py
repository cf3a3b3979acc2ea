"""Facts are a function of the set of events, whatever the stream does to their records."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.contact import Contact, Profile, State
from functions.core.counters import Counters, counters
from functions.core.event import Event
from functions.core.facts import Arrival, doubtful_days, fold, rebuild, stamps_of_day
from functions.core.folding import TAGS_KEPT
from functions.core.joining import joined
from functions.core.scoring import Scoring
from functions.core.segments import Segment
from functions.tables import compact
from tests.generate import START, ZONES, history, release
from tests.language import language, runs
from tests.scale import scaled


class Table:
    """The events table as a recount sees it: what was inserted so far, by key range."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def of_day(self, day: int, contact: Contact, arrivals: Sequence[Arrival], zone: str) -> list[Event]:
        low, high = stamps_of_day(day, contact.state.facts, arrivals, zone)
        return [event for event in self.events if low <= event.stamp <= high]


def fresh(counting: Counters) -> Contact:
    return Contact(State("c1", spec=counting.spec), Profile("c1"))


def deliver(contact: Contact, batch: Sequence[Arrival], table: Table, counting: Counters) -> Contact:
    days = doubtful_days(contact.state, batch, counting)
    recounted = {day: table.of_day(day, contact, batch, counting.zone) for day in days}
    folded = fold(contact, batch, recounted, counting)
    # What is stored is what the next write reads.
    state = replace(folded.state, facts=compact.load(compact.dump(folded.state.facts)))
    assert state.facts == folded.state.facts
    return Contact(state, folded.profile)


def truth(events: Sequence[Event], counting: Counters) -> Contact:
    return rebuild(fresh(counting), sorted(events, key=lambda event: event.ref), counting)


def assert_same(contact: Contact, expected: Contact) -> None:
    assert contact.state.facts == expected.state.facts
    assert contact.profile.traits == expected.profile.traits


@given(seed=st.integers(0, 2**32), zone=st.sampled_from(ZONES))
@settings(max_examples=scaled(60), deadline=None)
def test_order_repetition_and_batching_do_not_matter(seed: int, zone: str) -> None:
    chance = random.Random(seed)
    counting = counters(chance.choice((release(zone), language(chance, zone, segments=30))))
    events = runs(chance, history(chance))
    table = Table()
    table.events = list(events)
    records = [Arrival(position, event) for position, event in enumerate(events)]
    delivered = records + chance.choices(records, k=len(records) // 2)
    chance.shuffle(delivered)
    contact = fresh(counting)
    while delivered:
        size = chance.randint(1, 25)
        batch, delivered = delivered[:size], delivered[size:]
        contact = deliver(contact, batch, table, counting)
    assert_same(contact, truth(events, counting))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=scaled(60), deadline=None)
def test_rebuilding_during_traffic_on_a_split_stream_equals_live(seed: int) -> None:
    """Inserts, deliveries on two shards that lag differently, repeats and rebuilds, interleaved at random."""
    chance = random.Random(seed)
    counting = counters(language(chance, "Europe/Istanbul", segments=30))
    events = runs(chance, history(chance))
    table, contact = Table(), fresh(counting)
    shards: tuple[list[Arrival], list[Arrival]] = ([], [])
    waiting = list(enumerate(events))
    while waiting or any(shards):
        act = chance.random()
        if waiting and act < 0.5:
            position, event = waiting.pop(0)
            table.events.append(event)
            # A split sends later records of the same source through another shard.
            shards[position > len(events) // 2].append(Arrival(position, event))
        elif act < 0.55:
            contact = rebuild(contact, table.events, counting)
        elif shard := chance.choice([shard for shard in shards if shard] or [[]]):
            size = chance.randint(1, 10)
            contact = deliver(contact, shard[:size], table, counting)
            if chance.random() < 0.8:
                del shard[:size]
    assert_same(contact, truth(events, counting))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=scaled(30), deadline=None)
def test_in_order_delivery_never_needs_a_recount(seed: int) -> None:
    chance = random.Random(seed)
    counting = counters(release())
    contact, table = fresh(counting), Table()
    for position, event in enumerate(history(chance)):
        table.events.append(event)
        batch = [Arrival(position, event)]
        assert not doubtful_days(contact.state, batch, counting)
        contact = deliver(contact, batch, table, counting)
    assert_same(contact, truth(table.events, counting))


def test_more_sources_than_are_remembered_still_count_once() -> None:
    counting = counters(release())
    chance = random.Random(7)
    events = history(chance, sources=[f"a#{number}" for number in range(40)])
    table, contact = Table(), fresh(counting)
    table.events = list(events)
    records = [Arrival(position, event) for position, event in enumerate(events)]
    for record in [*records, *records]:
        contact = deliver(contact, [record], table, counting)
    assert_same(contact, truth(events, counting))


@pytest.mark.parametrize("zone", ZONES)
def test_a_state_of_a_typical_contact_stays_within_one_write_unit(zone: str) -> None:
    sizes = []
    for seed in range(50):
        counting = counters(release(zone))
        contact = truth(history(random.Random(seed)), counting)
        sizes.append(len(compact.dump(contact.state.facts).encode()))
    assert sorted(sizes)[25] < 800


def test_an_event_that_says_nobody_was_active_is_counted_and_says_nothing_of_when_they_were_seen() -> None:
    counting = counters(release())
    seen = Event("a#1", "m1", 1_790_000_000_000, 1_790_000_000_000, 1_790_000_000_000, "page", "Page Viewed")
    later = replace(seen, id="m2", stamp=seen.stamp + 60_000, at=seen.at + 60_000, context={"active": False})
    both = truth([seen, later], counting)
    assert (both.state.facts.first, both.state.facts.last) == (seen.at, seen.at)
    unseen = truth([later], counting).state.facts
    assert (unseen.first, unseen.last) == (None, None)
    assert unseen.counters == truth([replace(later, context={})], counting).state.facts.counters != {}
    assert compact.load(compact.dump(unseen)) == unseen


@given(seed=st.integers(0, 2**32), zone=st.sampled_from(ZONES))
@settings(max_examples=scaled(60), deadline=None)
def test_two_who_turn_out_to_be_one_have_the_facts_of_all_their_events(seed: int, zone: str) -> None:
    chance = random.Random(seed)
    counting = counters(language(chance, zone, segments=30))
    events = runs(chance, history(chance))
    sources = {event.source for event in events}
    theirs = set(chance.sample(sorted(sources), len(sources) // 2))
    one, other = (
        truth([event for event in events if (event.source in theirs) is is_theirs], counting)
        for is_theirs in (False, True)
    )
    both = joined(one, other, counting)
    assert_same(both, truth(events, counting))
    assert compact.load(compact.dump(both.state.facts)) == both.state.facts


def test_sums_that_come_to_nothing_leave_nothing_and_first_times_stay_first() -> None:
    asked = {"event": "Order Completed", "sum": "total", "at_least": 1}
    first = {"event": "Order Completed", "first": {"longer_ago_than": "1 day"}}
    live = release().model_copy(
        update={
            "segments": {name: Segment.model_validate({"when": one}) for name, one in (("a", asked), ("b", first))},
            "scoring": Scoring(),
        }
    )
    counting = counters(live)
    orders = [
        Event("a#1", f"m{n}", START + n, START + n, START + n, "track", "Order Completed", {"total": total})
        for n, total in enumerate((19.99, -19.99))
    ]
    for given_ in (orders, orders[::-1]):
        facts = truth(given_, counting).state.facts
        assert facts.counters == {}
        assert [moment.at for moment in facts.earliest.values()] == [START]
    (days,) = truth(orders[:1], counting).state.facts.counters.values()
    assert list(days.values()) == [199_900]


def test_of_tags_without_end_the_newest_are_kept_in_whatever_order_they_come() -> None:
    live = release().model_copy(
        update={
            "scoring": Scoring.model_validate({"tags": [{"id": "topic", "when": {"event": "Read"}, "from": "topic"}]})
        }
    )
    counting = counters(live)
    events = [
        Event("a#1", f"m{n}", START + n, START + n, START + n, "track", "Read", {"topic": [f"t{n}", f"u{n % 7}"]})
        for n in range(300)
    ]
    expected = truth(events, counting).state.facts.tags
    assert len(expected) == TAGS_KEPT
    assert {f"t{n}" for n in range(207, 300)} < set(expected)
    assert {f"u{n}" for n in range(7)} < set(expected)
    shuffled = list(events)
    random.Random(1).shuffle(shuffled)
    assert rebuild(fresh(counting), shuffled, counting).state.facts.tags == expected
    halves = [truth(events[place::2], counting) for place in (0, 1)]
    assert joined(halves[0], halves[1], counting).state.facts.tags == expected
