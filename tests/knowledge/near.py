"""Bounds near what is true of some people, so that either answer is common."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from functions.core.event import Event
from functions.core.release import Release
from tests.knowledge.calendar import local_date
from tests.knowledge.oracle import Oracle
from tests.knowledge.people import DAY_MS, TOPICS, WORDS, Person
from tests.knowledge.values import day, number, text, value_at

Words = dict[str, Any]

TEXTS = ("city", "company.name", "company.sites.city", "utm.first", "plan", "interests")
NUMBERS = ("age", "company.size", "plan")
DATES = ("birthday", "renewal")
NUMERIC: Final = ("at_least", "at_most", "above", "below")
JOINED: Final = (*NUMERIC, "before", "after", "contains", "starts_with", "ends_with", "all_of")
TEXTUAL: Final = ("is", "one_of", "contains", "starts_with", "ends_with", "all_of")


class Near:
    """Draws comparisons near what is true of `people`."""

    def __init__(self, chance: random.Random, people: Sequence[Person], zone: str):
        self.chance, self.people, self.zone = chance, people, zone
        self.by_name: dict[str, list[Event]] = {}
        self.traits: dict[str, list[Any]] = {}
        for person in people:
            for event in person.events:
                self.by_name.setdefault(event.name, []).append(event)
        for events in self.by_name.values():
            for event in events:
                for path in (*TEXTS, *NUMBERS, *DATES):
                    value = value_at(event.traits, path)
                    if value is not None:
                        self.traits.setdefault(path, []).append(value)
        empty = release_of(zone, {})
        self.oracles = [Oracle(empty, [(one.received, one) for one in person.events]) for person in people]

    def some_moment(self) -> tuple[Oracle, int]:
        """Somebody, and when they are looked at."""
        place = self.chance.randrange(len(self.people))
        person = self.people[place]
        return self.oracles[place], self.chance.choice(person.events).received + self.chance.randint(0, 3) * DAY_MS

    def comparison(self, operators: Sequence[str], values: Callable[[str], Any]) -> Words:
        """A comparison by one of these operators, sometimes by two, near a value of its kind."""
        operator = self.chance.choice(operators)
        found = self.bound(operator, values(operator))
        if operator in JOINED and self.chance.random() < 0.25:
            more = self.chance.choice([one for one in operators if one not in ("is", "one_of", "known")])
            found = {**self.bound(more, values(more)), **found}
        return found

    def bound(self, operator: str, value: Any) -> Words:
        """One bound near a value."""
        chance = self.chance
        if self.chance.random() < 0.08:
            value = chance.choice(("zzz", 5, "2027-01-01", True))
        one = chance.choice(value) if isinstance(value, list) and value else value
        if operator == "known":
            return {"known": chance.choice((True, False))}
        if operator == "is":
            return {"is": self.scalar(one)}
        if operator == "one_of":
            return {"one_of": [self.scalar(one), *chance.sample((1, True, "x", "İzmir", 7.5), chance.randint(0, 3))]}
        if operator == "all_of":
            some = value if isinstance(value, list) else [value]
            wanted = [self.scalar(member) for member in chance.sample(some, min(len(some), chance.randint(1, 2)))]
            return {"all_of": wanted or ["Çay"]}
        if operator in NUMERIC:
            near = number(one)
            return {operator: (20 if near is None else near) + chance.choice((0, 0, 0.5, -0.5, 1, -10, 10))}
        if operator in ("contains", "starts_with", "ends_with"):
            return {operator: self.piece(operator, one)}
        return self.dated(operator, one)

    def dated(self, operator: str, value: Any) -> Words:
        """A bound of days near a value."""
        chance = self.chance
        that = day(value, self.zone) or date(2027, 2, 28)
        _, now = self.some_moment()
        today = local_date(now, self.zone)
        if operator in ("before", "after"):
            return {operator: (that + timedelta(days=chance.choice((-1, 0, 0, 1, 30)))).isoformat()}
        if operator in ("before today", "after today"):
            return {operator.split(" ")[0]: "today"}
        if operator.startswith("anniversary"):
            word = operator.split(" ")[1]
            spans = ("1 day", "7 days", "2 weeks", "30 days")
            span = chance.choice(spans if word == "in" else (*spans, "300 days", "365 days"))
            return {"anniversary": "today" if word == "today" else f"{word} {span}"}
        apart = min(3_000, max(1, abs((today - that).days) + chance.choice((-1, 0, 1, 5))))
        return {operator: f"{apart} day{'s' * (apart > 1)}"}

    def scalar(self, value: Any) -> Any:
        """Something that a value can be."""
        return value if isinstance(value, str | int | float | bool) else self.chance.choice(WORDS)

    def piece(self, operator: str, value: Any) -> str:
        """A piece of a value's text, in another letter case at times."""
        chance = self.chance
        said = text(value) or "чай"
        long = chance.randint(1, max(1, len(said)))
        start = chance.randint(0, len(said) - long)
        ends = {"contains": (start, start + long), "starts_with": (0, long), "ends_with": (len(said) - long, len(said))}
        piece = said[slice(*ends[operator])] if chance.random() < 0.8 else said
        piece = chance.choice((piece, piece, piece.upper(), piece.replace("i", "İ"), piece.title()))
        return piece or "a"


def release_of(zone: str, parts: Words) -> Release:
    business = {"name": "Tea", "time_zone": zone}
    sending = {
        "business": business,
        "from": {"name": "Tea", "email": "hello@tea.example"},
        "topics": [{"id": topic, "title": topic} for topic in TOPICS],
    }
    return Release.model_validate({"sending": sending, **parts})
