"""Caps, first times and half-lives: which of the events count, and what is left of them."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.behaviour import ADDED, UNIT, match_of_added
from functions.core.contact import Facts, Moment
from functions.core.counters import counter_id
from functions.core.scoring import Score
from functions.core.views import BY_STEPS, earned, first_day_below, local_day, points, total

ISTANBUL = "Europe/Istanbul"
FOR_EVER = 3650


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def score(*rules: dict[str, Any], half_life: int = FOR_EVER) -> Score:
    plain = [
        {"id": f"r{place}", "when": {"event": f"E{place}"}, "points": 10} | rule for place, rule in enumerate(rules)
    ]
    return Score.model_validate({"half_life": f"{half_life} days", "rules": plain})


def happened(score: Score, *days: dict[int, int]) -> Facts:
    counted = zip(score.rules, days, strict=True)
    return Facts(counters={counter_id(rule.when): dict(of_rule) for rule, of_rule in counted})


def counts(score: Score, facts: Facts, zone: str = "UTC") -> list[tuple[int, int, int]]:
    """(day, counted, capped) of each line."""
    return [(line.day, line.counted, line.capped) for line in earned(facts, "interest", score, 30_000, zone)]


def test_a_week_runs_from_monday_to_sunday_also_across_the_turn_of_the_year() -> None:
    rule = score({"at_most_per_week": 2})
    monday, sunday = day("2026-12-28"), day("2027-01-03")
    facts = happened(rule, {monday - 1: 5, monday: 1, day("2027-01-01"): 3, sunday: 1, sunday + 1: 9})
    assert counts(rule, facts) == [
        (monday - 1, 2, 3),
        (monday, 1, 0),
        (day("2027-01-01"), 1, 2),
        (sunday, 0, 1),
        (sunday + 1, 2, 7),
    ]


def test_a_month_is_a_calendar_month() -> None:
    rule = score({"at_most_per_month": 3})
    facts = happened(rule, {day("2028-02-01"): 2, day("2028-02-29"): 2, day("2028-03-01"): 2, day("2029-03-01"): 5})
    assert [line[1] for line in counts(rule, facts)] == [2, 1, 2, 3]


def test_what_one_cap_takes_away_fills_no_other() -> None:
    rule = score({"at_most_per_day": 2, "at_most_per_week": 3, "at_most_per_month": 4})
    # A week of two months: January has no room any more, so February gets all of the week's.
    january = {day("2027-01-04"): 9, day("2027-01-05"): 9, day("2027-01-11"): 1}
    assert date(2027, 2, 1).weekday() == 0
    mixed = january | {day("2027-03-29"): 2, day("2027-03-30"): 2, day("2027-04-01"): 2, day("2027-04-02"): 2}
    assert [line[1] for line in counts(rule, happened(rule, mixed))] == [2, 1, 1, 2, 1, 0, 0]
    full = {
        day("2027-06-07"): 2,
        day("2027-06-08"): 1,
        day("2027-06-14"): 1,
        day("2027-06-30"): 2,
        day("2027-07-01"): 2,
    }
    assert [line[1] for line in counts(rule, happened(rule, full))] == [2, 1, 1, 0, 2]


def test_earlier_days_fill_a_cap_first_whenever_their_events_came() -> None:
    rule = score({"at_most_per_week": 1})
    monday = day("2027-03-08")
    assert counts(rule, happened(rule, {monday + 2: 1})) == [(monday + 2, 1, 0)]
    assert counts(rule, happened(rule, {monday + 2: 1, monday: 1})) == [(monday, 1, 0), (monday + 2, 0, 1)]


def test_a_first_time_counts_once_on_its_own_local_day() -> None:
    rule = score({"once": True, "points": 40}, half_life=10)
    late = int(datetime(2027, 3, 8, 23, 30, tzinfo=ZoneInfo(ISTANBUL)).timestamp() * 1000)
    facts = Facts(earliest={counter_id(rule.rules[0].when): Moment(late, 1)})
    here = local_day(late, ISTANBUL)
    assert here == day("2027-03-08")
    assert [points(facts, "interest", rule, here + days, ISTANBUL) for days in (0, 1, 10)] == [40, 37, 20]
    assert points(Facts(), "interest", rule, here, ISTANBUL) == 0


def test_an_earlier_first_time_that_comes_late_moves_the_points_to_its_day() -> None:
    rule = score({"once": True, "points": 40}, half_life=10)
    key = counter_id(rule.rules[0].when)
    today = day("2027-03-28")
    # The night in which clocks go forward: this moment is on the 28th in Berlin, on the 27th in UTC.
    moment = int(datetime(2027, 3, 27, 23, 15, tzinfo=UTC).timestamp() * 1000)
    assert points(Facts(earliest={key: Moment(moment, 1)}), "interest", rule, today, "Europe/Berlin") == 40
    assert points(Facts(earliest={key: Moment(moment, 1)}), "interest", rule, today, "UTC") == 37
    earlier = Facts(earliest={key: Moment(moment - 10 * 86_400_000, 1)}, counters={key: {today: 3, today - 10: 1}})
    assert points(earlier, "interest", rule, today, "Europe/Berlin") == 20
    assert counts(rule, earlier, "Europe/Berlin") == [(today - 10, 1, 0), (today, 0, 3)]


RULES = (
    {"at_most_per_day": 2, "at_most_per_week": 3},
    {"points": -7},
    {"points": 25, "at_most_per_month": 2},
    {"points": -30, "at_most_per_week": 1},
)
_DAYS = st.dictionaries(st.integers(20_000, 20_040), st.integers(1, 5), max_size=12)


@given(st.tuples(_DAYS, _DAYS, _DAYS, _DAYS), st.integers(1, 200), st.sampled_from((1, 3, 30)), st.integers(0, 9))
def test_the_first_day_below_is_exact_with_rules_that_take_away(
    days: tuple[dict[int, int], ...], threshold: int, half_life: int, ago: int
) -> None:
    rule = score(*RULES, half_life=half_life)
    facts, today = happened(rule, *days), 20_040 + ago
    found = first_day_below(facts, "interest", rule, today, threshold, "UTC")
    course = [points(facts, "interest", rule, one, "UTC") for one in range(today, today + 400)]
    expected = next((today + ahead for ahead, value in enumerate(course) if value < threshold), None)
    if course[0] < threshold:
        assert found is None
    else:
        assert found == expected


@given(st.tuples(_DAYS, _DAYS, _DAYS, _DAYS), st.integers(0, 60))
def test_the_lines_of_a_score_add_up_to_it(days: tuple[dict[int, int], ...], ahead: int) -> None:
    rule = score(*RULES, half_life=7)
    facts, today = happened(rule, *days), 20_040 + ahead
    lines = list(earned(facts, "interest", rule, today, "UTC"))
    assert sum(line.left for line in lines) == pytest.approx(total(facts, "interest", rule, today, "UTC"), abs=1e-7)
    for place, of_rule in enumerate(days):
        mine = {line.day: line.counted + line.capped for line in lines if line.rule == f"r{place}"}
        assert mine == of_rule


def with_added(facts: Facts, days: dict[int, int], score: str = "interest") -> Facts:
    """The facts after steps that added points to a score."""
    units = {day: points * UNIT for day, points in days.items()}
    return Facts(counters={**facts.counters, counter_id(match_of_added(score), ADDED): units})


def test_points_added_by_steps_halve_like_all_others_and_may_take_away() -> None:
    rule = score({"points": 20}, half_life=10)
    facts = with_added(happened(rule, {100: 1}), {100: 60, 110: -30})
    assert [points(facts, "interest", rule, day, "UTC") for day in (110, 120)] == [10, 5]
    assert points(with_added(facts, {100: -90}), "interest", rule, 100, "UTC") == 0
    assert points(facts, "wholesale", rule, 100, "UTC") == 20
    added = [line for line in earned(facts, "interest", rule, 110, "UTC") if line.rule == BY_STEPS]
    assert [(line.day, line.given, line.left) for line in added] == [(100, 60, 30.0), (110, -30, -30)]


@given(_DAYS, st.dictionaries(st.integers(20_000, 20_040), st.integers(-90, 90), max_size=12), st.integers(0, 60))
def test_what_steps_added_is_part_of_a_score_and_of_when_it_falls_below(
    days: dict[int, int], added: dict[int, int], ahead: int
) -> None:
    rule, today = score({"points": 15}, half_life=7), 20_040 + ahead
    facts = with_added(happened(rule, days), added)
    lines = list(earned(facts, "interest", rule, today, "UTC"))
    assert sum(line.left for line in lines) == pytest.approx(total(facts, "interest", rule, today, "UTC"), abs=1e-7)
    course = [points(facts, "interest", rule, one, "UTC") for one in range(today, today + 120)]
    found = first_day_below(facts, "interest", rule, today, 9, "UTC")
    below = next((today + days for days, value in enumerate(course) if value < 9), None)
    assert found == (None if course[0] < 9 else below)
