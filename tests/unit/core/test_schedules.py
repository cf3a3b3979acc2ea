"""When journeys start by the calendar, by the business's clock."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.hours import WEEKDAYS
from functions.core.journey import Schedule
from functions.core.schedules import LATEST_MS, Slot, following, schedule_of, trigger
from tests.journeys import journey, release

ZONE = "Europe/Istanbul"


def schedule(**when: Any) -> Schedule:
    return Schedule.model_validate({"at": "09:00", "segment": "keen", **when})


def ms(text: str, zone: str = ZONE) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


@pytest.mark.parametrize(
    ("when", "after", "next_one"),
    [
        ({"every": "monday"}, "2026-11-24T09:00", "20261130t0900"),
        ({"every": "monday"}, "2026-11-30T08:59", "20261130t0900"),
        ({"every": "monday"}, "2026-11-30T09:00", "20261207t0900"),
        ({"every": "day", "at": "00:00"}, "2026-11-24T23:59", "20261125t0000"),
        ({"every": "day", "at": "24:00"}, "2026-11-24T23:59", "20261125t0000"),
        ({"every": "day", "at": "24:00"}, "2026-11-25T00:00", "20261126t0000"),
        ({"every": "month", "day": 31}, "2027-02-01T00:00", "20270228t0900"),
        ({"every": "month", "day": 31}, "2027-02-28T09:00", "20270331t0900"),
        ({"every": "month", "day": 1}, "2026-12-01T09:00", "20270101t0900"),
    ],
)
def test_the_next_moment_is_later_than_now(when: dict[str, Any], after: str, next_one: str) -> None:
    assert following(schedule(**when), ms(after), ZONE).occasion == next_one


def test_a_time_that_clocks_skip_is_as_long_after_the_gap_and_one_shown_twice_comes_once() -> None:
    spring = following(schedule(every="sunday", at="02:30"), ms("2027-03-27T12:00", "Europe/Berlin"), "Europe/Berlin")
    assert datetime.fromtimestamp(spring.at / 1000, ZoneInfo("Europe/Berlin")).strftime("%d %H:%M") == "28 03:30"
    autumn = following(schedule(every="day", at="02:30"), ms("2027-10-30T12:00", "Europe/Berlin"), "Europe/Berlin")
    assert following(schedule(every="day", at="02:30"), autumn.at, "Europe/Berlin").occasion == "20271101t0230"


@given(
    every=st.sampled_from((*WEEKDAYS, "day")),
    minute=st.integers(0, 1440),
    zone=st.sampled_from((ZONE, "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Asia/Kathmandu")),
    begin=st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31)),
)
def test_moments_follow_one_another_as_days_of_the_calendar_do(
    every: str, minute: int, zone: str, begin: datetime
) -> None:
    when = schedule(every=every, at=f"{minute // 60:02d}:{minute % 60:02d}")
    at, found = int(begin.replace(tzinfo=UTC).timestamp() * 1000), list[Slot]()
    for _ in range(4):
        found.append(following(when, at, zone))
        at = found[-1].at
    walls = [datetime.strptime(one.occasion, "%Y%m%dt%H%M") for one in found]
    step = timedelta(days=1 if every == "day" else 7)
    assert [later - earlier for earlier, later in pairwise(walls)] == [step] * 3
    # No moment between now and the first was passed over.
    assert found[0].at - int(begin.replace(tzinfo=UTC).timestamp() * 1000) <= (step + timedelta(hours=2)) / timedelta(
        milliseconds=1
    )
    assert len({one.at for one in found}) == 4


def test_a_moment_that_is_made_good_is_over_before_the_next_of_every_day() -> None:
    assert LATEST_MS < 22 * 3_600_000


def test_the_same_moment_is_the_same_trigger_and_another_is_not() -> None:
    one, other = Slot("20261130t0900", 1_000), Slot("20261207t0900", 2_000)
    assert trigger("ada", "weekly", one) == trigger("ada", "weekly", one)
    assert (trigger("ada", "weekly", one).at, trigger("ada", "weekly", one).after) == (1_000, "")
    triggers = [trigger(*what) for what in (("ada", "weekly", one), ("ada", "weekly", other), ("bob", "weekly", one))]
    assert len({made.id for made in triggers}) == 3
    assert len({made.cause for made in triggers}) == 2


def test_only_what_starts_by_the_calendar_has_a_schedule() -> None:
    mark = {"id": "mark", "tag": "x"}
    weekly = journey(mark) | {"start": {"when": {"every": "monday", "segment": "keen"}}}
    made = release(weekly=weekly, other=journey(mark))
    found = schedule_of(made, "weekly")
    assert found is not None
    assert found.segment == "keen"
    assert schedule_of(made, "other") is None
    assert schedule_of(made, "gone") is None
