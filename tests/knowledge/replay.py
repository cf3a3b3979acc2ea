"""Decisions, batch by batch and due moment by due moment: what functions/core decides, next to what the oracle does."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from functions.core.contact import Contact, Decision, Standing
from functions.core.counters import counters
from functions.core.decisions import Outcome, decide
from functions.core.event import Event
from functions.core.facts import Arrival, rebuild
from functions.core.touched import Reads, touched
from tests.knowledge.conditions import Group, Report, between
from tests.knowledge.folding import Folder, batches
from tests.knowledge.lines import Line, stand
from tests.knowledge.oracle import Oracle
from tests.knowledge.people import DAY_MS, Person
from tests.knowledge.points import Undecided


def lines(decisions: Sequence[Decision]) -> list[Line]:
    """The lines that were crossed."""
    kinds = ("temperature", "grade", "stage", "segment")
    return sorted(
        (one.kind, one.name if one.kind == "segment" else one.kind, one.before, one.after)
        for one in decisions
        if one.kind in kinds
    )


LIVE = 1
"""Number of the live release."""


@dataclass
class Life:
    """One person's way through time under a release."""

    group: Group
    who: Person
    report: Report
    probes: int

    def __post_init__(self) -> None:
        self.release = self.group.drawn.release
        self.reads = Reads(self.release)
        self.counting = counters(self.release)
        self.folder = Folder(self.who.id, self.counting)
        self.known: list[tuple[int, Event]] = []
        self.held = Standing()
        self.oracle = Oracle(self.release, [], self.report.seen)
        self.now = 0

    def run(self, dues: int) -> None:
        """Through the whole history, and so many due moments after it."""
        chance = self.group.chance
        arrivals = [Arrival(place, event) for place, event in enumerate(self.who.events)]
        try:
            for batch in batches(chance, arrivals, 4):
                arrived = max(self.now, max(one.event.received for one in batch) + chance.choice((0, 0, 900)))
                self.until(arrived, dues)
                self.batch(batch, arrived)
            self.until(self.now + 400 * DAY_MS, dues)
        except Undecided:
            self.report.undecided += 1

    def until(self, end: int, dues: int) -> None:
        """Every due moment before `end`, as the sweep finds them."""
        for _ in range(dues):
            due = self.folder.contact.state.due
            self.nothing_happens(min(due or end, end))
            if due is None or due > end:
                return
            self.decided(decide(self.folder.contact, self.release, max(due, self.now)), max(due, self.now))

    def batch(self, batch: Sequence[Arrival], now: int) -> None:
        """Some records arrive."""
        before = self.folder.contact
        happened = self.folder.deliver(batch)
        self.known += [(0, one.event) for one in batch]
        self.oracle = Oracle(self.release, self.known, self.report.seen)
        contact = self.folder.contact
        what = touched(self.reads, before, contact, happened, LIVE, now)
        self.decided(decide(contact, self.release, now, happened, what), now)

    def decided(self, outcome: Outcome, now: int) -> None:
        """Compare what was decided at `now`, and go on from there."""
        standing, expected = stand(self.oracle, now, self.held)
        found = lines(outcome.decisions)
        self.report.asked += 1
        self.report.flips += bool(found)
        self.report.stays += not found
        if found != expected:
            self.differ(now, f"{found}, not {expected}")
        said = outcome.state.standing
        if (said.stages, said.segments) != (standing.stages, standing.segments):
            self.differ(now, f"since {said.stages} {said.segments}, not {standing.stages} {standing.segments}")
        state = replace(outcome.state, version=outcome.state.version + 1, release=LIVE)
        self.folder.contact = Contact(state, self.folder.contact.profile)
        self.held, self.now = standing, now

    def nothing_happens(self, end: int) -> None:
        """Between now and `end` no line is crossed without anybody noticing."""
        if not self.known:
            return
        for moment in [*between(self.group.chance, self.oracle, self.now, self.probes), end - 1]:
            if self.now < moment < end:
                _, expected = stand(self.oracle, moment, self.held)
                self.report.asked += 1
                if expected:
                    self.differ(moment, f"nothing before {end}, not {expected}")

    def differ(self, now: int, what: str) -> None:
        self.report.differences.append(f"{self.group.name} {self.who.id} at {now}: {what}")


def replay(group: Group, *, dues: int = 40, probes: int = 2) -> Report:
    """The lives of all people of a group."""
    report = Report()
    for who in group.people:
        Life(group, who, report, probes).run(dues)
    return report


def rebuilt(group: Group) -> Report:
    """Facts that are made anew, next to those that were folded live, and what would be decided after."""
    report = Report()
    for who in group.people:
        release, counting = group.drawn.release, counters(group.drawn.release)
        folder = Folder(who.id, counting)
        for batch in batches(group.chance, [Arrival(place, event) for place, event in enumerate(who.events)]):
            folder.deliver(batch)
        now = who.end + group.chance.randint(0, 30 * DAY_MS)
        first = decide(folder.contact, release, now)
        contact = Contact(replace(first.state, version=1), folder.contact.profile)
        again = rebuild(contact, _shuffled(group.chance, who.events), counting)
        report.asked += 1
        if again.state.facts != contact.state.facts:
            report.differences.append(f"{group.name} {who.id}: facts\n{again.state.facts}\n{contact.state.facts}")
        if again.profile.traits != contact.profile.traits:
            report.differences.append(f"{group.name} {who.id}: traits")
        more = decide(again, release, now)
        report.flips += bool(first.decisions)
        if more.decisions:
            report.differences.append(f"{group.name} {who.id}: {more.decisions}")
    return report


def _shuffled(chance: random.Random, events: Sequence[Event]) -> list[Event]:
    return chance.sample(events, len(events))
