"""Hours by the clock on the wall: nights, weeks, and the two nights a year that are shorter or longer."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from functions.core.hours import Hours, holding, is_ever_open, is_open, opens
from functions.core.sending import Sending

NIGHT = {"quiet": {"from": "21:00", "to": "09:00"}}
OFFICE = {"only": {"on": ["monday", "tuesday", "wednesday", "thursday", "friday"], "between": ["09:00", "18:00"]}}
MINUTE = 60_000


def rules(*said: dict[str, Any]) -> list[Hours]:
    return [Hours.model_validate(one) for one in said]


def at(text: str, zone: str = "UTC", fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


def wall(moment: int, zone: str) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(ZoneInfo(zone)).strftime("%a %H:%M %z")


def test_a_night_is_quiet_from_its_first_minute_to_the_one_before_its_end() -> None:
    night = rules(NIGHT)
    open_at = {time: is_open(night, at(f"2026-05-05T{time}"), "UTC") for time in ("20:59", "21:00", "08:59", "09:00")}
    assert open_at == {"20:59": True, "21:00": False, "08:59": False, "09:00": True}
    assert opens(night, at("2026-05-05T21:00"), "UTC") == at("2026-05-06T09:00")
    assert opens(night, at("2026-05-05T08:59:59"), "UTC") == at("2026-05-05T09:00")


def test_the_week_opens_on_its_days_only() -> None:
    assert opens(rules(OFFICE), at("2026-05-08T18:00"), "UTC") == at("2026-05-11T09:00")  # Friday to Monday
    assert opens(rules(OFFICE, NIGHT), at("2026-05-11T09:00"), "UTC") == at("2026-05-11T09:01")


@pytest.mark.parametrize(
    ("said", "zone", "now", "until"),
    [
        # Clocks go from 02:00 to 03:00: what ends at 02:30 ends with the skip.
        ({"from": "22:00", "to": "02:30"}, "Europe/Berlin", "2026-03-29T01:59", "Sun 03:00 +0200"),
        # What begins at 02:30 and ends at 04:00 begins with the skip.
        ({"from": "02:30", "to": "04:00"}, "Europe/Berlin", "2026-03-29T03:00", "Sun 04:00 +0200"),
        # A night over the shorter day, and over the longer one, ends at nine on the wall.
        ({"from": "21:00", "to": "09:00"}, "Europe/Berlin", "2026-03-28T23:00", "Sun 09:00 +0200"),
        ({"from": "21:00", "to": "09:00"}, "Europe/Berlin", "2026-10-24T23:00", "Sun 09:00 +0100"),
        # Clocks go from 03:00 back to 02:00: what ends at 02:30 does so the first time,
        ({"from": "22:00", "to": "02:30"}, "Europe/Berlin", "2026-10-25T01:00", "Sun 02:30 +0200"),
        # Midnight itself is skipped.
        ({"from": "22:00", "to": "24:00"}, "Africa/Cairo", "2026-04-23T23:59", "Fri 01:00 +0300"),
        # Half an hour is skipped, from 02:00.
        ({"from": "22:00", "to": "02:15"}, "Australia/Lord_Howe", "2026-10-04T01:59", "Sun 02:30 +1100"),
    ],
)
def test_nights_that_are_shorter_or_longer_end_by_the_wall_s_clock(
    said: dict[str, str], zone: str, now: str, until: str
) -> None:
    assert wall(opens(rules({"quiet": said}), at(now, zone), zone), zone) == until


def test_a_quiet_time_that_comes_twice_is_quiet_twice() -> None:
    quiet, zone = rules({"quiet": {"from": "02:00", "to": "02:30"}}), "Europe/Berlin"
    first, second = at("2026-10-25T02:10", zone), at("2026-10-25T02:10", zone, fold=1)
    assert (is_open(quiet, first, zone), is_open(quiet, second, zone)) == (False, False)
    assert wall(opens(quiet, first, zone), zone) == "Sun 02:30 +0200"
    assert wall(opens(quiet, second, zone), zone) == "Sun 02:30 +0100"


def test_a_day_that_is_left_out_of_the_calendar_is_no_hindrance() -> None:
    """Samoa went from Thursday to Saturday, over the date line."""
    fridays = rules({"only": {"on": ["friday"]}})
    assert wall(opens(fridays, at("2011-12-29T12:00", "Pacific/Apia"), "Pacific/Apia"), "Pacific/Apia") == (
        "Fri 00:00 +1400"
    )


def test_what_is_never_open_is_told_and_two_sets_that_exclude_each_other_end_far_ahead() -> None:
    never = rules(NIGHT, {"only": {"between": ["22:00", "23:00"]}})
    assert not is_ever_open(never)
    assert opens(never, 0, "UTC") > 365 * 24 * 60 * MINUTE
    base = {
        "business": {"name": "T"},
        "from": {"name": "T", "email": "t@t.example"},
        "topics": [{"id": "a", "title": "A"}],
    }
    with pytest.raises(ValidationError, match="nothing ever goes out by email"):
        Sending.model_validate(base | {"hours": [NIGHT, {"channel": "email", "only": {"between": ["22:00", "23:00"]}}]})


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({}, "exactly one of quiet and only"),
        (NIGHT | OFFICE, "exactly one of quiet and only"),
        ({"quiet": {"from": "21:00", "to": "21:00"}}, "begins and ends at the same time"),
        ({"quiet": {"from": "00:00", "to": "24:00"}}, "begins and ends at the same time"),
        ({"quiet": {"from": "9", "to": "21:00"}}, "not a time of day"),
        ({"quiet": {"from": "24:01", "to": "21:00"}}, "not a time of day"),
        ({"only": {"between": ["18:00", "09:00"]}}, "before the second"),
        ({"channel": "smoke", **NIGHT}, "not a channel"),
    ],
)
def test_what_makes_no_sense_is_refused(said: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        rules(said)


def test_a_rule_holds_for_its_channel_and_for_marketing_unless_it_says_otherwise() -> None:
    given = rules(NIGHT, NIGHT | {"channel": "email"}, NIGHT | {"transactional": True})
    assert holding(given, "email", transactional=False) == given
    assert holding(given, "sms", transactional=False) == [given[0], given[2]]
    assert holding(given, "email", transactional=True) == [given[2]]
    assert holding(given, "email", transactional=False, to_person=False) == [given[1]]
