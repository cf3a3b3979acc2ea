"""What is kept of events: only what a release refers to, under ids that stay."""

import json
from typing import Any

import pytest

from functions.core.conditions import EventMatch
from functions.core.counters import KEPT_MS, Counter, Kept, counter_id, counters, keep, kept_from, needed
from functions.core.event import Event
from functions.core.release import Release
from tests.generate import release

DAY = 86_400


def asking(*conditions: dict[str, Any], **more: Any) -> Release:
    return Release.model_validate(
        {
            "sending": {
                "business": {"name": "Tea", "time_zone": "Europe/Istanbul"},
                "from": {"name": "Tea", "email": "hello@tea.example"},
                "topics": [{"id": "tips", "title": "Tips"}],
            },
            "segments": {f"s{number}": {"when": one} for number, one in enumerate(conditions)},
            **more,
        }
    )


def kept_of(*conditions: dict[str, Any], **more: Any) -> list[tuple[int, int, bool, str | None]]:
    """Horizon, newest, first and sum of each counter."""
    found = counters(asking(*conditions, **more)).by_id.values()
    return [(one.horizon, one.newest, one.first, one.sum) for one in found]


def test_ids_of_plain_matches_and_specs_are_those_that_stand_in_contacts_rows() -> None:
    assert counter_id(EventMatch(event="Page Viewed", where={"path": "/çay"})) == "fgtn6n65"
    assert counter_id(EventMatch(event="Form Submitted", form="hello")) == "t2p7xxww"
    assert counters(release()).spec == "ozkpbxy2mlms"


def test_matches_that_ask_something_else_have_ids_of_their_own() -> None:
    plain = EventMatch(event="Order Completed", where={"total": 5})
    compared = EventMatch.model_validate({"event": "Order Completed", "where": {"total": {"is": 5}}})
    other = EventMatch.model_validate({"event": "Order Completed", "where": {"total": {"at_least": 5}}})
    ids = [counter_id(one) for one in (plain, compared, other)]
    ids += [counter_id(plain, "total"), counter_id(plain, "tax"), counter_id(compared, "total")]
    assert len(set(ids)) == len(ids)


def test_points_that_steps_add_are_counted_only_for_scores_that_a_journey_adds_to() -> None:
    def with_steps(*steps: dict[str, Any]) -> Release:
        scores = {name: {"half_life": "3 days"} for name in ("interest", "wholesale")}
        start = {"when": {"event": "Signed Up"}}
        journey = {"topic": "tips", "start": start, "steps": [{"id": "end", "exit": True}, *steps]}
        return asking(scoring={"scores": scores}, journeys={"j": journey})

    add = {"id": "more", "add": {"score": "interest", "points": 5}}
    inside = {"id": "if", "if": {"tag": "keen"}, "then": [add]}
    assert counters(with_steps()).by_id == {}
    assert [(one.horizon, one.sum) for one in counters(with_steps(inside)).by_id.values()] == [(30, "points")]
    put = {"id": "put", "update": {"stage": "buyer", "traits": {"plan": "pro"}}}
    assert counters(with_steps(put)).spec == counters(with_steps()).spec


def test_equal_matches_share_a_counter_that_keeps_what_any_of_them_needs() -> None:
    page = {"event": "Page Viewed"}
    assert kept_of(
        {**page, "at_least": 3}, {**page, "at_most": 4}, {**page, "first": {"within": "1 day"}}, {**page, "never": True}
    ) == [(0, 5, True, None)]


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ({"event": "E"}, [(0, 1, False, None)]),
        ({"event": "E", "at_least": 10}, [(0, 10, False, None)]),
        ({"event": "E", "at_most": 9}, [(0, 10, False, None)]),
        ({"event": "E", "at_most": 10, "within": "30 days"}, [(30, 0, False, None)]),
        ({"event": "E", "at_least": 11, "within": "2 weeks"}, [(14, 0, False, None)]),
        ({"event": "E", "at_least": 11}, [(36_500, 0, False, None)]),
        ({"event": "E", "sum": "total", "above": 5}, [(36_500, 0, False, "total")]),
        ({"event": "E", "sum": "total", "above": 5, "within": "7 days"}, [(7, 0, False, "total")]),
        ({"event": "E", "last": {"within": "7 days"}}, [(0, 1, False, None)]),
        ({"event": "E", "first": {"within": "7 days"}}, [(0, 0, True, None)]),
        ({"email": "hello", "was": "sent"}, [(0, 1, False, None)]),
        ({"email": "hello", "was": "opened"}, [(0, 1, False, None)] * 2),
        ({"journey": "welcome", "is": "in"}, [(0, 1, False, None)] * 2),
        ({"journey": "welcome", "was": "finished"}, [(0, 1, False, None)]),
        ({"trait": "city", "known": True}, []),
        ({"all": [{"tag": "a"}, {"not": {"any": [{"event": "E"}]}}]}, [(0, 1, False, None)]),
    ],
)
def test_what_each_condition_needs_kept(condition: dict[str, Any], kept: list[Any]) -> None:
    assert kept_of(condition) == kept


def test_rules_grades_and_stages_have_their_counters_too() -> None:
    rules = [
        {"id": "view", "when": {"event": "V"}, "points": 1},
        {"id": "first", "when": {"event": "F"}, "points": 1, "once": True},
    ]
    scoring = {
        "scores": {"interest": {"half_life": "7 days", "rules": rules}},
        "grade": {"rules": [{"id": "fit", "when": {"event": "G"}, "points": 5}], "a": 3, "b": 2, "c": 1},
        "tags": [{"id": "topic", "when": {"event": "T"}, "from": "topic"}],
    }
    funnel = {"stages": [{"id": "aware", "when": {"event": "S", "at_least": 2}}]}
    found = {one.match.event: one for one in counters(asking(scoring=scoring, funnel=funnel)).by_id.values()}
    assert {name: (one.horizon, one.newest, one.first) for name, one in found.items()} == {
        "V": (70, 0, False),
        "F": (70, 0, True),
        "G": (0, 1, False),
        "S": (0, 2, False),
    }


def test_facts_are_made_anew_when_what_is_kept_changes_and_not_when_its_name_does() -> None:
    def spec(*conditions: dict[str, Any], **tag: Any) -> str:
        tags = [{"id": "one", "when": {"event": "T"}, "tag": "t", **tag}]
        return counters(asking(*conditions, scoring={"tags": tags})).spec

    base = spec({"event": "E"})
    assert base == spec({"event": "E", "never": True})
    assert base == spec({"event": "E"}, id="two")
    changed = [
        spec({"event": "E", "at_least": 2}),
        spec({"event": "E"}, {"event": "E", "first": {"within": "1 day"}}),
        spec({"event": "E"}, {"event": "E", "sum": "x", "above": 1}),
        spec({"event": "E"}, tag="u"),
        spec({"event": "E"}, when={"event": "U"}),
    ]
    assert len({base, *changed}) == 6


def test_counters_are_kept_for_people_in_flight_with_all_that_they_keep() -> None:
    asked = asking(
        {"event": "E", "sum": "total", "above": 1, "within": "7 days"},
        {"event": "E", "where": {"n": {"is": 1}}, "first": {"within": "1 day"}},
    )
    stored = [json.loads(json.dumps(one.to_plain())) for one in keep(asked, [], 5)]
    kept = [kept_from(one) for one in stored]
    assert {one.until for one in kept} == {5 + KEPT_MS}
    assert counters(asking(), kept).by_id == counters(asked).by_id
    assert keep(asking(), kept, 5 + KEPT_MS) == []
    assert keep(asked, kept, 6) == [Kept(one.counter, 6 + KEPT_MS) for one in kept]


def test_a_kept_counter_of_an_earlier_version_is_read() -> None:
    match = EventMatch(event="Page Viewed")
    stored = {"match": {"event": "Page Viewed"}, "horizon": 300, "newest": 2, "until": 9}
    assert kept_from(stored) == Kept(Counter(counter_id(match), match, 300, 2), 9)


@pytest.mark.parametrize(
    ("condition", "days"),
    [
        ({"event": "E"}, 0),
        ({"event": "E", "within": "9 days"}, 9),
        ({"event": "E", "last": {"longer_ago_than": "40 days"}}, 40),
        ({"event": "E", "first": {"within": "50 days"}}, 50),
        ({"event": "E", "sum": "x", "above": 1, "within": "2 weeks"}, 14),
        ({"email": "hello", "was": "sent", "within": "3 days"}, 3),
        ({"journey": "welcome", "was": "goal", "within": "4 days"}, 4),
    ],
)
def test_how_far_back_events_must_stay(condition: dict[str, Any], days: int) -> None:
    assert needed(asking(condition)) == days * DAY


def test_an_event_finds_its_counters_among_a_thousand_that_name_other_values() -> None:
    values: list[Any] = [*(f"/p{number}" for number in range(1000)), 1, True, "1", 2.0]
    asked = [{"event": "E", "where": {"path": value}} for value in values]
    asked += [{"event": "E"}, {"event": "E", "form": "hello"}, {"event": "E", "where": {"path": {"contains": "P7"}}}]
    asked += [{"event": "E", "where": {"a.b": 1}}]
    found = counters(asking(*asked))

    def matching(**properties: Any) -> list[Any]:
        event = Event("a#1", "m1", 1, 1, 1, "track", "E", properties)
        matches = [one.match for one in found.matching(event)]
        return [dict(one.where) | ({"form": one.form} if one.form else {}) for one in matches]

    def plain(*more: Any) -> list[Any]:
        return [{}, *more]

    contains = next(one for one in found.by_id.values() if "P7" in str(one.match.where)).match.where
    assert matching() == plain()
    assert matching(path="/p12") == plain({"path": "/p12"})
    assert matching(path="/p71") == plain(contains, {"path": "/p71"})
    assert matching(path=1) == plain({"path": 1}) == matching(path=1.0)
    assert matching(path=True) == plain({"path": True})
    assert matching(path=2) == plain({"path": 2.0})
    assert matching(path=["/p12"]) == plain()
    assert matching(path={"/p12": 1}) == plain()
    assert matching(form="hello") == plain({"form": "hello"})
    assert matching(a={"b": 1}) == plain({"a.b": 1})
    assert list(found.matching(Event("a#1", "m1", 1, 1, 1, "track", "Other"))) == []
