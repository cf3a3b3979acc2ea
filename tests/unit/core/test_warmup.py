"""The ramp of a new domain."""

from datetime import date

import pytest
from pydantic import ValidationError

from functions.core.days import midnight
from functions.core.warmup import SPREAD_MS, WarmUp, allowance, begins, places, ramp, wished

RAMP = WarmUp.model_validate({"from": "2026-12-01", "first_day": 50, "grows": 1.5, "up_to": 1000})


@pytest.mark.parametrize(
    ("day", "allowed"),
    [
        (date(2026, 11, 30), None),
        (date(2026, 12, 1), 50),
        (date(2026, 12, 2), 75),
        (date(2026, 12, 3), 112),
        (date(2026, 12, 8), 850),
        (date(2026, 12, 9), None),
        (date(2030, 1, 1), None),
    ],
)
def test_each_day_allows_half_as_much_again_until_the_warm_up_is_over(day: date, allowed: int | None) -> None:
    assert allowance(RAMP, day) == allowed


def test_without_a_warm_up_there_is_no_limit() -> None:
    assert allowance(None, date(2026, 12, 1)) is None


def test_the_ramp_lists_every_day_and_only_grows() -> None:
    days = ramp(RAMP)
    assert [day for day, _ in days] == [date(2026, 12, day) for day in range(1, 9)]
    assert [allowed for _, allowed in days] == sorted({allowed for _, allowed in days})


def test_the_slowest_warm_up_ends_within_a_year() -> None:
    slow = WarmUp.model_validate({"from": "2026-01-01", "first_day": 1, "grows": 1.05, "up_to": 10_000_000})
    assert 290 < len(ramp(slow)) < 366
    assert allowance(slow, date(2027, 1, 2)) is None


@pytest.mark.parametrize("wrong", [{"grows": 1}, {"grows": 9}, {"first_day": 0}, {"from": "soon"}, {"until": 5}])
def test_what_makes_no_ramp_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WarmUp.model_validate({"from": "2026-12-01"} | wrong)


def test_later_days_keep_a_fifth_for_what_comes_up_on_them() -> None:
    days = list(places(RAMP, date(2026, 12, 6)))
    assert dict(days) == {
        date(2026, 12, 6): 378,
        date(2026, 12, 7): 567 - 113,
        date(2026, 12, 8): 850 - 170,
        date(2026, 12, 9): None,
    }
    assert list(places(RAMP, date(2026, 11, 30))) == [(date(2026, 11, 30), None)]


def test_a_day_with_a_single_place_gives_it_out_beforehand() -> None:
    tiny = WarmUp.model_validate({"from": "2026-12-01", "first_day": 1, "up_to": 3})
    assert list(places(tiny, date(2026, 12, 1)))[:2] == [(date(2026, 12, 1), 1), (date(2026, 12, 2), 2)]


@pytest.mark.parametrize("zone", ["Europe/Istanbul", "Europe/Berlin", "America/Santiago"])
@pytest.mark.parametrize("hour", [0, 10, 23])
def test_a_message_goes_out_on_its_day_at_about_the_time_it_came_up(zone: str, hour: int) -> None:
    for place in range(400):
        day = date.fromordinal(date(2026, 3, 1).toordinal() + place)
        now = begins(date(2026, 3, 1), zone) + hour * 3_600_000
        at = wished(f"m{place}", day, now, zone)
        passed = at - begins(day, zone)
        assert min(hour, 20) * 3_600_000 <= passed < min(hour, 20) * 3_600_000 + SPREAD_MS
        assert at < begins(date.fromordinal(day.toordinal() + 1), zone)
    assert begins(date(1970, 1, 2), "UTC") == midnight(1, "UTC") == 86_400_000
