"""Whose events are whose, however they arrive: compared with an oracle over the set of all events."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from functions import releases
from functions.aws.attributes import to_item
from functions.core import event as names
from functions.core.contact import Contact, Profile, State
from functions.core.event import Event
from functions.core.facts import rebuild
from functions.core.folding import moment_of
from functions.core.identity import ANONYMOUS, PERSONAL, kind_of
from functions.tables import contacts, events, identities
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.handlers.test_score import release
from tests.scale import scaled

_worlds = count(1)
SEEDED: Any = {"deadline": None, "phases": (Phase.explicit, Phase.generate)}
"""A smaller seed is no simpler world."""
MINUTE_MS = 60_000
HOUR_MS = 3_600_000


@dataclass
class World:
    """What happened, as it is stored: nothing in here knows how events are resolved."""

    label: str
    events: list[Event] = field(default_factory=list)

    def people(self) -> list[set[str]]:
        """Personal identities that some event names together belong to one person."""
        found: list[set[str]] = []
        for event in self.events:
            named = {ref for ref in (event.source, *event.identities) if kind_of(ref) in PERSONAL}
            if not named:
                continue
            joined = [person for person in found if person & named]
            found = [person for person in found if not person & named] + [named.union(*joined)]
        return found

    def owner_of(self, event: Event, people: Sequence[set[str]]) -> frozenset[str]:
        """The identities of whoever did it; a visitor nobody knew is the browser."""
        if kind_of(event.source) != ANONYMOUS:
            return _person_of(event.source, people)
        turns = sorted(
            (moment_of(other), _person_of(other.source, people))
            for other in self.events
            if kind_of(other.source) != ANONYMOUS and event.source in other.identities
        )
        if not turns:
            return frozenset((event.source,))
        before = [person for moment, person in turns if moment <= moment_of(event)]
        return before[-1] if before else turns[0][1]

    def expected(self) -> dict[frozenset[str], list[Event]]:
        """Who there is, and what each of them did."""
        people = self.people()
        done: dict[frozenset[str], list[Event]] = {}
        for event in self.events:
            done.setdefault(self.owner_of(event, people), []).append(event)
        return done


def _person_of(ref: str, people: Sequence[set[str]]) -> frozenset[str]:
    return frozenset(next(person for person in people if ref in person))


def world(chance: random.Random, label: str, start: int) -> World:
    """A few people on a few devices, some of them shared; clocks that lag, calls that come days late."""
    made = World(label)
    people = []
    for number in range(chance.choice((1, 2, 2, 3))):
        kinds = chance.sample(PERSONAL, chance.choice((1, 2, 2, 3)))
        people.append([f"{kind}#{label}{number}" for kind in sorted(kinds, key=PERSONAL.index)])
    browsers = [f"a#{label}{number}" for number in range(chance.choice((1, 2, 2, 4)))]
    received = start
    for number in range(chance.randint(5, 30)):
        received += int(chance.expovariate(1 / HOUR_MS)) + 1
        late = int(chance.choice((0, 0, 0, 40, HOUR_MS, 5 * HOUR_MS)) * chance.random())
        skew = chance.choice((0, 0, 700, -90 * MINUTE_MS))
        at = received - late
        source, others, kind = _who(chance, chance.choice(people), chance.choice(browsers))
        made.events.append(
            Event(
                source=source,
                id=f"m{number}",
                stamp=at - skew,
                at=at,
                received=received,
                kind=kind,
                name=names.IDENTIFIED if kind == "identify" else names.PAGE_VIEWED,
                traits={"city": chance.choice(("İzmir", "Łódź")), "n": number} if kind == "identify" else {},
                identities=tuple(others),
            )
        )
    return made


def _who(chance: random.Random, person: list[str], browser: str) -> tuple[str, list[str], str]:
    act = chance.random()
    if act < 0.5:
        return browser, [], "page"
    if act < 0.7:
        first, *others = sorted(chance.sample(person, chance.randint(1, len(person))), key=person.index)
        return first, [*others, browser], "identify"
    if act < 0.8:
        first, *others = person
        return first, others, "identify"
    if act < 0.9:
        return person[0], [browser], "alias"
    return chance.choice(person), [], "track"


class Delivery:
    """Lambda and the stream: any order, any batches, repeats; a batch that fails comes again."""

    def __init__(self, cloud: Cloud, chance: random.Random) -> None:
        self.cloud, self.chance = cloud, chance

    def all(self, happened: Sequence[Event]) -> None:
        waiting: list[tuple[int, Event]] = []
        for position, event in enumerate(happened):
            events.insert([event])
            waiting.append((position, event))
            while waiting and self.chance.random() < 0.25:
                self._some(waiting)
        while waiting:
            self._some(waiting)
        for _ in range(3):
            self.cloud.clock.now += MINUTE_MS
            self.cloud.sweep()

    def _some(self, waiting: list[tuple[int, Event]]) -> None:
        size = self.chance.randint(1, 8)
        batch = self.chance.sample(waiting, min(size, len(waiting)))
        records = [_record(position, event) for position, event in batch]
        self.cloud.invoke("score", {"Records": records})
        for delivered in batch:
            if self.chance.random() < 0.8:
                waiting.remove(delivered)


def _record(position: int, event: Event) -> dict[str, Any]:
    return {
        "eventName": "INSERT",
        "dynamodb": {"SequenceNumber": str(position + 1), "NewImage": to_item(events.to_row(event))},
    }


@pytest.fixture(scope="module")
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    with Cloud(emulator, release()) as cloud:
        yield cloud


def stored(refs: frozenset[str]) -> Contact:
    """The one contact of these identities."""
    known = identities.read(refs)
    assert known.keys() == refs
    owners = {contacts.surviving(one.contact).id for one in known.values()}
    assert len(owners) == 1
    owner = owners.pop()
    return contacts.load([owner])[owner]


@given(seed=st.integers(0, 2**32))
@settings(max_examples=scaled(40), **SEEDED)
def test_any_interleaving_ends_in_the_facts_of_the_set_of_events(shop: Cloud, seed: int) -> None:
    chance = random.Random(seed)
    made = world(chance, f"{next(_worlds)}.", shop.clock.now - 40 * 24 * HOUR_MS)
    Delivery(shop, chance).all(made.events)
    counters = releases.live().counters
    for refs, done in made.expected().items():
        found = stored(refs)
        fresh = Contact(State(found.id, spec=counters.spec), Profile(found.id, identities=tuple(refs)))
        truth = rebuild(fresh, sorted(done, key=lambda event: event.ref), counters)
        assert found.state.facts == truth.state.facts
        assert found.profile.traits == truth.profile.traits
    assert shop.aside == []


@given(seed=st.integers(0, 2**32))
@settings(max_examples=scaled(15), **SEEDED)
def test_what_the_owner_s_systems_contradict_is_listed_and_never_merged(shop: Cloud, seed: int) -> None:
    """Two users who were both given one address, by systems that must know: nothing is lost, nobody is joined."""
    from functions.tables import duplicates

    chance = random.Random(seed)
    label = f"{next(_worlds)}!"
    made = world(chance, label, shop.clock.now - 40 * 24 * HOUR_MS)
    start = shop.clock.now - 20 * 24 * HOUR_MS
    for number, user in enumerate(("u#one", "u#two")):
        said = Event(f"{user}{label}", "id", start + number, start + number, start + number, "identify", "Identified")
        made.events.append(replace(said, identities=(f"e#both{label}",), proved=True))
    chance.shuffle(made.events)
    Delivery(shop, chance).all(made.events)
    one, two = (stored(frozenset((f"u#{who}{label}",))) for who in ("one", "two"))
    assert one.id != two.id
    assert {f"c#{one.id}", f"c#{two.id}"} in [{pair.one, pair.other} for pair in duplicates.listed()]
    assert {contacts.surviving(identities.read([f"e#both{label}"])[f"e#both{label}"].contact).id} < {one.id, two.id}
