"""Why somebody has their points, grade, stage, tags and segments."""

from dataclasses import replace
from typing import Any

import pytest

from authoring.when import local, localised
from functions.core import event as names
from functions.core.contact import Contact, Profile, State
from functions.core.counters import counters
from functions.core.decisions import decide
from functions.core.event import Event
from functions.core.facts import rebuild
from functions.core.release import Release
from functions.core.views import iso
from functions.core.why import UnknownSegment, why

DAY = 86_400_000
NOW = 1_790_000_000_000
RELEASE = Release.model_validate(
    {
        "sending": {
            "business": {"name": "Tea", "time_zone": "Europe/Istanbul"},
            "from": {"name": "Tea", "email": "hello@tea.example"},
            "topics": [{"id": "tips", "title": "Tips"}],
        },
        "scoring": {
            "scores": {
                "interest": {
                    "title": "Interest in tea",
                    "half_life": "10 days",
                    "rules": [
                        {
                            "id": "prices",
                            "when": {"event": "Page Viewed", "where": {"path": "/prices"}},
                            "points": 20,
                            "at_most_per_day": 2,
                        },
                        {"id": "first-order", "when": {"event": "Order Completed"}, "points": 50, "once": True},
                    ],
                },
                "wholesale": {"rules": [{"id": "asked", "when": {"event": "Offer Asked"}, "points": 9}]},
            },
            "temperature": {
                "score": "interest",
                "warm": {"at_least": 30, "until_below": 20},
                "hot": {"at_least": 500, "until_below": 400},
            },
            "grade": {
                "rules": [
                    {"id": "house", "when": {"trait": "house", "one_of": ["cafe", "hotel"]}, "points": 40},
                    {"id": "company", "when": {"trait": "company", "known": True}, "points": 20},
                ],
                "a": 60,
                "b": 40,
                "c": 20,
            },
            "tags": [{"id": "topics", "when": {"event": "Page Viewed"}, "from": "topic"}],
        },
        "segments": {
            "buyers": {
                "title": "Buys a lot",
                "when": {"all": [{"event": "Order Completed", "at_least": 3}, {"tag": "x"}]},
            },
            "warm": {"when": {"temperature": "warm"}},
        },
        "funnel": {"stages": [{"id": "seen", "when": {"event": "Page Viewed"}}, {"id": "won", "when": {"tag": "won"}}]},
    }
)


def event(number: int, days: float, name: str, **properties: Any) -> Event:
    at = NOW - int(days * DAY)
    return Event("a#1", f"m{number}", at, at, at, "track", name, properties, traits={"house": "cafe"})


EVENTS = [
    event(1, 10.0, "Page Viewed", path="/prices", topic="Green Tea"),
    event(2, 10.001, "Page Viewed", path="/prices"),
    event(3, 10.002, "Page Viewed", path="/prices"),
    event(4, 10.003, "Page Viewed", path="/other"),
    event(5, 20.0, "Order Completed", total=9),
    event(6, 1.0, "Order Completed", total=7),
    replace(
        event(7, 3.0, names.TAG_ADDED, tag="won", journey="welcome", step="mark"), kind=names.SYSTEM, source="c#c1"
    ),
]


def explained(segment: str | None = None) -> dict[str, Any]:
    contact = rebuild(Contact(State("c1"), Profile("c1")), EVENTS, counters(RELEASE))
    contact = replace(contact, state=decide(contact, RELEASE, NOW).state)
    return why(contact, RELEASE, EVENTS, NOW, segment)


def test_every_point_names_its_event_and_its_property_and_what_is_left_of_it() -> None:
    score = explained()["scores"]["interest"]
    assert score["points"] == 32
    prices, first = score["rules"]
    assert (prices["when"], prices["counted"], prices["capped"]) == ("Page Viewed where path is /prices", 2, 1)
    assert [(one["event"], one["points"], one["left"], one["capped"]) for one in prices["events"]] == [
        (EVENTS[2].ref, 20, 10.0, False),
        (EVENTS[1].ref, 20, 10.0, False),
        (EVENTS[0].ref, 0, 0.0, True),
    ]
    assert prices["events"][0]["because"] == {"path": "/prices"}
    assert prices["events"][0]["at"] == iso(EVENTS[2].at)
    assert [(one["event"], one["left"]) for one in first["events"] if not one["capped"]] == [(EVENTS[4].ref, 12.5)]
    assert [one["event"] for one in first["events"] if one["capped"]] == [EVENTS[5].ref]


def test_what_is_left_adds_up_to_the_score() -> None:
    for score in explained()["scores"].values():
        assert int(sum(rule["left"] for rule in score["rules"]) + 0.1) == score["points"]


def test_a_score_of_nothing_says_so() -> None:
    assert explained()["scores"]["wholesale"] == {
        "title": "",
        "points": 0,
        "halves_every": "30 days",
        "rules": [],
    }


def test_a_grade_names_the_rules_that_hold_and_those_that_do_not() -> None:
    grade = explained()["grade"]
    assert (grade["letter"], grade["points"], grade["needed"]) == ("B", 40, {"A": 60, "B": 40, "C": 20})
    assert [(rule["rule"], rule["holds"], rule["sentence"], rule["saw"]) for rule in grade["rules"]] == [
        ("house", True, "their house is cafe or hotel", "house is cafe"),
        ("company", False, "their company is known", "not known"),
    ]


def test_a_temperature_says_when_it_cools() -> None:
    found = explained()["temperature"]
    assert found["band"] == "warm"
    # 32.5 points are fewer than 20 after seven days and a bit, at a midnight of İstanbul.
    assert local(found["cools"], "Europe/Istanbul").endswith("00:00:00")


def test_a_stage_says_when_it_was_entered() -> None:
    stage = explained()["stage"]
    assert (stage["id"], stage["entered"]) == ("won", iso(NOW))
    assert [(one["id"], one["holds"]) for one in stage["stages"]] == [("seen", True), ("won", True)]


def test_a_tag_names_what_put_it_there() -> None:
    assert [(tag["tag"], tag["by"], tag["event"]) for tag in explained()["tags"]] == [
        ("green-tea", "rule topics: Page Viewed (topic: Green Tea)", EVENTS[0].ref),
        ("won", "journey welcome, step mark", EVENTS[6].ref),
    ]


def test_a_segment_opens_its_condition() -> None:
    (found,) = explained("buyers")["segments"]
    assert (found["in"], found["since"]) == (False, None)
    assert [(part["holds"], part["saw"]) for part in found["why"]["parts"]] == [
        (False, "2 of 3 times"),
        (False, "never put there"),
    ]
    assert [(one["id"], one["in"], one["since"]) for one in explained()["segments"]][1] == ("warm", True, iso(NOW))


def test_a_segment_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with pytest.raises(UnknownSegment, match="buyers, warm"):
        explained("nobody")


def test_moments_are_read_in_the_zone_of_the_business_and_other_texts_stay() -> None:
    found = {"at": "2026-03-28T22:30:05.000Z", "said": ["ten o'clock", 3], "odd": "xxxx-xx-xxTxx:xx:xx.xxxZ"}
    assert localised(found, "Europe/Berlin") == {**found, "at": "2026-03-28 23:30:05"}
    assert local("2026-03-29T01:30:05.000Z", "Europe/Berlin") == "2026-03-29 03:30:05"
