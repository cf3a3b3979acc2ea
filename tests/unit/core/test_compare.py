"""What a value must be like: every bound, on values of every kind, and the day on which an answer may change."""

from datetime import date
from typing import Any

import pytest

from functions.core.compare import day_in, fulfils, number, value_at, verdict
from functions.core.comparisons import PropertyComparison, TraitComparison
from functions.core.days import EPOCH

ISTANBUL = "Europe/Istanbul"


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH


def asked(value: Any, bounds: dict[str, Any], today: str = "2027-03-08", zone: str = ISTANBUL) -> tuple[bool, str]:
    """Whether the value is as wanted, and the day on which that ends ("" for never)."""
    found = verdict(TraitComparison.model_validate(bounds), value, zone, day(today))
    return found.holds, "" if found.until is None else date.fromordinal(found.until + EPOCH).isoformat()


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", 1),
        ("b.c", 2),
        ("b.d.e", 3),
        ("dotted.key", 4),
        ("list.x", [5, 6]),
        ("list.y", None),
        ("list.deep.z", [7, 8, 9]),
        ("b.literal.key", 10),
        ("nothing", None),
        ("a.b", None),
        ("null", None),
        ("null.x", None),
        ("", None),
    ],
)
def test_a_path_leads_through_objects_and_members_of_lists_and_a_literal_key_comes_first(path: str, found: Any) -> None:
    values = {
        "a": 1,
        "b": {"c": 2, "d": {"e": 3}, "literal.key": 10},
        "dotted.key": 4,
        "dotted": {"key": "hidden"},
        "list": [{"x": 5}, {"x": 6, "deep": {"z": [7, 8]}}, {"deep": {"z": 9}}, "no object"],
        "null": None,
    }
    assert value_at(values, path) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (1, 1),
        (1.5, 1.5),
        ("42", 42),
        ("-3.5", -3.5),
        ("007", 7),
        ("", None),
        (" 42", None),
        ("42 cups", None),
        ("+90 532", None),
        ("1e5", None),
        (".5", None),
        ("٤٢", None),
        ("9" * 5000, None),
        (True, None),
        (None, None),
        ([1], None),
        ({"a": 1}, None),
    ],
)
def test_a_number_is_a_number_or_a_text_that_is_fully_a_decimal(value: Any, found: Any) -> None:
    assert number(value) == found
    assert not isinstance(number(value), bool)


HOLDS: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    ({"is": "tea"}, ["tea", ["coffee", "tea"]], ["Tea", "", None, [], 1, {"tea": "tea"}]),
    ({"is": 1}, [1, 1.0, [2, 1]], [True, "1", 2, None]),
    ({"is": True}, [True, [True]], [1, "true", None]),
    ({"one_of": ["a", 2]}, ["a", 2, 2.0, ["x", "a"]], ["A", "2", True, None, []]),
    ({"known": True}, ["", 0, False, [], "x", {}], [None]),
    ({"known": False}, [None], ["", 0, False, []]),
    ({"at_least": 3}, [3, 3.0, "3", "10", [1, 5]], [2.9, "abc", True, None, [], "3 kg", "1e9"]),
    ({"at_most": 3}, [3, "-5", 2.9, [9, 1]], [3.1, "9", "x", None, False]),
    ({"above": 3}, [3.01, "4"], [3, "3", "x"]),
    ({"below": 3}, [2.99, "2", -1], [3, "", "x"]),
    ({"at_least": 3, "at_most": 5}, [4, [1, 4, 9]], [1, 9, [1, 9]]),
    ({"contains": "TEA"}, ["green tea", "Tea", ["x", "tEa"]], ["te a", ["green tea"], None, True, {"tea": 1}]),
    ({"contains": "izmir"}, ["İZMİR", "Izmir", "ızmır'de", "İzmirli"], ["Ankara", "ızmı"]),
    ({"contains": "İSTANBUL"}, ["istanbul", "ıstanbul", "İstanbul'dan"], ["stanbul"]),
    ({"contains": "ЧАЙ"}, ["зелёный чай", ["чай"]], ["чал"]),
    ({"contains": "łódź"}, ["ŁÓDŹ", "Ło\u0301dz\u0301"], ["Lodz"]),
    ({"contains": "🍵"}, ["a 🍵 b"], ["a ☕ b"]),
    ({"contains": "strasse"}, ["Hauptstraße 5"], []),
    ({"contains": "12"}, [3125, "3125", 0.125], [321, True]),
    ({"starts_with": "İz"}, ["izmir", "IZMIR", ["a", "İZ"]], ["aiz", None, 1]),
    ({"ends_with": "ÇAY"}, ["yeşil çay", "c\u0327ay"], ["çaylar"]),
    ({"starts_with": "+90", "ends_with": "7"}, ["+90 532 7", ["x", "+907"]], ["+90 5", ["+90", "7"]]),
    ({"all_of": ["a", "b"]}, [["b", "a", "c"], ("a", "b")], [["a"], "a", "ab", [], None, ["A", "b"]]),
    ({"all_of": ["a"]}, ["a", ["a"]], ["b"]),
    ({"all_of": ["a"], "contains": "b"}, [["a", "B"]], [["a"], ["b"], "ab"]),
    ({"before": "2027-03-08"}, ["2027-03-07", "1890-01-01"], ["2027-03-08", "soon", "", None, True, []]),
    ({"after": "2027-03-08"}, ["2027-03-09", "9999-12-31", ["2020-01-01", "2028-01-01"]], ["2027-03-08", "x"]),
    ({"after": "2027-01-01", "before": "2027-02-01"}, ["2027-01-15"], ["2027-02-01", ["2026-12-01", "2027-03-01"]]),
]


@pytest.mark.parametrize(("bounds", "held", "refused"), HOLDS, ids=[str(bounds) for bounds, _, _ in HOLDS])
def test_every_bound_on_values_of_every_kind(bounds: dict[str, Any], held: list[Any], refused: list[Any]) -> None:
    for comparison in (PropertyComparison.model_validate(bounds), TraitComparison.model_validate(bounds)):
        assert [value for value in held if not fulfils(comparison, value, ISTANBUL)] == []
        assert [value for value in refused if fulfils(comparison, value, ISTANBUL)] == []


@pytest.mark.parametrize(
    ("value", "zone", "found"),
    [
        ("2027-03-08", "America/Los_Angeles", "2027-03-08"),
        (" 2027-03-08 ", "Pacific/Auckland", "2027-03-08"),
        ("2027-03-08T22:30:00Z", "Europe/Istanbul", "2027-03-09"),
        ("2027-03-08T22:30:00Z", "America/New_York", "2027-03-08"),
        ("2027-03-08T22:30:00+03:00", "UTC", "2027-03-08"),
        (1_804_545_000, "Europe/Istanbul", "2027-03-09"),
        (1_804_545_000_000, "America/New_York", "2027-03-08"),
        ("1804545000", "UTC", "2027-03-08"),
        # Before 1970: a birthday as JavaScript writes it.
        ("1955-03-07T22:00:00.000Z", "Europe/Istanbul", "1955-03-08"),
        (-467_000_000, "UTC", "1955-03-15"),
        # Cairo has no midnight on 28 April 2023: its first moment is 01:00, 22:00 in UTC.
        ("2023-04-27T21:59:59Z", "Africa/Cairo", "2023-04-27"),
        ("2023-04-27T22:00:00Z", "Africa/Cairo", "2023-04-28"),
    ],
)
def test_a_date_is_a_local_day_wherever_it_is_read(value: Any, zone: str, found: str) -> None:
    assert day_in(value, zone) == day(found)


@pytest.mark.parametrize(
    "value", ["", "soon", "42", "2027-13-01", "2027-02-30", True, None, [], {}, 1e300, float("nan"), "9" * 5000]
)
def test_what_is_no_date_names_no_day(value: Any) -> None:
    assert day_in(value, ISTANBUL) is None


@pytest.mark.parametrize(
    ("bounds", "value", "holds", "until"),
    [
        ({"before": "today"}, "2027-03-07", True, ""),
        ({"before": "today"}, "2027-03-08", False, "2027-03-09"),
        ({"before": "today"}, "2027-04-01", False, "2027-04-02"),
        ({"before": "today"}, "9999-12-31", False, ""),
        ({"after": "today"}, "2027-03-09", True, "2027-03-09"),
        ({"after": "today"}, "2027-03-08", False, ""),
        ({"after": "today"}, "2028-02-29", True, "2028-02-29"),
        ({"in_the_last": "7 days"}, "2027-03-08", True, "2027-03-16"),
        ({"in_the_last": "7 days"}, "2027-03-01", True, "2027-03-09"),
        ({"in_the_last": "7 days"}, "2027-02-28", False, ""),
        ({"in_the_last": "7 days"}, "2027-03-10", False, "2027-03-10"),
        ({"in_the_next": "2 weeks"}, "2027-03-08", True, "2027-03-09"),
        ({"in_the_next": "2 weeks"}, "2027-03-22", True, "2027-03-23"),
        ({"in_the_next": "2 weeks"}, "2027-03-23", False, "2027-03-09"),
        ({"in_the_next": "2 weeks"}, "2027-03-07", False, ""),
        ({"longer_ago_than": "30 days"}, "2027-02-06", False, "2027-03-09"),
        ({"longer_ago_than": "30 days"}, "2027-02-05", True, ""),
        ({"longer_ago_than": "30 days"}, "2027-03-10", False, "2027-04-10"),
        ({"in_the_last": "7 days", "after": "2027-03-05"}, "2027-03-06", True, "2027-03-14"),
        ({"in_the_last": "7 days", "after": "2027-03-07"}, "2027-03-06", False, ""),
        ({"in_the_last": "7 days"}, ["2020-01-01", "2027-03-02", "2027-03-05"], True, "2027-03-13"),
        ({"in_the_next": "7 days"}, ["2027-05-01", "2027-04-01"], False, "2027-03-25"),
        ({"in_the_last": "7 days"}, "soon", False, ""),
        ({"in_the_last": "7 days"}, None, False, ""),
        ({"anniversary": "today"}, "1984-03-08", True, "2027-03-09"),
        ({"anniversary": "today"}, "1984-03-09", False, "2027-03-09"),
        ({"anniversary": "today"}, "1984-03-07", False, "2028-03-07"),
        ({"anniversary": "today"}, "2031-03-08", True, "2027-03-09"),
        ({"anniversary": "in 7 days"}, "1984-03-15", True, "2027-03-09"),
        ({"anniversary": "in 7 days"}, "1984-03-08", False, "2028-03-01"),
        ({"anniversary": "in 7 days"}, "1984-03-16", False, "2027-03-09"),
        ({"anniversary": "within 7 days"}, "1984-03-15", True, "2027-03-16"),
        ({"anniversary": "within 7 days"}, "1984-03-08", True, "2027-03-09"),
        ({"anniversary": "within 7 days"}, "1984-03-07", False, "2028-02-29"),
        # Whoever was born on 29 February celebrates on the 28th, unless there is a 29th.
        ({"anniversary": "today"}, "1984-02-29", False, "2028-02-29"),
        ({"anniversary": "in 365 days"}, "1984-06-01", False, "2027-06-02"),
        ({"anniversary": "within 365 days"}, "1984-06-01", True, ""),
        ({"anniversary": "within 364 days"}, "1984-06-01", True, "2027-06-02"),
        ({"anniversary": "today"}, "soon", False, ""),
        # A birthday of which nobody told the year, as Mailchimp has it.
        ({"anniversary": "today"}, "--03-08", True, "2027-03-09"),
        ({"anniversary": "within 7 days"}, "--02-29", False, "2028-02-22"),
        ({"anniversary": "today"}, "--13-08", False, ""),
        ({"in_the_last": "7 days"}, "--03-08", False, ""),
        ({"anniversary": "today", "before": "today"}, "--03-08", False, ""),
    ],
)
def test_what_depends_on_today_says_from_which_day_on_it_may_differ(
    bounds: dict[str, Any], value: Any, holds: bool, until: str
) -> None:
    assert asked(value, bounds) == (holds, until)


@pytest.mark.parametrize(
    ("today", "celebrates"),
    [("2027-02-28", True), ("2027-03-01", False), ("2028-02-28", False), ("2028-02-29", True), ("2100-02-28", True)],
)
def test_a_leap_day_is_celebrated_once_a_year(today: str, celebrates: bool) -> None:
    assert asked("2000-02-29", {"anniversary": "today"}, today)[0] is celebrates


BOUNDS: list[dict[str, Any]] = [
    {"before": "today"},
    {"after": "today"},
    {"in_the_last": "5 days"},
    {"in_the_next": "5 days"},
    {"longer_ago_than": "5 days"},
    {"in_the_last": "9 days", "longer_ago_than": "3 days"},
    *({"anniversary": one} for one in ("today", "in 1 day", "in 30 days", "in 365 days")),
    *({"anniversary": one} for one in ("within 1 day", "within 30 days", "within 364 days", "within 365 days")),
]


@pytest.mark.parametrize("bounds", BOUNDS, ids=str)
@pytest.mark.parametrize("value", ["1996-02-29", "1990-02-28", "2001-12-31", "2001-01-01", "2027-03-05", "2027-03-12"])
def test_an_answer_holds_until_its_day_and_changes_on_it(bounds: dict[str, Any], value: str) -> None:
    """Day by day for five years, around a leap year's February."""
    comparison = TraitComparison.model_validate(bounds)
    first, last = day("2026-12-01"), day("2032-01-01")
    answers = {today: verdict(comparison, value, ISTANBUL, today) for today in range(first, last)}
    changes = last
    for today in reversed(range(first, last)):
        if today + 1 < last and answers[today].holds != answers[today + 1].holds:
            changes = today + 1
        until = answers[today].until
        assert (last if until is None else min(until, last)) == changes


def test_of_a_list_of_thousands_the_first_are_compared() -> None:
    many = [*["tea"] * 249, "coffee", "cocoa"]
    assert asked(many, {"contains": "coffee"}) == (True, "")
    assert asked(many, {"contains": "cocoa"}) == (False, "")
    assert asked(many, {"all_of": ["tea", "cocoa"]}) == (True, "")
