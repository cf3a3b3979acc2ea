"""The ramp of a new domain."""

from datetime import date

import pytest
from pydantic import ValidationError

from functions.core.warmup import WarmUp, allowance, ramp

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
