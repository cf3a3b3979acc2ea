"""Random journeys: every kind of step, in all their nestings, and every kind of wait and condition."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from functions.core.hours import WEEKDAYS

EVENTS: Final = ("Page Viewed", "Cart Filled", "Order Completed")
RENEWS: Final = "renews"
"""A trait that is a day."""

Acting = Callable[[random.Random, str], dict[str, Any]]
"""Makes what a step of a name does that needs no waiting."""


def acting(chance: random.Random, name: str) -> dict[str, Any]:
    """Anything that a step can do, with templates of its own."""
    traits = {chance.choice(("plan", RENEWS)): chance.choice(("gold", "2026-10-09", None))}
    return chance.choice(
        (
            {"send": f"mail-{name}"},
            {"send": {"sms": f"text-{name}"}, "topic": "offers"},
            {"tag": chance.choice("xy")},
            {"untag": chance.choice("xy")},
            {"update": {"traits": traits}},
            {"update": {"stage": "customer"}},
            {"add": {"score": "interest", "points": chance.choice((-5, 30))}},
            {"webhook": "crm", "keep": {"plan": "plan.name"}},
            {"notify": {"to": "shop", "subject": "Look"}},
            {"handoff": {"to": "shop", "reason": "Wants tea"}},
            {"start": "another"},
        )
    )


@dataclass(frozen=True, slots=True)
class Wild:
    """Makes journeys by chance, about days around `first`."""

    chance: random.Random
    first: date = date(2026, 9, 21)
    acting: Acting = acting

    def journey(self) -> dict[str, Any]:
        """All of a journey but what starts it."""
        chance = self.chance
        made: dict[str, Any] = {}
        steps = self.steps([f"s{n}" for n in range(chance.randint(1, 6))])
        if chance.random() < 0.4:
            made["goal"] = {"event": "Order Completed"}
        if chance.random() < 0.3:
            made["exit"] = self.condition()
        if chance.random() < 0.1:
            made["ends"] = (self.first + timedelta(days=1 + chance.randint(0, 20))).isoformat()
        return {"steps": steps, **made}

    def condition(self, depth: int = 2) -> dict[str, Any]:
        """A condition of up to so many more levels."""
        chance = self.chance
        sort = chance.random()
        if depth and sort < 0.25:
            parts = [self.condition(depth - 1) for _ in range(chance.randint(1, 3))]
            return {chance.choice(("all", "any")): parts}
        if depth and sort < 0.4:
            return {"not": self.condition(depth - 1)}
        name = chance.choice(EVENTS)
        return chance.choice(
            (
                {"event": name},
                {
                    "event": name,
                    "at_least": chance.randint(1, 3),
                    "within": chance.choice(("2 hours", "1 day", "6 days")),
                },
                {"event": name, "never": True, "within": chance.choice(("5 hours", "3 days"))},
                {"score": "interest", "at_least": chance.choice((20, 40, 60))},
                {"score": "interest", "below": 30},
                {"tag": chance.choice("xy")},
                {"trait": "plan", "is": "gold"},
            )
        )

    def wait(self) -> Any:
        """What a step waits for."""
        chance = self.chance
        length = chance.choice(("3 hours", "1 day", "5 days"))
        day = self.first + timedelta(days=chance.randint(-3, 30))
        shift = chance.choice(({}, {"before": "2 days"}, {"after": "1 day"}))
        at = chance.choice(("00:00", "09:00", "23:30", "24:00"))
        return chance.choice(
            (
                length,
                {"until": self.condition(), "at_most": length},
                {"until_day": day.isoformat(), "at": at, **shift},
                {"until_trait": RENEWS, "at": at, **shift},
                {"until_open": {"on": chance.sample(WEEKDAYS, 3), "between": ["09:00", "17:30"]}},
                {"until_open": {"between": [chance.choice(("00:00", "13:00")), "24:00"]}},
            )
        )

    def steps(self, names: Iterable[str], depth: int = 2) -> list[dict[str, Any]]:
        """Steps of these names, with up to so many levels inside them."""
        return [self._step(name, depth) for name in names]

    def _step(self, name: str, depth: int) -> dict[str, Any]:
        chance, sort = self.chance, self.chance.random()

        def inside(side: str, least: int = 0) -> list[dict[str, Any]]:
            return self.steps([f"{name}{side}{n}" for n in range(chance.randint(least, 3))], depth - 1)

        if depth and sort < 0.1:
            return {"id": name, "if": self.condition(), "then": inside("a"), "else": inside("b")}
        if depth and sort < 0.2:
            cases = [{"id": f"way-{side}", "when": self.condition(), "then": inside(side)} for side in "ab"]
            return {"id": name, "switch": cases, "otherwise": inside("c")}
        if depth and sort < 0.3:
            percent = chance.choice((0, 30, 50, 100))
            shares = [
                {"id": f"way-{side}", "percent": part, "then": inside(side)}
                for side, part in (("a", percent), ("b", 100 - percent))
            ]
            return {"id": name, "split": shares}
        if depth and sort < 0.45:
            turns: dict[str, Any] = {"at_most": chance.randint(1, 3)}
            if chance.random() < 0.4:
                turns["until"] = self.condition()
            return {"id": name, "repeat": inside("r", 1), **turns}
        if sort < 0.7:
            return {"id": name, "wait": self.wait()}
        if sort < 0.75:
            return {"id": name, "holdout": 20}
        if sort < 0.78:
            return {"id": name, "exit": True}
        return {"id": name, **self.acting(chance, name)}
