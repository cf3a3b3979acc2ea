"""Releases that use the whole condition language on what tests/generate.py makes people do."""

import random
from typing import Any

from functions.core import event as names
from functions.core.event import Event
from functions.core.identity import own_ref
from functions.core.release import Release

TRAITS = ("city", "n", "born", "address.city", "langs")
WINDOWS = ("1 hour", "3 days", "10 days", "40 days")
DAYS = ("2 days", "1 week", "30 days")


def language(chance: random.Random, zone: str, segments: int, journeys: int = 0) -> Release:
    """A release of so many segments, each of some conditions of any kind, and journeys that start by such."""
    return Release.model_validate(
        {
            "sending": {
                "business": {"name": "Tea", "time_zone": zone},
                "from": {"name": "Tea", "email": "hello@tea.example"},
                "topics": [{"id": "tips", "title": "Tips"}, {"id": "offers", "title": "Offers"}],
            },
            "scoring": {
                "scores": {
                    "interest": {"half_life": chance.choice(("2 days", "14 days")), "rules": _rules()},
                    "wholesale": {"rules": [{"id": "order", "when": {"event": "Order Completed"}, "points": 15}]},
                },
                "temperature": {
                    "score": "interest",
                    "warm": {"at_least": 20, "until_below": 12},
                    "hot": {"at_least": 60, "until_below": 40},
                },
                "grade": {
                    "rules": [
                        {"id": "here", "when": {"trait": "city", "is": "İzmir"}, "points": 10},
                        {"id": "busy", "when": condition(chance, 1, lines=False), "points": 20},
                        {"id": "gone", "when": {"event": "Unsubscribed", "within": "30 days"}, "points": -10},
                    ],
                    "a": 25,
                    "b": 15,
                    "c": 5,
                },
                "tags": [
                    {"id": "page", "when": {"event": "Page Viewed"}, "from": "path"},
                    {"id": "buyer", "when": {"event": "Order Completed"}, "tag": "buyer"},
                ],
            },
            "funnel": {
                "forward_only": chance.random() < 0.5,
                "stages": [
                    {"id": "aware", "when": {"event": "Page Viewed"}},
                    {"id": "keen", "when": condition(chance, 1, lines=False)},
                    {"id": "buyer", "when": {"event": "Order Completed", "within": "20 days"}},
                ],
            },
            "journeys": {
                "adding": {
                    "topic": "tips",
                    "start": {"when": {"event": "Signed Up"}},
                    "steps": [{"id": "more", "add": {"score": "interest", "points": 5}}],
                },
                **{f"j{number}": _starting_by(chance) for number in range(journeys)},
            },
            "segments": {
                "s0": {"when": condition(chance, 1, lines=False)},
                **{f"s{number}": {"when": condition(chance, chance.randint(0, 3))} for number in range(1, segments)},
            },
        }
    )


def _starting_by(chance: random.Random) -> dict[str, Any]:
    becomes = condition(chance, chance.randint(0, 2))
    start = {"when": {"becomes": becomes}, "again": "always"}
    return {"topic": "tips", "start": start, "steps": [{"id": "mark", "tag": "green"}]}


def runs(chance: random.Random, events: list[Event]) -> list[Event]:
    """The events, and between them those of a journey that is entered and ended now and then, and what its steps do."""
    lived: list[Event] = []
    for number, event in enumerate(events):
        lived.append(event)
        if chance.random() < 0.1:
            name, at = chance.choice((names.JOURNEY_ENTERED, names.JOURNEY_ENDED)), event.received
            said = {"journey": "welcome", "outcome": chance.choice(("done", "exited", "goal"))}
            lived.append(Event(own_ref("c1"), f"j{number}", at, at, at, names.SYSTEM, name, said))
        if chance.random() < 0.05:
            lived.append(_done(chance, number, event.received))
    return lived


def _done(chance: random.Random, number: int, at: int) -> Event:
    """What a step did: points added, a stage set, a trait changed."""
    name, said = chance.choice(
        (
            (names.POINTS_ADDED, {"score": "interest", "points": chance.choice((5, 40, -15))}),
            (names.STAGE_SET, {"stage": chance.choice(("aware", "keen", "buyer", "gone"))}),
            (names.TRAITS_CHANGED, {}),
        )
    )
    traits = {"city": chance.choice(("İzmir", "Köln", None))} if name == names.TRAITS_CHANGED else {}
    return Event(own_ref("c1"), f"s{number}", at, at, at, names.SYSTEM, name, said, traits, proved=bool(traits))


def _rules() -> list[dict[str, Any]]:
    return [
        {"id": "page", "when": {"event": "Page Viewed"}, "points": 2, "at_most_per_day": 3, "at_most_per_week": 8},
        {"id": "prices", "when": {"event": "Page Viewed", "where": {"path": "/prices"}}, "points": 20, "once": True},
        {"id": "open", "when": {"event": "Email Opened"}, "points": 10, "at_most_per_month": 4},
        {"id": "gone", "when": {"event": "Unsubscribed"}, "points": -40},
    ]


def condition(chance: random.Random, depth: int, lines: bool = True) -> dict[str, Any]:
    """A condition of up to `depth` levels; without `lines` none that asks where people stand."""
    if depth and chance.random() < 0.6:
        sort = chance.choice(("all", "any", "not"))
        if sort == "not":
            return {"not": condition(chance, depth - 1, lines)}
        return {sort: [condition(chance, depth - 1, lines) for _ in range(chance.randint(1, 3))]}
    sorts = [counted, dated, summed, known, lambda one: one.choice(PLAIN)]
    return chance.choice([*sorts, lambda one: one.choice(LINES)] if lines else sorts)(chance)


PLAIN: list[dict[str, Any]] = [
    {"tag": "green"},
    {"tag": "prices"},
    {"consent": "tips"},
    {"score": "interest", "at_least": 20},
    {"score": "interest", "below": 5},
    {"score": "wholesale", "at_least": 10},
    {"email": "hello", "was": "opened", "within": "10 days"},
    {"email": "hello", "was": "clicked"},
    {"journey": "welcome", "is": "in"},
    {"journey": "welcome", "was": "finished", "within": "10 days"},
]
LINES: list[dict[str, Any]] = [
    {"temperature": "cold"},
    {"temperature": ["warm", "hot"]},
    {"grade": ["A", "B"]},
    {"grade": "D"},
    {"stage": "keen"},
    {"stage": "aware", "or_later": True, "for_at_least": "5 days"},
    {"stage": ["aware", "buyer"], "for_at_least": "12 hours"},
    {"segment": "s0"},
]


def counted(chance: random.Random) -> dict[str, Any]:
    """So many pages, exactly or by days."""
    made: dict[str, Any] = {"event": chance.choice(("Page Viewed", "Page Viewed", "Order Completed"))}
    if made["event"] == "Page Viewed" and chance.random() < 0.5:
        made["where"] = {"path": chance.choice(("/prices", "/çay", {"contains": "Ç"}, {"starts_with": "/ч"}))}
    if chance.random() < 0.2:
        return made | {"never": True, "within": chance.choice(WINDOWS)}
    if chance.random() < 0.3:
        made |= {"at_least": chance.choice((11, 20)), "within": chance.choice(DAYS)}
    elif chance.random() < 0.5:
        made |= {"at_least": chance.randint(1, 6), "within": chance.choice(WINDOWS)}
    else:
        low = chance.randint(1, 3)
        made |= {"at_least": low, "at_most": low + chance.randint(0, 3), "within": chance.choice(WINDOWS)}
    if chance.random() < 0.2:
        del made["within"]
    return made


def dated(chance: random.Random) -> dict[str, Any]:
    """When something happened first or last."""
    name = chance.choice(("Page Viewed", "Order Completed", "Email Opened"))
    period = chance.choice(({"within": "4 days"}, {"longer_ago_than": "9 days"}, {"after": "2026-10-20"}))
    return {"event": name, chance.choice(("first", "last")): period}


def summed(chance: random.Random) -> dict[str, Any]:
    """What orders add up to."""
    made: dict[str, Any] = {"event": "Order Completed", "sum": "revenue"}
    made |= {chance.choice(("at_least", "at_most", "above", "below")): chance.choice((39.5, 40, 80, 120))}
    return made | ({"within": chance.choice(DAYS)} if chance.random() < 0.7 else {})


def known(chance: random.Random) -> dict[str, Any]:
    """What a trait is like."""
    return chance.choice(
        (
            {"trait": "city", "one_of": ["Łódź", "İzmir"]},
            {"trait": "city", "contains": "iZ"},
            {"trait": "n", "above": 20, "below": 60},
            {"trait": "n", "known": True},
            {"trait": "born", "anniversary": chance.choice(("today", "in 3 days", "within 2 weeks"))},
            {"trait": "seen", "in_the_last": "5 days"},
            {"trait": "seen", "longer_ago_than": "10 days"},
            {"trait": "due", "in_the_next": "1 week"},
            {"trait": "due", "before": "today"},
        )
    )
