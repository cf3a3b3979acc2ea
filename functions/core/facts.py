"""Folding events into facts: registers join in any order, day counters add once.

A record is trusted to be new only where it lies beyond what the contact has applied from
its source, and arrived after the last recount (the fence). Any doubt is settled by counting
that day again from the events themselves. So facts are a function of the set of events,
however they were ordered, repeated or batched. Events that are held don't count; that they
were read does, for the fence.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from functions.core.attribution import touched
from functions.core.contact import Contact, Facts, Profile, Rank, State
from functions.core.counters import Counters
from functions.core.days import local_day, midnight
from functions.core.event import LIVE, Event
from functions.core.folding import Folding, moment_of
from functions.core.identity import EMAIL, kind_of
from functions.core.times import LATEST

SOURCES_KEPT = 8
"""Of so many sources the stream position is kept; for the rest the fence stands in."""

TRAITS_KEPT = 100
"""So many traits, the newest, are kept in a profile; all stay in the events."""
TRAIT_BYTES = 2000
TRAIT_NAME_BYTES = 100
"""What is longer stays in its event and is not a trait: a hundred of them fit into one item."""


UNORDERED = -1
"""Position of a record whose place in its source's order says nothing: whether it is new is always in doubt."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record of the events' stream: `position` grows along its source's shard."""

    position: int
    event: Event


def by_cause(arrivals: Sequence[Arrival]) -> list[Sequence[Arrival]]:
    """What was brought from elsewhere before what happens now, so that a line which the one crosses isn't taken for
    the other's doing; all together where they are of one sort."""
    happening = [arrival for arrival in arrivals if arrival.event.cause == LIVE]
    if len(happening) in (0, len(arrivals)):
        return [arrivals]
    return [[arrival for arrival in arrivals if arrival.event.cause != LIVE], happening]


def doubtful_days(state: State, arrivals: Sequence[Arrival], counters: Counters) -> frozenset[int]:
    """Local days whose counters must be recounted because a record may have been applied before."""
    return frozenset(
        local_day(arrival.event.at, counters.zone)
        for arrival in arrivals
        if arrival.event.received <= state.fence
        or arrival.position <= state.positions.get(arrival.event.source, (-1, 0))[0]
    )


def stamps_of_day(day: int, facts: Facts, arrivals: Sequence[Arrival], zone: str) -> tuple[int, int]:
    """Between which client stamps (ms, inclusive) a source's events of a local day can lie."""
    skews = [arrival.event.at - arrival.event.stamp for arrival in arrivals]
    low, high = min([facts.skew[0], *skews]), max([facts.skew[1], *skews])
    # A clock that is centuries ahead must not push the end past the last stamp there is.
    return max(0, midnight(day, zone) - high), min(LATEST, midnight(day + 1, zone) - 1 - low)


def fold(
    contact: Contact, arrivals: Sequence[Arrival], recounted: Mapping[int, Sequence[Event]], counters: Counters
) -> Contact:
    """The contact with `arrivals` applied. `recounted` holds, for each doubtful day, all
    events of the contact that may lie on it, with their verdicts."""
    state = contact.state
    folding = Folding(state.facts, counters)
    for day, events in recounted.items():
        folding.recount(day, events)
    counted = counting(arrivals, {event.ref for events in recounted.values() for event in events if event.held})
    seen: set[str] = set()
    for event in counted:
        folding.join(event)
        if event.ref not in seen and folding.day(event) not in recounted:
            folding.count(event)
        seen.add(event.ref)
    fence = max([state.fence, *(event.received for events in recounted.values() for event in events)])
    positions, fence = _advance(state, arrivals, fence)
    state = replace(state, facts=folding.done(), positions=positions, fence=fence)
    return touched(Contact(state, _profiled(contact.profile, counted)), counted, moment_of)


def counting(arrivals: Sequence[Arrival], held: Collection[str]) -> list[Event]:
    """The events that have arrived and count; `held` are refs of those that turned out not to."""
    return [arrival.event for arrival in arrivals if not arrival.event.held and arrival.event.ref not in held]


def _advance(state: State, arrivals: Sequence[Arrival], fence: int) -> tuple[Mapping[str, tuple[int, int]], int]:
    positions = dict(state.positions)
    for arrival in arrivals:
        held = positions.get(arrival.event.source, (-1, 0))
        positions[arrival.event.source] = (
            max(held[0], arrival.position),
            max(held[1], arrival.event.received),
        )
    return remembered(positions, fence)


def remembered(positions: dict[str, tuple[int, int]], fence: int) -> tuple[Mapping[str, tuple[int, int]], int]:
    """So many positions as are kept, and the fence that stands in for those dropped."""
    while len(positions) > SOURCES_KEPT:
        oldest = min(positions, key=lambda source: (positions[source][1], source))
        fence = max(fence, positions.pop(oldest)[1])
    return positions, fence


def rebuild(contact: Contact, events: Iterable[Event], counters: Counters, arrivals: Sequence[Arrival] = ()) -> Contact:
    """The contact with facts and traits made anew from all its events; where it stands stays.

    `arrivals` are records in hand: already among the events, they only move the positions.
    """
    folding = Folding(Facts(), counters)
    seen: set[str] = set()
    fence = contact.state.fence
    made = Contact(replace(contact.state, last_touch=None), replace(contact.profile, traits={}, first_touch=None))
    for event in chain(events, (arrival.event for arrival in arrivals)):
        if event.ref in seen:
            continue
        seen.add(event.ref)
        fence = max(fence, event.received)
        if event.held:
            continue
        folding.join(event)
        folding.count(event)
        made = touched(Contact(made.state, _profiled(made.profile, [event])), [event], moment_of)
    positions, fence = _advance(contact.state, arrivals, fence)
    state = replace(made.state, facts=folding.done(), positions=positions, fence=fence, spec=counters.spec)
    return Contact(state, made.profile)


def _profiled(profile: Profile, events: Sequence[Event]) -> Profile:
    traits = dict(profile.traits)
    for event in events:
        rank = Rank(event.proved, moment_of(event))
        for name, value in event.traits.items():
            held = traits.get(name)
            newer = held is None or held[0] < rank
            if newer and _fits(name, value) and (name != "email" or _is_theirs(profile, event)):
                traits[name] = (rank, value)
    traits = newest_traits(traits)
    return profile if traits == profile.traits else replace(profile, traits=traits)


def newest_traits(traits: dict[str, tuple[Rank, Any]]) -> dict[str, tuple[Rank, Any]]:
    """So many traits as are kept; the others are dropped from `traits`."""
    # Anyone may send traits: the newest are kept, so that no stranger can fill the row.
    while len(traits) > TRAITS_KEPT:
        del traits[min(traits, key=lambda name: (traits[name][0], name))]
    return traits


def _fits(name: str, value: Any) -> bool:
    if len(name.encode()) > TRAIT_NAME_BYTES:
        return False
    return len(json.dumps(value, ensure_ascii=False, default=dict).encode()) <= TRAIT_BYTES


def _is_theirs(profile: Profile, event: Event) -> bool:
    """Whether mail may go to the address that `event` brings. Anyone may claim a user id for a
    known address, and then another address for that user id: only an address that became one
    of the contact's own identities is written to."""
    return any(kind_of(ref) == EMAIL and ref in profile.identities for ref in event.all_identities)
