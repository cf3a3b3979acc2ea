"""When campaigns run, by the calendar and by each contact's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from functions.core import occasions
from functions.core.campaign import Campaign, message_id, origin, place_of

ZONE = "Europe/Istanbul"


def campaign(when: Any = "on request", **more: Any) -> Campaign:
    return Campaign.model_validate({"topic": "tips", "send": "welcome", "to": "keen", "when": when, **more})


def ms(text: str, zone: str = ZONE) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


def next_of(when: Any, after: str) -> str | None:
    found = occasions.following(campaign(when), ms(after), ZONE)
    return found.run if found else None


def test_a_campaign_on_request_has_no_occasion() -> None:
    assert next_of("on request", "2026-11-24T09:00") is None


def test_a_day_comes_once() -> None:
    when = {"on": "2026-12-01", "at": "09:00"}
    assert next_of(when, "2026-11-24T09:00") == "20261201t0900"
    assert next_of(when, "2026-12-01T08:59") == "20261201t0900"
    assert next_of(when, "2026-12-01T09:00") is None


@pytest.mark.parametrize(
    ("when", "after", "run"),
    [
        ({"every": "day", "at": "09:00"}, "2026-11-24T09:00", "20261125t0900"),
        ({"every": "day", "at": "09:00"}, "2026-11-24T08:00", "20261124t0900"),
        ({"every": "monday", "at": "17:30"}, "2026-11-24T09:00", "20261130t1730"),
        ({"every": "tuesday", "at": "09:01"}, "2026-11-24T09:00", "20261124t0901"),
        ({"every": "month", "at": "09:00"}, "2026-11-24T09:00", "20261201t0900"),
        ({"every": "month", "day": 31, "at": "09:00"}, "2026-11-24T09:00", "20261130t0900"),
        ({"every": "month", "day": 30, "at": "09:00"}, "2027-02-01T09:00", "20270228t0900"),
    ],
)
def test_what_comes_again_has_a_next_time(when: Any, after: str, run: str) -> None:
    assert next_of(when, after) == run


def test_every_day_of_two_years_comes_once_also_where_clocks_change() -> None:
    plan, after, seen = campaign({"every": "day", "at": "02:30"}), ms("2026-01-01T00:00", "Europe/Berlin"), []
    for _ in range(730):
        found = occasions.following(plan, after, "Europe/Berlin")
        assert found is not None
        seen.append(found.wall.date())
        after = found.mark
    assert seen == [seen[0] + timedelta(days=count) for count in range(730)]


def test_by_the_contacts_clock_it_begins_where_the_day_begins_first() -> None:
    found = occasions.following(
        campaign({"on": "2026-12-01", "at": "09:00", "in": "contact's time zone"}), ms("2026-11-24T09:00"), ZONE
    )
    assert found is not None
    assert datetime.fromtimestamp(found.at / 1000, UTC) == datetime(2026, 11, 30, 19, tzinfo=UTC)
    assert found.mark == ms("2026-12-01T09:00")
    assert occasions.moment(found.wall, "Pacific/Pago_Pago") - found.at == 25 * 3_600_000


def test_a_time_that_clocks_skip_or_show_twice_has_one_moment() -> None:
    skipped, twice = datetime(2026, 3, 29, 2, 30), datetime(2026, 10, 25, 2, 30)
    assert datetime.fromtimestamp(occasions.moment(skipped, "Europe/Berlin") / 1000, UTC).hour == 1
    assert datetime.fromtimestamp(occasions.moment(twice, "Europe/Berlin") / 1000, UTC).hour == 0


def test_counting_begins_so_early_that_the_hold_is_over_in_time() -> None:
    found = occasions.following(campaign({"on": "2026-12-01", "at": "09:00"}), ms("2026-11-24T09:00"), ZONE)
    assert found is not None
    assert found.at - occasions.counted_from(found, 600) == 25 * 60_000


def test_asking_twice_within_a_minute_is_one_run() -> None:
    assert occasions.run_on_request(ms("2026-11-24T09:00") + 59_999, ZONE) == "20261124t0900"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("hold", 0, "expected how long it holds"),
        ("hold", "0 minutes", "expected how long it holds"),
        ("rate", "fast", "expected a rate"),
        ("rate", "0 a minute", "expected a rate"),
        ("when", "tomorrow", "expected on request"),
        ("when", {"on": "2026-02-30", "at": "09:00"}, "expected a day"),
        ("when", {"on": "2026-12-01", "at": "9 o'clock"}, "expected a time of day"),
        ("when", {"every": "moonday", "at": "09:00"}, "Input should be"),
    ],
)
def test_what_can_not_be_meant_is_refused_in_words(field: str, value: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        campaign(**{field: value})


def test_a_definition_is_written_as_it_was_read() -> None:
    given = {
        "topic": "tips",
        "send": {"email": "welcome"} and "welcome",
        "to": "keen",
        "except": ["customers"],
        "when": {"every": "monday", "at": "09:00", "in": "contact's time zone"},
        "hold": "none",
        "rate": "600 a minute",
        "expires": "1 day",
    }
    read = Campaign.model_validate(given)
    assert read.hold == 0
    assert read.rate == 36_000
    written = read.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    assert written == {**given, "rate": "10 a second"}
    assert Campaign.model_validate(written) == read


def test_a_run_has_one_name_for_each_thing() -> None:
    assert place_of("harvest", "20261201t0900") == "campaign--harvest/20261201t0900"
    assert origin("campaign--harvest", "20261201t0900") == {"campaign": "harvest", "run": "20261201t0900"}
    assert origin("welcome", "hello") == {"journey": "welcome", "step": "hello"}
    assert message_id("a", "bc", "d") != message_id("ab", "c", "d")
