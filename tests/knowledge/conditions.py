"""Groups of people under one release: what functions/core answers, next to what the oracle says."""

from __future__ import annotations

import bisect
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from functions.core import views
from functions.core.conditions import Condition
from functions.core.contact import Contact, Standing
from functions.core.counters import counters
from functions.core.evaluate import Seen, evaluate
from functions.core.facts import Arrival
from functions.core.release import Release
from tests.knowledge.edges import Edges, plain
from tests.knowledge.folding import Folder, batches
from tests.knowledge.lines import stand
from tests.knowledge.operators import operators
from tests.knowledge.oracle import Oracle
from tests.knowledge.people import DAY_MS, STEPS, Person, person
from tests.knowledge.points import Undecided
from tests.knowledge.releases import STAGES, Drawing, Drawn

TOGETHER = 4
"""So many people share a release."""
YEAR_MS = 400 * DAY_MS


@dataclass(slots=True)
class Report:
    """What was compared, and where the two differ."""

    asked: int = 0
    undecided: int = 0
    differences: list[str] = field(default_factory=list)
    seen: Counter[tuple[str, bool]] = field(default_factory=Counter)
    flips: int = 0
    stays: int = 0

    def join(self, other: Report) -> None:
        """Add what another report says."""
        self.asked += other.asked
        self.undecided += other.undecided
        self.differences += other.differences
        self.seen += other.seen
        self.flips += other.flips
        self.stays += other.stays

    def seldom(self, times: int) -> list[str]:
        """The operators that were not answered so many times each way."""
        return [
            f"{one}: {self.seen[one, True]} true, {self.seen[one, False]} false"
            for one in sorted(operators())
            if min(self.seen[one, True], self.seen[one, False]) < times
        ]


@dataclass(frozen=True, slots=True)
class Group:
    """Some people, and the release they are under."""

    name: str
    people: tuple[Person, ...]
    drawn: Drawn
    chance: random.Random


def group(seed: int, number: int, zones: Sequence[str], segments: int = 60) -> Group:
    """The group of that number: the same for the same seed."""
    chance = random.Random(f"{seed}/{number}")
    people = tuple(person(chance, place) for place in range(TOGETHER))
    drawn = Drawing(chance, people, zones[number % len(zones)]).draw(segments)
    return Group(f"{seed}/{number}", people, drawn, chance)


def moments(chance: random.Random, one: Person, release: Release, count: int) -> list[int]:
    """When to look, ascending: any time, while things happen or long after, and where answers are likely to change."""
    start = one.events[0].received
    end = one.end + chance.choice((DAY_MS, 40 * DAY_MS, YEAR_MS))
    edges = Edges(release, one.events, Oracle(release, [(0, event) for event in one.events]).traits(end))
    found = []
    for _ in range(count):
        moment = chance.randint(start, end) if chance.random() < 0.5 else chance.choice(one.events).received
        found.append(max(start, edges.one(chance, moment) if chance.random() < 0.7 else moment))
    return sorted(found)


def standing(chance: random.Random, now: int) -> Standing:
    """Where somebody may have been held to stand."""
    stages = {one: now - chance.randint(0, 30) * DAY_MS for one in chance.sample(STAGES, chance.randint(0, 4))}
    return Standing(
        temperature=chance.choice(("cold", "warm", "hot")),
        grade=chance.choice("ABCD"),
        stage=chance.choice(["", *stages]),
        stages=stages,
    )


def watched(one: Group, who: Person, count: int) -> Iterator[tuple[int, Contact, int]]:
    """The person's contact at ascending moments, with how many of the events (by arrival) are in it."""
    chance, release = one.chance, one.drawn.release
    arrivals = [Arrival(place, event) for place, event in enumerate(who.events)]
    times = [event.received for event in who.events]
    folder = Folder(who.id, counters(release))
    done = 0
    for now in moments(chance, who, release, count):
        upto = bisect.bisect_right(times, now)
        for batch in batches(chance, arrivals[done:upto]):
            folder.deliver(batch)
        done = max(done, upto)
        state = replace(folder.contact.state, standing=standing(chance, now))
        yield now, Contact(state, folder.contact.profile), done
    folder.stored()


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition, and with what it is asked."""

    name: str
    condition: Condition
    seen: Seen

    def of(self, oracle: Oracle, now: int) -> bool:
        """What the oracle says. Raises Undecided."""
        held = self.seen.contact.state.standing
        return oracle.ask(self.condition, now, held, since=self.seen.since, messages=self.seen.messages)


def questions(one: Group, contact: Contact, now: int) -> list[Asked]:
    """Every condition of the group's release, some as a journey asks them."""
    chance = one.chance
    messages = {step: f"msg{chance.randint(0, 25)}" for step in STEPS if chance.random() < 0.8}
    since = now - chance.randint(1, 40) * DAY_MS
    release = one.drawn.release
    plainly, inside = Seen(contact, release), Seen(contact, release, messages=messages, since=since)
    asked = [Asked(name, segment.when, plainly) for name, segment in release.segments.items()]
    return asked + [Asked(f"inside-{place}", condition, inside) for place, condition in enumerate(one.drawn.inside)]


def compare(one: Group, count: int) -> Report:
    """Every condition and every score, for each person at so many moments."""
    report, release = Report(), one.drawn.release
    zone = release.sending.business.time_zone
    for who in one.people:
        oracle = Oracle(release, [(event.received, event) for event in who.events], report.seen)
        for now, contact, _ in watched(one, who, count):
            for asked in questions(one, contact, now):
                _answer(report, one, who, oracle, asked, now)
            for name, score in release.scoring.scores.items():
                said: Any = views.points(contact.state.facts, name, score, views.local_day(now, zone), zone)
                try:
                    expected = oracle.points(name, now)
                except Undecided:
                    report.undecided += 1
                    continue
                if said != expected:
                    report.differences.append(f"{one.name} {who.id} {name} at {now}: {said}, not {expected}")
    return report


def _answer(report: Report, one: Group, who: Person, oracle: Oracle, asked: Asked, now: int) -> None:
    report.asked += 1
    try:
        expected = asked.of(oracle, now)
    except Undecided:
        report.undecided += 1
        return
    said = evaluate(asked.condition, asked.seen, now)
    if said.holds != expected:
        report.differences.append(f"{one.name} {who.id} {asked.name} at {now}: {said.holds}: {plain(asked.condition)}")


def probe(one: Group, count: int, probes: int = 10) -> Report:
    """Whether answers stay until they are said to, without any event, at so many moments of each person.

    Lines are crossed when facts move, so whoever is asked later has crossed those of the moment.
    """
    report = Report()
    for who in one.people:
        for now, contact, done in watched(one, who, count):
            oracle = Oracle(one.drawn.release, [(0, event) for event in who.events[:done]])
            try:
                decided, _ = stand(oracle, now, contact.state.standing)
            except Undecided:
                report.undecided += 1
                continue
            contact = replace(contact, state=replace(contact.state, standing=decided))
            _probed(report, one, who, oracle, contact, now, probes)
    return report


def _probed(report: Report, one: Group, who: Person, oracle: Oracle, contact: Contact, now: int, probes: int) -> None:
    asked = questions(one, contact, now)
    said = [evaluate(each.condition, each.seen, now) for each in asked]
    ends = [now + YEAR_MS if each.until is None else each.until for each in said]
    plan: dict[int, set[int]] = {}
    edges = edges_of(oracle, now)
    for moment in between(one.chance, edges, now, probes):
        plan[moment] = {place for place, end in enumerate(ends) if moment < end}
    for place, end in enumerate(ends):
        for moment in (end - 1, end):
            plan.setdefault(moment, set()).add(place)
    for moment, places in sorted(plan.items()):
        for place in places:
            each = asked[place]
            try:
                holds = each.of(oracle, moment)
            except Undecided:
                report.undecided += 1
                continue
            report.asked += 1
            if moment == said[place].until:
                report.flips += holds != said[place].holds
                report.stays += holds == said[place].holds
            elif moment < ends[place] and holds != said[place].holds:
                report.differences.append(
                    f"{one.name} {who.id} {each.name} at {now}: {said[place]}, but not at {moment}: "
                    f"{plain(each.condition)}"
                )


def edges_of(oracle: Oracle, now: int) -> Edges:
    """Where answers change for what is known at `now`."""
    return Edges(oracle.release, [known.event for known in oracle.known(now)], oracle.traits(now))


def between(chance: random.Random, edges: Edges, now: int, count: int) -> list[int]:
    """Moments after `now`."""
    found = []
    for _ in range(count):
        moment = now + chance.randint(1, chance.choice((DAY_MS, 7 * DAY_MS, 40 * DAY_MS, YEAR_MS)))
        found.append(edges.one(chance, moment) if chance.random() < 0.7 else moment)
    return [moment for moment in found if moment > now]
