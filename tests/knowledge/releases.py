"""Releases that use every word of the language, with thresholds near what is true of some people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from functions.core import conditions as kinds
from functions.core.conditions import EventMatch
from functions.core.contact import Standing
from functions.core.event import Event
from functions.core.release import Release
from tests.knowledge.calendar import local_date
from tests.knowledge.near import DATES, NUMBERS, NUMERIC, TEXTS, TEXTUAL, Near, Words, release_of
from tests.knowledge.oracle import Oracle
from tests.knowledge.people import DAY_MS, JOURNEYS, SCORES, STAGES, STEPS, TAGS, TEMPLATES, TOPICS
from tests.knowledge.values import value_at

_PROPERTIES: Mapping[str, Sequence[tuple[str, str]]] = {
    "text": (
        ("Page Viewed", "title"),
        ("Page Viewed", "topic"),
        ("Page Viewed", "product.sku"),
        ("Page Viewed", "utm.source"),
        ("Order Completed", "tags"),
        ("Order Completed", "items.sku"),
        ("Чай Şişede", "word"),
    ),
    "number": (
        ("Page Viewed", "seconds"),
        ("Page Viewed", "product.price"),
        ("Order Completed", "items.price"),
        ("Order Completed", "total"),
        ("Чай Şişede", "n"),
    ),
    "date": (("Page Viewed", "product.made"), ("Order Completed", "due")),
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A release, and the conditions of it that only a journey can ask."""

    release: Release
    inside: tuple[kinds.Condition, ...]


class Drawing(Near):
    """Draws one release, near what is true of `people`."""

    base = middle = 1

    def match(self, *, plain: bool = False) -> Words:
        """Which events are meant."""
        chance = self.chance
        if chance.random() < 0.03:
            return {"event": "Never Happened"}
        sort = chance.random()
        if sort < 0.25:
            names = ("Page Viewed", "Order Completed", "Order Refunded", "Email Opened", "Чай Şişede", "Form Submitted")
            return {"event": chance.choice(names)}
        if sort < 0.3:
            return {"event": "Form Submitted", "form": chance.choice(("hello", "quote"))}
        if sort < 0.5 or plain:
            name = chance.choice(("Page Viewed", "Чай Şişede", "Order Completed"))
            key = {"Page Viewed": ("path", "title", "seconds"), "Order Completed": ("total",)}.get(name, ("word", "n"))
            key = (chance.choice(key),)
            value = next((one.properties[key[0]] for one in self.sample(name)), "x")
            return {"event": name, "where": {key[0]: self.scalar(value)}}
        kind = chance.choice(("text", "text", "number", "date"))
        name, path = chance.choice(_PROPERTIES[kind])
        operators: Sequence[str] = {"text": TEXTUAL, "number": NUMERIC, "date": ("before", "after")}[kind]
        if chance.random() < 0.1:
            operators = ("known", "is", "one_of")
        wanted = self.comparison(operators, lambda _: self.value(name, path))
        where: Words = {path: wanted}
        if chance.random() < 0.2 and name == "Page Viewed":
            where["path"] = chance.choice(("/prices", "/çay", {"starts_with": "/PR"}, {"ends_with": "/чай"}))
        return {"event": name, "where": where}

    def sample(self, name: str) -> list[Event]:
        events = self.by_name.get(name, [])
        return [self.chance.choice(events)] if events else []

    def value(self, name: str, path: str) -> Any:
        """A value that a property has."""
        for _ in range(4):
            for event in self.sample(name):
                if (value := value_at(event.properties, path)) is not None:
                    return value
        return None

    def span(self, now: int, events: Sequence[int], unit: str) -> str:
        """A window that ends close to one of the moments."""
        chance = self.chance
        if not events or chance.random() < 0.3:
            return f"{chance.choice((1, 3, 7, 30, 90, 200))} days"
        back = max(1, now - chance.choice(events))
        size = {"day": DAY_MS, "hour": DAY_MS // 24, "second": 1000}[unit]
        count = min(3_600, back // size + 1) if unit == "day" else min(80_000_000, back // size + 1)
        return f"{count} {unit}{'s' * (count > 1)}"

    def event(self) -> Words:
        """A condition on what happened."""
        chance = self.chance
        sort = chance.random()
        # More than ten of something seldom happens but of the commonest.
        said = {"event": "Page Viewed"} if sort > 0.92 else self.match()
        model = EventMatch.model_validate(said)
        oracle, now = self.some_moment()
        known = oracle.happened(model, now)
        ats = [one.at for one in known]
        if sort < 0.18:
            return said if chance.random() < 0.5 else {**said, "within": self.span(now, ats, "hour")}
        if sort < 0.28:
            return {**said, "never": True} | (
                {"within": self.span(now, ats, "second")} if chance.random() < 0.7 else {}
            )
        if sort < 0.48:
            return {**said, **self.period(now, ats)}
        if sort < 0.62:
            return self.sums(oracle, now)
        within = {"within": self.span(now, ats, "day")} if chance.random() < 0.7 else {}
        few = [at for at in ats if not within or at > now - _ms(within["within"])]
        count = len(few)
        if sort < 0.8:
            count = min(9, count)
        bounds: Words = {}
        if chance.random() < 0.75:
            bounds["at_least"] = max(1, count + chance.choice((-1, 0, 0, 1)))
        if not bounds or chance.random() < 0.3:
            bounds["at_most"] = max(bounds.get("at_least", 0), count + chance.choice((-1, 0, 0, 1, 3)))
        return {**said, **bounds, **within}

    def period(self, now: int, ats: Sequence[int]) -> Words:
        """When the first or the last was."""
        chance = self.chance
        at = chance.choice((min(ats), max(ats))) if ats else now - 5 * DAY_MS
        that = (local_date(at, self.zone) + timedelta(days=chance.choice((-1, 0, 1)))).isoformat()
        every: Words = {
            "within": self.span(now, ats, chance.choice(("day", "hour", "second"))),
            "longer_ago_than": self.span(now, ats, chance.choice(("day", "hour", "second"))),
            "before": that,
            "after": that,
        }
        chosen = chance.sample(list(every), chance.choice((1, 1, 1, 2)))
        return {chance.choice(("first", "last")): {name: every[name] for name in chosen}}

    def sums(self, oracle: Oracle, now: int) -> Words:
        """A sum of a property of orders or views."""
        chance = self.chance
        name, path = chance.choice(
            (
                *(("Order Completed", "total"), ("Order Completed", "items.price"), ("Order Refunded", "total")),
                *(("Page Viewed", "seconds"), ("Page Viewed", "product.price"), ("Чай Şişede", "n")),
            )
        )
        said: Words = {"event": name, "sum": path}
        if name == "Page Viewed" and chance.random() < 0.5:
            said["where"] = {"path": chance.choice(("/prices", {"contains": "a"}))}
        if chance.random() < 0.6:
            said["within"] = f"{chance.choice((1, 2, 7, 30, 90))} days"
        model = kinds.EventCondition.model_validate({**said, "above": 0})
        total = oracle.total(model, oracle.moment(now, Standing())) / 10_000
        operators = chance.choice((("at_least",), ("at_most",), ("above",), ("below",), ("at_least", "below")))
        near = total + chance.choice((0, 0, 0.01, -0.01, 5, -5))
        return {**said, **{one: round(near + (7 if one == "below" else 0), 2) for one in operators}}

    def leaf(self, level: int) -> Words:
        """One condition without parts; the level says what it may refer to."""
        chance = self.chance
        base: list[Callable[[], Words]] = [self.event, self.event, self.event, self.trait, self.trait, self.other]
        if level > 0:
            base += [self.scored, self.graded, lambda: {"segment": f"g{chance.randrange(self.base)}"}]
        if level > 1:
            base += [self.staged, self.staged, lambda: {"segment": f"g{chance.randrange(self.middle)}"}]
        return chance.choice(base)()

    def trait(self) -> Words:
        """A condition on a trait."""
        chance = self.chance
        sort = chance.random()
        if sort < 0.35:
            path, operators = chance.choice(TEXTS), (*TEXTUAL, "known")
        elif sort < 0.55:
            path, operators = chance.choice(NUMBERS), (*NUMERIC, "is")
        elif sort < 0.92:
            path = chance.choice(DATES)
            operators = (
                *("before", "after", "before today", "after today", "in_the_last", "in_the_next", "longer_ago_than"),
                *("anniversary today", "anniversary in", "anniversary within", "anniversary in", "anniversary today"),
            )
        else:
            path, operators = (
                chance.choice((*TEXTS, *NUMBERS, *DATES, "nobody.said")),
                ("known", "contains", "below"),
            )
        values = self.traits.get(path) or [None]
        return {"trait": path, **self.comparison(operators, lambda _: chance.choice(values))}

    def other(self) -> Words:
        """A condition on tags, consent, mails or journeys."""
        chance = self.chance
        within = {"within": chance.choice(("1 day", "10 days", "60 days", "90 minutes", "200 days"))}
        maybe = within if chance.random() < 0.5 else {}
        sort = chance.random()
        if sort < 0.25:
            return {"tag": chance.choice((*TAGS, "green-tea", "oolong", "pu-erh", "by-rule", "iç-çay-1", "чай-мёд"))}
        if sort < 0.4:
            return {"consent": chance.choice(TOPICS)}
        if sort < 0.75:
            was = chance.choice(("sent", "delivered", "opened", "clicked", "clicked", "bounced"))
            said: Words = {"email": chance.choice(TEMPLATES), "was": was, **maybe}
            if was == "clicked" and chance.random() < 0.6:
                said["link"] = chance.choice(("/prices", "/ÇAY", "tea.example/", "wholesale"))
            return said
        name, was = chance.choice(JOURNEYS), chance.choice(("entered", "ended", "finished", "exited", "goal"))
        if chance.random() < 0.4:
            return {"journey": name, "is": "in"}
        if was in ("finished", "exited", "goal") and self.by_name.get("Journey Ended"):
            # Each is seldom true of anybody: somebody's, then.
            ended = chance.choice(self.by_name["Journey Ended"]).properties
            name, was = ended["journey"], {"done": "finished"}.get(ended["outcome"], ended["outcome"])
        return {"journey": name, "was": was, **maybe}

    def scored(self) -> Words:
        """A condition on points or the temperature."""
        chance = self.chance
        bands = ["cold", "warm", "hot"]
        if chance.random() < 0.4:
            return {"temperature": chance.choice((*bands, chance.sample(bands, 2)))}
        return {"score": chance.choice(SCORES), chance.choice(("at_least", "below")): chance.choice((1, 5, 12, 20, 40))}

    def graded(self) -> Words:
        """A condition on the grade."""
        letters = ["A", "B", "C", "D"]
        return {"grade": self.chance.choice((*letters, self.chance.sample(letters, 2)))}

    def staged(self) -> Words:
        """A condition on the stage."""
        chance = self.chance
        named = chance.choice((*STAGES, sorted(chance.sample(STAGES, 2), key=STAGES.index)))
        said: Words = {"stage": named}
        if chance.random() < 0.35:
            said["or_later"] = True
        if chance.random() < 0.4:
            said["for_at_least"] = chance.choice(("1 hour", "3 days", "20 days"))
        return said

    def condition(self, level: int, depth: int) -> Words:
        """A condition of up to `depth` levels."""
        chance = self.chance
        if depth and chance.random() < 0.45:
            sort = chance.choice(("all", "any", "not"))
            if sort == "not":
                return {"not": self.condition(level, depth - 1)}
            return {sort: [self.condition(level, depth - 1) for _ in range(chance.randint(1, 3))]}
        return self.leaf(level)

    def scoring(self) -> Words:
        """Scores, temperature, grade and tags."""
        chance = self.chance
        grade = {
            "rules": [
                {"id": f"f{place}", "when": self.condition(0, 1), "points": chance.choice((-10, 10, 10, 20))}
                for place in range(chance.randint(2, 6))
            ],
            "a": 30,
            "b": 15,
            "c": 5,
        }
        tags = [{"id": "by-topic", "when": {"event": "Page Viewed"}, "from": "topic"}]
        tags += [{"id": "by-rule", "when": self.match(), "tag": "by-rule"}]
        tags += [{"id": "items", "when": {"event": "Order Completed"}, "from": "items.sku"}][: chance.randint(0, 1)]
        scoring: Words = {"scores": {name: self.score() for name in SCORES}, "grade": grade, "tags": tags}
        low = chance.choice((1, 5, 20))
        scoring["temperature"] = {
            "score": chance.choice(SCORES),
            "warm": {"at_least": low + 5, "until_below": low},
            "hot": {"at_least": low + 30, "until_below": low + chance.choice((0, 10, 30))},
        }
        return scoring

    def score(self) -> Words:
        """A score of some rules."""
        chance = self.chance
        rules = [
            {
                "id": f"r{place}",
                "when": self.match(),
                # Whole points of today beside a remnant below zero leave the oracle undecided: not too many of those.
                "points": chance.choice((1, 2, 3, 5, 10, 40, chance.choice((-5, -20)))),
                **self.caps(),
            }
            for place in range(chance.randint(2, 6))
        ]
        return {"half_life": chance.choice(("3 days", "2 weeks", "30 days", "90 days")), "rules": rules}

    def caps(self) -> Words:
        """What of a rule's events counts."""
        chance = self.chance
        if chance.random() < 0.15:
            return {"once": True}
        spans = {"at_most_per_day": (1, 2, 5), "at_most_per_week": (1, 3, 6), "at_most_per_month": (1, 4, 10)}
        return {name: chance.choice(most) for name, most in spans.items() if chance.random() < 0.35}

    def draw(self, segments: int = 60) -> Drawn:
        """The release. A third of its segments look at events and traits alone, a third at points, letters and
        earlier segments as well, the rest at everything."""
        chance = self.chance
        self.base, self.middle = segments // 3, 2 * segments // 3
        level = [(place >= self.base) + (place >= self.middle) for place in range(segments)]
        inside = [{chance.choice(("opened", "clicked")): step} for step in STEPS]
        inside += [self.condition(0, 1) for _ in range(2)] + [self.event() for _ in range(3)]
        inside += [self.graded(), self.staged()]
        parts: Words = {
            "scoring": self.scoring(),
            "segments": {f"g{place}": {"when": self.condition(at, 4)} for place, at in enumerate(level)},
            "funnel": {
                "forward_only": chance.choice((True, False)),
                "stages": [{"id": stage, "when": self.condition(1, 2)} for stage in STAGES],
            },
            "journeys": {
                "j": {
                    "topic": TOPICS[0],
                    "start": {"when": {"event": "Never Happened"}},
                    "exit": {"any": inside},
                    "steps": [*({"id": f"add-{name}", "add": {"score": name, "points": 1}} for name in SCORES)],
                }
            },
        }
        release = release_of(self.zone, parts)
        asked = release.journeys["j"].exit
        assert isinstance(asked, kinds.AnyCondition)
        return Drawn(release, tuple(asked.any))


def _ms(span: str) -> int:
    seconds = kinds.EventCondition.model_validate({"event": "x", "within": span}).within
    assert seconds is not None
    return seconds * 1000
