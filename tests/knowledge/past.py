"""What is known of a person at a moment: events, traits, tags, consent. Naively, over the raw events.

Nothing is remembered from one moment to the next but which events a match means.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from functions.core.comparisons import Comparison, PropertyComparison
from functions.core.conditions import EventMatch
from functions.core.event import Event
from functions.core.release import Release
from tests.knowledge.calendar import local_date
from tests.knowledge.tagging import tag_names
from tests.knowledge.values import equal, fulfils, value_at

T = TypeVar("T")
KEPT = 100
"""Of so many tags, and traits, the newest are kept."""


@dataclass(frozen=True, slots=True)
class Known:
    """An event, since when it is known (ms), when and on which local day it happened, where it stands among
    others (by time, then by its name), and the traits that are short enough to be kept."""

    since: int
    event: Event
    at: int
    day: date
    order: tuple[int, int]
    traits: Mapping[str, Any]


class Past:
    """One person's events under one release. `seen` counts which operators answered what."""

    def __init__(
        self, release: Release, events: Iterable[tuple[int, Event]], seen: Counter[tuple[str, bool]] | None = None
    ):
        self.release = release
        self.zone = release.sending.business.time_zone
        self.seen: Counter[tuple[str, bool]] = Counter() if seen is None else seen
        self._named: dict[str, list[Known]] = {}
        self._all: list[Known] = []
        refs: set[str] = set()
        for since, event in sorted(events, key=lambda one: one[0]):
            if event.ref not in refs and not event.held:
                known = _known(since, event, self.zone)
                self._all.append(known)
                self._named.setdefault(event.name, []).append(known)
            refs.add(event.ref)
        self._meant: dict[int, tuple[EventMatch, list[Known]]] = {}
        self._bounding: dict[int, tuple[Comparison, Mapping[str, Any]]] = {}
        self._now, self._said_now = -1, dict[str, Any]()

    def _note(self, operator: str, answer: bool) -> bool:
        self.seen[operator, answer] += 1
        return answer

    def _bounds(self, comparison: Comparison) -> Mapping[str, Any]:
        if id(comparison) not in self._bounding:
            self._bounding[id(comparison)] = comparison, comparison.bounds()
        return self._bounding[id(comparison)][1]

    def matches(self, match: EventMatch, event: Event) -> bool:
        """Whether the event is meant."""
        if event.name != match.event:
            return False
        if match.form is not None and not self._note("match.form", event.properties.get("form") == match.form):
            return False
        answers = [self._property(event, name, wanted) for name, wanted in match.where.items()]
        return all(answers)

    def _property(self, event: Event, name: str, wanted: Any) -> bool:
        if not isinstance(wanted, PropertyComparison):
            return self._note("match.where", equal(event.properties.get(name), wanted))
        answer = fulfils(self._bounds(wanted), value_at(event.properties, name), self.zone, None)
        for bound in self._bounds(wanted):
            self._note(f"property.{bound}", answer)
        return answer

    def happened(self, match: EventMatch, now: int) -> list[Known]:
        """The matching events that are known at `now`."""
        held = self._meant.get(id(match))
        if held is None:
            meant = [known for known in self._named.get(match.event, ()) if self.matches(match, known.event)]
            held = self._meant[id(match)] = match, meant
        return [known for known in held[1] if known.since <= now]

    def known(self, now: int) -> list[Known]:
        """All events that are known at `now`."""
        return self._once(now, "events", lambda now: [known for known in self._all if known.since <= now])

    def traits(self, now: int) -> dict[str, Any]:
        """The newest value of each trait; what the owner's own systems say outranks what anybody claims."""
        return self._once(now, "traits", self._traits)

    def _traits(self, now: int) -> dict[str, Any]:
        best: dict[str, tuple[tuple[bool, tuple[int, int]], Any]] = {}
        for known in self.known(now):
            for name, value in known.traits.items():
                rank = known.event.proved, known.order
                if name not in best or best[name][0] < rank:
                    best[name] = rank, value
        newest = sorted(best, key=lambda name: (best[name][0], name))[-KEPT:]
        return {name: best[name][1] for name in newest}

    def _once(self, now: int, what: str, say: Callable[[int], T]) -> T:
        """What is asked often at one moment; with the next moment it is forgotten."""
        if now != self._now:
            self._now, self._said_now = now, {}
        if what not in self._said_now:
            self._said_now[what] = say(now)
        said: T = self._said_now[what]
        return said

    def tags(self, now: int) -> set[str]:
        """The tags that the person carries."""
        return self._once(now, "tags", self._tags)

    def _tags(self, now: int) -> set[str]:
        given: list[tuple[tuple[int, int], str, bool]] = []
        for called in ("Tag Added", "Tag Removed"):
            for known in self._named.get(called, ()):
                if known.since <= now and known.event.kind == "system":
                    tag = str(known.event.properties.get("tag", ""))
                    given.append((known.order, tag, called == "Tag Added"))
        for rule in self.release.scoring.tags:
            for known in self.happened(rule.when, now):
                if rule.tag:
                    given.append((known.order, rule.tag, True))
                else:
                    names = tag_names(value_at(known.event.properties, rule.from_ or ""))
                    given.extend((known.order, name, True) for name in names)
        latest: dict[str, tuple[tuple[int, int], bool]] = {}
        for order, name, is_there in given:
            if name and (name not in latest or latest[name][0] < order):
                latest[name] = order, is_there
        # One event may name many tags: of those the last by name are kept.
        newest = sorted(latest, key=lambda name: (latest[name][0], name))[-KEPT:]
        return {name for name in newest if latest[name][1]}

    def put_at(self, now: int) -> str:
        """The stage that somebody put the person at last."""
        put = [
            (known.order, known.event.properties["stage"])
            for known in self._named.get("Stage Set", ())
            if known.since <= now and known.event.kind == "system" and known.event.properties.get("stage")
        ]
        return str(max(put)[1]) if put else ""

    def consents(self, topic: str, now: int) -> bool:
        """Whether the topic was granted later than any withdrawal."""
        granted, withdrawn = 0, 0
        for known in self.known(now):
            event, said = known.event, known.event.properties
            match event.kind, event.name:
                case "form", "Form Submitted":
                    if topic in said.get("consents", ()):
                        granted = max(granted, event.at)
                case "system", "Resubscribed":
                    if said.get("topic") == topic:
                        granted = max(granted, event.at)
                case "system", "Subscription Confirmed":
                    if topic in said.get("consents", ()):
                        granted = max(granted, min(event.at, said.get("requested", event.at)))
                case "system", "Unsubscribed":
                    if said.get("topic") in (topic, "*", None):
                        withdrawn = max(withdrawn, event.received)
        return granted > withdrawn


def _known(since: int, event: Event, zone: str) -> Known:
    short = {
        name: value
        for name, value in event.traits.items()
        if len(json.dumps(value, ensure_ascii=False).encode()) <= 2000 and len(name.encode()) <= 100
    }
    order = event.at, zlib.crc32(event.ref.encode())
    return Known(since, event, event.at, local_date(event.at, zone), order, short)
