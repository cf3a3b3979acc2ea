"""Facts are a function of the set of events and rulings, whatever is revised when."""

import random
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.bots import Bots
from functions.core.contact import Contact
from functions.core.counters import Counters, counters
from functions.core.event import EMAIL_LOOKED, Event
from functions.core.facts import UNORDERED, Arrival, doubtful_days, fold, rebuild, stamps_of_day
from functions.core.verdicts import (
    BY_HAND,
    Occasion,
    Rules,
    Ruling,
    consequence,
    is_of_mail,
    judge,
    latest,
    rule_on,
    settled,
)
from tests.generate import history, release
from tests.property.test_facts import assert_same, fresh, truth
from tests.scale import scaled

AT_MOST = 60
AGENTS = ("", "Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (compatible; Teabot)", "Mozilla/5.0 TeaMonitor/1")
RULES = (Bots(), Bots(also=["TeaMonitor"]), Bots(never=["Teabot"]))


def visited(chance: random.Random) -> list[Event]:
    """A history in which machines have a part, and opens and clicks are held."""
    events = []
    for event in history(chance)[:AT_MOST]:
        agent = chance.choice(AGENTS)
        context = {"userAgent": agent} if agent else {}
        events.append(replace(event, context=context, held=is_of_mail(event)))
    return events


class House:
    """Events and rulings as stored, and a contact that score keeps by them."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self.rulings: dict[str, list[Ruling]] = {}
        self.obey(Bots())
        self.contact = fresh(self.counting)

    def obey(self, bots: Bots) -> None:
        """Other rules from now on."""
        self.rules = Rules(bots, lambda agent: "Teabot" in agent)
        self.counting: Counters = counters(release(), rules=str(RULES.index(bots)))

    def settled(self) -> list[Event]:
        return list(settled([(one, latest(self.rulings.get(ref, ()))) for ref, one in self.events.items()], self.rules))

    def take(self, arrivals: Sequence[Arrival]) -> None:
        """Apply what counts, as score does."""
        state, zone = self.contact.state, self.counting.zone
        if state.spec != self.counting.spec:
            self.rebuild(arrivals)
            return
        recounted = {}
        for day in doubtful_days(state, arrivals, self.counting):
            low, high = stamps_of_day(day, state.facts, arrivals, zone)
            recounted[day] = [event for event in self.settled() if low <= event.stamp <= high]
        self.contact = fold(self.contact, arrivals, recounted, self.counting)

    def rebuild(self, arrivals: Sequence[Arrival] = ()) -> None:
        self.contact = rebuild(self.contact, self.settled(), self.counting, arrivals)

    def deliver(self, record: Arrival | Ruling) -> None:
        """One record of the stream."""
        if isinstance(record, Ruling):
            event = self.events[f"{record.source}#{record.event}"]
            arrival, told = Arrival(UNORDERED, event), self.rulings[event.ref]
        else:
            event, arrival, told = record.event, record, []
        match consequence(event, told, self.rules):
            case "counts":
                self.take([replace(arrival, event=replace(event, held=False))])
            case "leaves":
                self.rebuild()

    def rule(self, chance: random.Random, at: int) -> Ruling | None:
        """Somebody, or the judge, says who it was."""
        if not self.events:
            return None
        event = chance.choice(list(self.events.values()))
        rule = BY_HAND if not event.held or chance.random() < 0.3 else "like-a-person"
        made = Ruling(event.source, event.sort_key, at, chance.choice(("person", "bot")), rule)
        self.rulings.setdefault(event.ref, []).append(made)
        return made

    def truth(self) -> Contact:
        return truth([event for event in self.settled() if not event.held], self.counting)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=scaled(80), deadline=None)
def test_verdicts_before_and_after_their_events_revised_and_repeated_end_in_the_truth(seed: int) -> None:
    chance, house = random.Random(seed), House()
    coming = list(enumerate(visited(chance)))
    delivered: list[Arrival | Ruling] = []
    waiting: list[Arrival | Ruling] = []
    number = 0
    while coming or waiting:
        number += 1
        act = chance.random() if coming else chance.uniform(0.5, 1)
        if coming and act < 0.4:
            position, event = coming.pop(0)
            house.events[event.ref] = event
            waiting.append(Arrival(position, event))
        elif act < 0.52:
            if made := house.rule(chance, number):
                waiting.append(made)
        elif act < 0.55:
            house.rebuild()
        elif act < 0.6 and delivered:
            house.deliver(chance.choice(delivered))
        elif waiting:
            # Mostly in order; now and then a ruling overtakes its event, as in another shard.
            record = waiting.pop(0 if chance.random() < 0.7 else chance.randrange(len(waiting)))
            house.deliver(record)
            delivered.append(record)
    assert_same(house.contact, house.truth())


@given(seed=st.integers(0, 2**32))
@settings(max_examples=scaled(40), deadline=None)
def test_under_changed_rules_facts_are_those_of_the_new_rules(seed: int) -> None:
    chance, house = random.Random(seed), House()
    events = visited(chance)
    for position, event in enumerate(events):
        if chance.random() < 0.1:
            house.obey(chance.choice(RULES))
        house.events[event.ref] = event
        house.deliver(Arrival(position, event))
        if chance.random() < 0.3 and (made := house.rule(chance, position)):
            house.deliver(made)
    # Whoever is never touched again is brought up to date by a refold.
    house.rebuild()
    assert_same(house.contact, house.truth())


@given(seed=st.integers(0, 2**32))
@settings(max_examples=scaled(60), deadline=None)
def test_judging_does_not_depend_on_order_and_finds_nothing_left_to_rule(seed: int) -> None:
    chance = random.Random(seed)
    events = [
        replace(event, at=event.at // 86_400, received=event.at // 86_400)
        if is_of_mail(event)
        else replace(event, name=EMAIL_LOOKED, kind="system", properties={"link": "unsubscribe"})
        for event in visited(chance)
    ]
    mixed = chance.sample(events, len(events))
    for event in events:
        assert judge(event, Occasion(events), Bots()) == judge(event, Occasion(mixed), Bots())
    until = max(event.received for event in events)
    made = rule_on([(event, None) for event in mixed], Occasion(mixed), Bots(), until, until)
    by_event = {f"{one.source}#{one.event}": one for one in made}
    assert set(by_event) == {event.ref for event in events if event.held}
    told = [(event, by_event.get(event.ref)) for event in events]
    assert rule_on(told, Occasion(events), Bots(), until, until + 1) == []
