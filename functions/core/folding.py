"""Facts under construction: registers join in any order, day counters add what is surely new."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from functions.core import event as names
from functions.core.behaviour import amount
from functions.core.consent import EVERYTHING
from functions.core.contact import ConsentFacts, Facts, MessageFacts, Moment
from functions.core.counters import Counters
from functions.core.days import local_day
from functions.core.event import Event
from functions.core.tags import tags_of

MESSAGES_KEPT = 16
"""Of so many of the newest messages a contact reacted to, facts are kept."""
TAGS_KEPT = 100
"""So many tags, the newest, are kept, those among them that were taken off again."""


def moment_of(event: Event) -> Moment:
    """Where an event stands among others of the same time."""
    return Moment(event.at, zlib.crc32(event.ref.encode()))


class Folding:
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
        self.stage_set = facts.stage_set

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
            case names.SYSTEM, names.STAGE_SET:
                stage = event.properties.get("stage")
                if isinstance(stage, str) and stage:
                    self.stage_set = later_stage(self.stage_set, (moment, stage))
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
            case names.SYSTEM, names.PREFERENCES_CHANGED:
                for topic in _consents(event):
                    held = self.consents.get(topic, ConsentFacts())
                    self.consents[topic] = replace(held, granted=max(held.granted, event.at))
                self._withdrawn(event)
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
        self._withdrawn(event)

    def _withdrawn(self, event: Event) -> None:
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
            self.stage_set,
        )


def later_stage(one: tuple[Moment, str] | None, other: tuple[Moment, str] | None) -> tuple[Moment, str] | None:
    """The stage that somebody was put at later."""
    return max((held for held in (one, other) if held is not None), default=None)


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
