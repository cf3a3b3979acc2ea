"""Bringing a person's events to functions/core the way the stream does: in batches, out of order, and again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from functions.core.contact import Contact, Profile, State
from functions.core.counters import Counters
from functions.core.event import Event
from functions.core.facts import Arrival, doubtful_days, fold, stamps_of_day
from functions.tables import compact


class Folder:
    """A contact that is kept up to date. What has been delivered is all that a recount can read."""

    def __init__(self, contact: str, counting: Counters):
        self.contact = Contact(State(contact, spec=counting.spec), Profile(contact))
        self.counting = counting
        self.delivered: list[Arrival] = []

    def deliver(self, batch: Sequence[Arrival]) -> list[Event]:
        """Apply one batch; its events."""
        refs = {one.event.ref for one in self.delivered}
        self.delivered += [one for one in batch if one.event.ref not in refs]
        counting = self.counting
        recounted = {}
        for day in doubtful_days(self.contact.state, batch, counting):
            low, high = stamps_of_day(day, self.contact.state.facts, batch, counting.zone)
            recounted[day] = [one.event for one in self.delivered if low <= one.event.stamp <= high]
        self.contact = fold(self.contact, batch, recounted, counting)
        return [one.event for one in batch if not one.event.held]

    def stored(self) -> None:
        """Write and read the facts, as happens between any two batches."""
        facts = compact.load(compact.dump(self.contact.state.facts))
        assert facts == self.contact.state.facts
        self.contact = Contact(replace(self.contact.state, facts=facts), self.contact.profile)


def batches(chance: random.Random, arrivals: Sequence[Arrival], most: int = 25) -> list[list[Arrival]]:
    """The arrivals in an odd order, in batches of so many at most, some of them twice."""
    shuffled = sorted(arrivals, key=lambda one: one.position + chance.choice((0, 0, 0, 3, 40)) * chance.random())
    made = []
    while shuffled:
        size = chance.randint(1, most)
        made.append(shuffled[:size])
        if chance.random() < 0.1:
            made.append(chance.sample(shuffled[:size], min(size, len(shuffled))))
        shuffled = shuffled[size:]
    return made
