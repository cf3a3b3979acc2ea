"""Decisions, batch by batch and due moment by due moment: what functions/core decides, next to what the oracle does."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from functions.core.contact import Contact, Decision, Standing
from functions.core.counters import counters
from functions.core.decisions import Outcome, decide, keep
from functions.core.event import Event
from functions.core.facts import Arrival, rebuild
from functions.core.release import Release
from functions.core.touched import Reads, touched
from tests.knowledge.conditions import Group, Report, between, edges_of
from tests.knowledge.folding import Folder, batches
from tests.knowledge.lines import Line, stand
from tests.knowledge.oracle import Oracle
from tests.knowledge.people import DAY_MS, Person
from tests.knowledge.points import Undecided
from tests.knowledge.releases import Drawing


def lines(decisions: Sequence[Decision]) -> list[Line]:
    """The lines that were crossed."""
    kinds = ("temperature", "grade", "stage", "segment")
    return sorted(
        (one.kind, one.name if one.kind == "segment" else one.kind, one.before, one.after)
        for one in decisions
        if one.kind in kinds
    )


class Life:
    """One person's way through time, at first under the group's release, then under a later one."""

    def __init__(self, group: Group, later: Release, who: Person, report: Report, probes: int):
        self.group, self.who, self.report, self.probes = group, who, report, probes
        self.later = later
        self.folder = Folder(who.id, counters(group.drawn.release))
        self.known: list[tuple[int, Event]] = []
        self.held = Standing()
        self.now = 0
        self.live(1, group.drawn.release)

    def live(self, number: int, release: Release) -> None:
        """The release of that number goes live."""
        self.number, self.release, self.reads = number, release, Reads(release)
        self.oracle = Oracle(release, self.known, self.report.seen)

    def run(self, dues: int) -> None:
        """Through the whole history, and so many due moments after it."""
        chance = self.group.chance
        arrivals = [Arrival(place, event) for place, event in enumerate(self.who.events)]
        coming = batches(chance, arrivals, 4)
        change = chance.randint(1, max(1, len(coming) - 1))
        try:
            for place, batch in enumerate(coming):
                arrived = max(self.now, max(one.event.received for one in batch) + chance.choice((0, 0, 900)))
                self.until(arrived, dues)
                if place == change:
                    self.change(arrived)
                    self.until(arrived, dues)
                self.batch(batch, arrived)
            self.until(self.now + 400 * DAY_MS, dues)
        except Undecided:
            self.report.undecided += 1

    def change(self, now: int) -> None:
        """The later release goes live, and facts are made anew for it: that decides nothing yet."""
        self.live(self.number + 1, self.later)
        counting = counters(self.later)
        contact = rebuild(self.folder.contact, [one.event for one in self.folder.delivered], counting)
        state = replace(keep(contact, self.later, now).state, release=self.number)
        self.folder.counting, self.folder.contact = counting, Contact(state, contact.profile)
        self.now = now

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
        what = touched(self.reads, before, contact, happened, self.number, now)
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
        state = replace(outcome.state, version=outcome.state.version + 1, release=self.number)
        self.folder.contact = Contact(state, self.folder.contact.profile)
        self.held, self.now = standing, now

    def nothing_happens(self, end: int) -> None:
        """Between now and `end` no line is crossed without anybody noticing."""
        if not self.known:
            return
        for moment in [*between(self.group.chance, edges_of(self.oracle, self.now), self.now, self.probes), end - 1]:
            if self.now < moment < end:
                try:
                    _, expected = stand(self.oracle, moment, self.held)
                except Undecided:
                    # Nothing is decided here: the life goes on whatever the answer.
                    continue
                self.report.asked += 1
                if expected:
                    self.differ(moment, f"nothing before {end}, not {expected}")

    def differ(self, now: int, what: str) -> None:
        self.report.differences.append(f"{self.group.name} {self.who.id} at {now}: {what}")


def replay(group: Group, *, dues: int = 40, probes: int = 2) -> Report:
    """The lives of all people of a group."""
    report, before = Report(), group.drawn.release
    zone, segments = before.sending.business.time_zone, len(before.segments)
    later = Drawing(group.chance, group.people, zone).draw(segments).release
    for who in group.people:
        Life(group, later, who, report, probes).run(dues)
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
