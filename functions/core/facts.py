"""Folding events into facts: registers join in any order, day counters add once.

A record is trusted to be new only where it lies beyond what the contact has applied from
its source, and arrived after the last recount (the fence). Any doubt is settled by counting
that day again from the events themselves. So facts are a function of the set of events,
however they were ordered, repeated or batched. Events that are held don't count; that they
were read does, for the fence.
"""

import json
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from functions.core import event as names
from functions.core.attribution import touched
from functions.core.behaviour import amount
from functions.core.consent import EVERYTHING
from functions.core.contact import ConsentFacts, Contact, Facts, MessageFacts, Moment, Profile, Rank, State
from functions.core.counters import Counters
from functions.core.days import local_day, midnight
from functions.core.event import Event
from functions.core.identity import EMAIL, kind_of
from functions.core.tags import tags_of
from functions.core.times import LATEST

MESSAGES_KEPT = 16
"""Of so many of the newest messages a contact reacted to, facts are kept."""
SOURCES_KEPT = 8
"""Of so many sources the stream position is kept; for the rest the fence stands in."""

TRAITS_KEPT = 100
"""So many traits, the newest, are kept in a profile; all stay in the events."""
TAGS_KEPT = 100
"""So many tags, the newest, are kept, those among them that were taken off again."""
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


def moment_of(event: Event) -> Moment:
    """Where an event stands among others of the same time."""
    return Moment(event.at, zlib.crc32(event.ref.encode()))


class _Folding:
    """Facts under construction."""

    def __init__(self, facts: Facts, counters: Counters) -> None:
        self.counting = counters
        self.counters = {key: dict(days) for key, days in facts.counters.items() if key in counters.by_id}
        self.newest = {key: moments for key, moments in facts.newest.items() if key in counters.by_id}
        self.earliest = {key: moment for key, moment in facts.earliest.items() if key in counters.by_id}
        self.tags = dict(facts.tags)
        self.messages = dict(facts.messages)
        self.consents = dict(facts.consents)
        self.first, self.last, self.skew = facts.first, facts.last, facts.skew

    def day(self, event: Event) -> int:
        return local_day(event.at, self.counting.zone)

    def join(self, event: Event) -> None:
        """Registers: joining an event again changes nothing."""
        if event.context.get("active", True):
            self.first = event.at if self.first is None else min(self.first, event.at)
            self.last = event.at if self.last is None else max(self.last, event.at)
        skew = event.at - event.stamp
        self.skew = (min(self.skew[0], skew), max(self.skew[1], skew))
        moment = moment_of(event)
        for counter in self.counting.matching(event):
            if counter.newest:
                moments = {*self.newest.get(counter.id, ()), moment}
                self.newest[counter.id] = tuple(sorted(moments)[-counter.newest :])
            if counter.first:
                self.earliest[counter.id] = min(moment, self.earliest.get(counter.id, moment))
        if rules := self.counting.tag_rules.get(event.name):
            for tag in tags_of(event, rules, self.counting.zone):
                self._tag(tag, moment, True)
        match event.kind, event.name:
            case names.SYSTEM, names.TAG_ADDED | names.TAG_REMOVED:
                self._tag(str(event.properties.get("tag", "")), moment, event.name == names.TAG_ADDED)
            case names.SYSTEM, names.EMAIL_OPENED | names.EMAIL_CLICKED:
                self._message(event)
            case (names.FORM, names.FORM_SUBMITTED) | (names.SYSTEM, names.RESUBSCRIBED):
                for topic in _topics(event):
                    held = self.consents.get(topic, ConsentFacts())
                    self.consents[topic] = replace(held, granted=max(held.granted, event.at))
            case names.SYSTEM, names.SUBSCRIPTION_CONFIRMED:
                # It counts from the moment of asking: what was withdrawn since stays withdrawn.
                asked = event.properties.get("requested")
                granted = min(asked, event.at) if isinstance(asked, int) else event.at
                for topic in _consents(event):
                    held = self.consents.get(topic, ConsentFacts())
                    self.consents[topic] = replace(held, granted=max(held.granted, granted))
            case names.SYSTEM, names.UNSUBSCRIBED:
                for topic in _topics(event):
                    held = self.consents.get(topic, ConsentFacts())
                    self.consents[topic] = replace(held, withdrawn=max(held.withdrawn, event.received))
            case names.SYSTEM, names.IMPORTED:
                self._imported(event, moment)

    def _imported(self, event: Event, moment: Moment) -> None:
        """A row of a file may bring tags, consents with their own times, and withdrawals."""
        for tag in _texts(event, "tags"):
            self._tag(tag, moment, True)
        agreed = event.properties.get("consents")
        for topic, at in agreed.items() if isinstance(agreed, Mapping) else ():
            held = self.consents.get(topic, ConsentFacts())
            if isinstance(at, int):
                self.consents[topic] = replace(held, granted=max(held.granted, min(at, event.at)))
        for topic in _texts(event, "withdrawn"):
            held = self.consents.get(topic, ConsentFacts())
            self.consents[topic] = replace(held, withdrawn=max(held.withdrawn, event.received))

    def _tag(self, tag: str, moment: Moment, present: bool) -> None:
        held = self.tags.get(tag)
        if tag and (held is None or held[0] < moment):
            self.tags[tag] = (moment, present)
            newest_tags(self.tags)

    def _message(self, event: Event) -> None:
        message, sent = event.properties.get("message"), event.properties.get("sent")
        if not isinstance(message, str) or not isinstance(sent, int):
            return
        held = self.messages.get(message, MessageFacts(sent))
        if event.name == names.EMAIL_OPENED:
            held = replace(held, opened=min(event.at, held.opened or event.at))
        else:
            held = replace(held, clicked=min(event.at, held.clicked or event.at))
        self.messages[message] = held
        newest_messages(self.messages)

    def count(self, event: Event) -> None:
        """Day counters: count an event that is surely new."""
        day = self.day(event)
        for counter in self.counting.matching(event):
            if counter.horizon:
                days = self.counters.setdefault(counter.id, {})
                days[day] = days.get(day, 0) + (1 if counter.sum is None else amount(event, counter.sum))

    def recount(self, day: int, events: Iterable[Event]) -> None:
        """Set every counter's `day` to what the events say."""
        for days in self.counters.values():
            days.pop(day, None)
        for event in events:
            if not event.held and self.day(event) == day:
                self.count(event)

    def done(self) -> Facts:
        counters = pruned(self.counters, self.last, self.counting)
        return Facts(
            counters,
            self.newest,
            self.tags,
            self.messages,
            self.consents,
            self.first,
            self.last,
            self.skew,
            self.earliest,
        )


def pruned(counted: Mapping[str, Mapping[int, int]], last: int | None, counting: Counters) -> dict[str, dict[int, int]]:
    """The day counters without days that no longer matter at `last`, the newest event (ms)."""
    newest_day = None if last is None else local_day(last, counting.zone)
    counters: dict[str, dict[int, int]] = {}
    for key, days in counted.items():
        horizon = counting.by_id[key].horizon
        kept = {day: n for day, n in days.items() if n and (newest_day is None or day > newest_day - horizon)}
        if kept:
            counters[key] = kept
    return counters


def _topics(event: Event) -> list[str]:
    if event.kind == names.FORM:
        return _consents(event)
    topic = event.properties.get("topic")
    return [topic] if isinstance(topic, str) and topic else [EVERYTHING]


def _consents(event: Event) -> list[str]:
    return _texts(event, "consents")


def _texts(event: Event, name: str) -> list[str]:
    listed = event.properties.get(name, ())
    return [text for text in listed if isinstance(text, str)] if isinstance(listed, list | tuple) else []


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
    folding = _Folding(state.facts, counters)
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
    folding = _Folding(Facts(), counters)
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
    return any(kind_of(ref) == EMAIL and ref in profile.identities for ref in (event.source, *event.identities))


def newest_tags(tags: dict[str, tuple[Moment, bool]]) -> dict[str, tuple[Moment, bool]]:
    """So many tags as are kept; the others are dropped from `tags`."""
    while len(tags) > TAGS_KEPT:
        del tags[min(tags, key=lambda tag: (tags[tag][0], tag))]
    return tags


def newest_messages(messages: dict[str, MessageFacts]) -> dict[str, MessageFacts]:
    """So many messages as are kept; the others are dropped from `messages`."""
    while len(messages) > MESSAGES_KEPT:
        del messages[min(messages, key=lambda one: (messages[one].sent, one))]
    return messages
