"""A journey laboratory: releases, contacts and enrollments for tests of `advance`."""

from dataclasses import replace
from typing import Any

from functions.core.conditions import EventMatch
from functions.core.contact import Contact, Facts, MessageFacts, Moment, Profile, Rank, State
from functions.core.counters import counter_id
from functions.core.enrollment import Enrollment, enroll
from functions.core.journey import Journey
from functions.core.release import Release

NOW = 1_790_000_000_000
SECOND = 1_000
HOUR = 3_600_000
DAY = 86_400_000

WELCOME: dict[str, Any] = {
    "topic": "tips",
    "start": {"when": {"event": "Form Submitted", "form": "hello"}, "again": "never"},
    "goal": {"event": "Order Completed"},
    "steps": [
        {"id": "hello", "send": "welcome"},
        {"id": "clicked", "wait": {"until": {"clicked": "hello"}, "at_most": "3 days"}},
        {
            "id": "keen",
            "if": {"score": "interest", "at_least": 50},
            "then": [{"id": "offer", "send": "first-offer"}],
            "else": [{"id": "guide", "send": "brewing-guide"}],
        },
        {"id": "mark", "tag": "welcomed"},
    ],
}


def release(**journeys: dict[str, Any]) -> Release:
    """A release with these journeys and one score, interest: 20 points for a page view."""
    return Release.model_validate(
        {
            "sending": {
                "business": {"name": "Tea", "time_zone": "UTC"},
                "from": {"name": "Tea", "email": "hello@tea.example"},
                "topics": [{"id": "tips", "title": "Tips"}, {"id": "offers", "title": "Offers"}],
            },
            "scoring": {
                "scores": {
                    "interest": {"rules": [{"id": "page", "when": {"event": "Page Viewed"}, "points": 20}]},
                },
            },
            "journeys": journeys,
        }
    )


def journey(*steps: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """A journey of these steps, started by "Signed Up"."""
    return {"topic": "tips", "start": {"when": {"event": "Signed Up"}, "again": "never"}, "steps": list(steps), **rest}


def contact(**facts: Any) -> Contact:
    """A contact with these facts."""
    return Contact(State("ada", facts=Facts(**facts)), Profile("ada"))


def happened(person: Contact, name: str, *moments: int) -> Contact:
    """The contact after events of a name at these moments (ms)."""
    key = counter_id(EventMatch(event=name))
    facts = person.state.facts
    newest = tuple(sorted({*facts.newest.get(key, ()), *(Moment(at, 0) for at in moments)}, key=lambda one: one.at))
    days = dict(facts.counters.get(key, {}))
    for moment in moments:
        days[moment // DAY] = days.get(moment // DAY, 0) + 1
    facts = replace(facts, newest={**facts.newest, key: newest}, counters={**facts.counters, key: days})
    return replace(person, state=replace(person.state, facts=facts))


def holding(person: Contact, trait: str, value: Any, at: int = NOW, *, proved: bool = False) -> Contact:
    """The contact after somebody said at a moment (ms) what a trait is."""
    traits = {**person.profile.traits, trait: (Rank(proved, Moment(at, 0)), value)}
    return replace(person, profile=replace(person.profile, traits=traits))


def clicked(person: Contact, message: str, at: int) -> Contact:
    """The contact after a click in a message."""
    facts = person.state.facts
    messages = {**facts.messages, message: MessageFacts(sent=at - HOUR, clicked=at)}
    return replace(person, state=replace(person.state, facts=replace(facts, messages=messages)))


def entered(made: Release, journey_id: str = "welcome", at: int = NOW, cause: str = "e#ada#1#m1") -> Enrollment:
    """A fresh enrollment."""
    fresh = enroll(journey_id, made.journeys[journey_id], "r1", None, contact="ada", cause=cause, at=at)
    assert fresh is not None
    return fresh


def rules(made: Release, journey_id: str = "welcome") -> Journey:
    return made.journeys[journey_id]
