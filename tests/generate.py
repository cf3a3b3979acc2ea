"""Realistic people: long-tailed histories of a tea shop, with skewed clocks and odd orders."""

import random
from collections.abc import Sequence

from functions.core import event as names
from functions.core.conditions import EventMatch
from functions.core.event import Event
from functions.core.identity import own_ref
from functions.core.release import Release

ZONES = ("Europe/Istanbul", "America/New_York", "Asia/Kathmandu", "UTC", "Africa/Cairo", "Australia/Lord_Howe")
START = 1_790_000_000_000
DAY_MS = 86_400_000


def release(zone: str = "Europe/Istanbul", half_life: str = "14 days") -> Release:
    """A release whose rules use positive, negative and capped points, and every kind of behaviour condition."""
    return Release.model_validate(
        {
            "sending": {
                "business": {"name": "Tea", "time_zone": zone},
                "from": {"name": "Tea", "email": "hello@tea.example"},
                "topics": [{"id": "tips", "title": "Tips"}, {"id": "offers", "title": "Offers"}],
            },
            "scoring": {
                "scores": {
                    "interest": {
                        "half_life": half_life,
                        "rules": [
                            {"id": "page", "when": {"event": "Page Viewed"}, "points": 2, "at_most_per_day": 3},
                            {"id": "key", "when": {"event": "Page Viewed", "where": {"path": "/prices"}}, "points": 20},
                            {"id": "open", "when": {"event": "Email Opened"}, "points": 10},
                            {"id": "gone", "when": {"event": "Unsubscribed"}, "points": -40},
                        ],
                    }
                },
                "temperature": {
                    "score": "interest",
                    "warm": {"at_least": 20, "until_below": 12},
                    "hot": {"at_least": 60, "until_below": 40},
                },
            },
            "segments": {
                "keen": {"when": {"event": "Page Viewed", "at_least": 3, "within": "7 days"}},
                "quiet": {"when": {"not": {"event": "Page Viewed", "within": "30 days"}}},
                "buyers": {"when": {"event": "Order Completed"}},
                "warm-tips": {"when": {"all": [{"consent": "tips"}, {"score": "interest", "at_least": 15}]}},
                "tagged": {"when": {"any": [{"tag": "green"}, {"trait": "city", "is": "İzmir"}]}},
            },
        }
    )


def history(chance: random.Random, contact: str = "c1", sources: Sequence[str] = ("a#1", "e#1", "a#2")) -> list[Event]:
    """Events of one person over up to 90 days, in order of arrival: usually a few dozen, seldom hundreds."""
    count = min(400, max(1, int(chance.lognormvariate(3, 1))))
    skews = {source: chance.choice((0, 0, 40, -3_000, 7_200_000, -90 * DAY_MS)) for source in sources}
    received, events = START, []
    for number in range(count):
        received += int(chance.expovariate(1 / (90 * DAY_MS / count)))
        source = chance.choice(sources)
        late = int(chance.choice((0, 0, 0, 900, 5_000, 3 * DAY_MS)) * chance.random())
        at = received - late
        events.append(_event(chance, source, number, stamp=at - skews[source], at=at, received=received, who=contact))
    return events


def _event(chance: random.Random, source: str, number: int, *, stamp: int, at: int, received: int, who: str) -> Event:
    common = {"id": f"m{number}", "stamp": max(0, stamp), "at": at, "received": received}
    sort = chance.random()
    if sort < 0.6:
        path = chance.choice(("/", "/prices", "/green", "/çay", "/чай"))
        return Event(source=source, kind="page", name=names.PAGE_VIEWED, properties={"path": path}, **common)
    if sort < 0.7:
        traits = {"city": chance.choice(("İzmir", "Łódź", "Казань")), "n": number}
        traits |= {"born": "1984-02-29", "seen": at, "due": at + 9 * DAY_MS} if number % 3 else {}
        return Event(source=source, kind="identify", name=names.IDENTIFIED, traits=traits, **common)
    if sort < 0.75:
        consents = {"form": "hello", "consents": chance.sample(["tips", "offers"], chance.randint(0, 2))}
        return Event(source=source, kind=names.FORM, name=names.FORM_SUBMITTED, properties=consents, **common)
    if sort < 0.8:
        revenue = (40, -39.5, [10, "9", 12.25], None)[number % 4]
        return Event(source=source, kind="track", name="Order Completed", properties={"revenue": revenue}, **common)
    own = own_ref(who)
    message: dict[str, object] = {"message": f"msg{(which := chance.randint(0, 30))}", "template": "hello"}
    message["sent"] = START + which * DAY_MS
    if sort < 0.9:
        name = chance.choice((names.EMAIL_OPENED, names.EMAIL_CLICKED))
        return Event(source=own, kind=names.SYSTEM, name=name, properties=message, **common)
    if sort < 0.95:
        name, tag = chance.choice((names.TAG_ADDED, names.TAG_REMOVED)), chance.choice(("green", "black"))
        return Event(source=own, kind=names.SYSTEM, name=name, properties={"tag": tag}, **common)
    topic = {"topic": chance.choice(("tips", "offers", "*"))}
    return Event(source=own, kind=names.SYSTEM, name=names.UNSUBSCRIBED, properties=topic, **common)


def matching_nothing() -> EventMatch:
    """A match that no generated event fulfils."""
    return EventMatch(event="Never Happened")
