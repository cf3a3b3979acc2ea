"""When answers are likely to change: midnights, the ends of windows, and days that dates lead to."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from functions.core.conditions import Condition
from functions.core.definition import parse_duration
from functions.core.event import Event
from functions.core.release import Release
from tests.knowledge.calendar import day_begins, local_date, same_day_in
from tests.knowledge.people import DAY_MS
from tests.knowledge.values import day

SPANS = ("in_the_last", "in_the_next", "longer_ago_than")


class Edges:
    """Of one person's events and traits under the conditions of a release."""

    def __init__(self, release: Release, events: Iterable[Event], traits: Mapping[str, Any]):
        self.zone = release.sending.business.time_zone
        self.named: dict[str, list[Event]] = {}
        for event in events:
            if not event.held:
                self.named.setdefault(event.name, []).append(event)
        self.windows: list[tuple[str, int]] = [("", DAY_MS)]
        self.dates: list[tuple[date, bool, int]] = []
        for segment in release.segments.values():
            self._walk(plain(segment.when), "", traits)

    def _walk(self, part: Any, name: str, traits: Mapping[str, Any]) -> None:
        if isinstance(part, list):
            for one in part:
                self._walk(one, name, traits)
        elif isinstance(part, dict) and "trait" in part:
            if (that := day(traits.get(part["trait"]), self.zone)) is not None:
                self.dates += [(that, False, _days(part[key])) for key in SPANS if key in part]
                self.dates += [(that, True, _days(part["anniversary"]))] if "anniversary" in part else []
        elif isinstance(part, dict):
            name = part.get("event", name)
            for key, value in part.items():
                if key in ("within", "longer_ago_than"):
                    self.windows.append((name, parse_duration(value) * 1000))
                self._walk(value, name, traits)

    def one(self, chance: random.Random, around: int) -> int:
        """Some such moment, where it can be near `around` (ms)."""
        sort = chance.random()
        if sort < 0.3:
            return day_begins(local_date(around, self.zone), self.zone) + chance.choice((-1, 0, 1))
        if sort < 0.7 and self.named:
            return self._closes(chance) + chance.choice((-1, 0, 1))
        if self.dates:
            return day_begins(self._day(chance, around), self.zone) + chance.choice((-1, 0, DAY_MS // 2))
        return around

    def _closes(self, chance: random.Random) -> int:
        name, length = chance.choice(self.windows)
        events = self.named.get(name) or chance.choice(list(self.named.values()))
        # Whichever is first or last is asked about more than others.
        return chance.choice((chance.choice(events), min(events, key=_at), max(events, key=_at))).at + length

    def _day(self, chance: random.Random, around: int) -> date:
        that, is_every_year, days = chance.choice(self.dates)
        if is_every_year:
            that = same_day_in(local_date(around, self.zone).year + chance.randint(0, 1), that)
            return that - timedelta(days=days)
        return that + timedelta(days=chance.choice((-1, 1)) * days + chance.choice((-1, 0, 0, 1)))


def plain(condition: Condition) -> Any:
    """The condition as authored."""
    return condition.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _at(event: Event) -> int:
    return event.at


def _days(span: str) -> int:
    """Of "30 days", "in 30 days" or "today"."""
    words = span.split(" ")[-2:]
    return parse_duration(" ".join(words)) // 86_400 if len(words) == 2 else 0
