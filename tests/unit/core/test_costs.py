"""What a month costs is what was counted times prices, and what its days and campaigns still bring."""

from datetime import date, timedelta

import pytest

from functions.core import costs
from functions.core.costs import Usage

TODAY = date(2026, 11, 18)
"""A Wednesday; twelve days are left after it."""
BEGUN = date(2026, 1, 1)
MONDAY = 0


def days(many: float, back: int = 28, today: float | None = None) -> dict[date, float]:
    """So many on each of the days before today, and today."""
    found = {TODAY - timedelta(days=on): many for on in range(1, back + 1)}
    return found | {TODAY: many if today is None else today}


def test_a_steady_month_goes_on_as_it_went() -> None:
    assert costs.carried_on(days(10), TODAY, costs.last_of(TODAY), BEGUN) == 120


def test_what_today_lacks_to_a_day_like_it_is_still_to_come() -> None:
    assert costs.carried_on(days(10, today=4), TODAY, costs.last_of(TODAY), BEGUN) == 126
    assert costs.carried_on(days(10, today=99), TODAY, costs.last_of(TODAY), BEGUN) == 120


def test_a_letter_each_monday_comes_on_mondays_alone() -> None:
    weekly = {day: 100.0 for day in days(1) if day.weekday() == MONDAY}
    # The 23rd and the 30th.
    assert costs.carried_on(weekly, TODAY, costs.last_of(TODAY), BEGUN) == 200
    assert costs.carried_on(weekly, TODAY, date(2026, 11, 22), BEGUN) == 0


def test_days_before_anything_was_counted_say_nothing() -> None:
    young = days(10, back=2)
    assert costs.carried_on(young, TODAY, costs.last_of(TODAY), TODAY - timedelta(days=2)) == 120


def test_on_the_first_day_the_others_are_taken_to_be_like_it() -> None:
    assert costs.carried_on({TODAY: 7}, TODAY, costs.last_of(TODAY), TODAY) == 84


def test_on_the_last_day_of_a_month_nothing_follows() -> None:
    last = date(2026, 11, 30)
    assert costs.carried_on({last: 5}, last, last, BEGUN) == 0


@pytest.mark.parametrize(
    ("day", "last"), [(date(2026, 2, 3), 28), (date(2028, 2, 29), 29), (date(2026, 12, 31), 31), (date(2026, 4, 1), 30)]
)
def test_a_month_ends_where_it_does(day: date, last: int) -> None:
    assert costs.last_of(day) == day.replace(day=last)


def test_a_month_is_its_messages_its_events_its_waits_and_what_is_there_anyway() -> None:
    counted = Usage({"email": days(1000), "sms": days(10)}, {}, days(5000), days(100), BEGUN, text=0.02)
    found = costs.reckon(counted, TODAY, 1, 0.5)
    assert (found.month, found.at, found.whole) == ("2026-11", 1, True)
    assert found.messages == {"email": 18_000, "sms": 180}
    assert found.so_far["email"] == pytest.approx(18_000 * costs.PRICE_OF_MESSAGE["email"])
    assert found.expected["email"] == pytest.approx(30_000 * costs.PRICE_OF_MESSAGE["email"])
    assert found.expected["sms"] == pytest.approx(300 * (0.02 + costs.OWN_OF_A_MESSAGE))
    assert found.so_far["events"] == pytest.approx(18 * 5000 * costs.EVENT)
    assert found.expected["waits"] == pytest.approx(30 * 100 * costs.WAIT)
    assert (found.so_far["idle"], found.expected["idle"]) == (costs.IDLE_A_MONTH / 2, costs.IDLE_A_MONTH)
    assert found.spent == pytest.approx(sum(found.so_far.values()))
    assert found.by_the_end > found.spent


def test_a_campaign_does_not_come_every_week_because_it_came_once() -> None:
    blast = date(2026, 11, 16)
    sent = {day: many + (50_000 if day == blast else 0) for day, many in days(10).items()}
    counted = Usage({"email": sent}, {"email": {blast: 50_000.0}}, None, None, BEGUN, foretold={"email": 700})
    found = costs.reckon(counted, TODAY, 1, 0.5)
    price = costs.PRICE_OF_MESSAGE["email"]
    assert found.expected["email"] - found.so_far["email"] == pytest.approx((120 + 700) * price)
    assert not found.whole


def test_a_campaign_that_is_yet_to_come_counts_where_nothing_was_sent_before() -> None:
    found = costs.reckon(Usage({}, {}, None, None, TODAY, foretold={"push": 1000}), TODAY, 1, 0.5)
    assert (found.so_far["push"], found.messages["push"]) == (0, 0)
    assert found.expected["push"] == pytest.approx(1000 * costs.OWN_OF_A_MESSAGE)


def test_what_a_text_takes_is_said_by_whoever_knows_best() -> None:
    sent = days(10)
    charged = {date(2026, 11, 10): 3.0, date(2026, 11, 17): 8.5, TODAY: 99.0, date(2026, 10, 31): 400.0}
    assert costs.texts_of(charged, sent, 0.03, TODAY) == (0.05, "aws")
    assert costs.texts_of({}, sent, 0.03, TODAY) == (0.03, "business")
    assert costs.texts_of(charged, {}, None, TODAY) == (costs.ASSUMED_TEXT, "assumed")


@pytest.mark.parametrize("charged", [0.5, 500.0])
def test_what_aws_charged_for_others_or_not_yet_says_nothing_of_our_texts(charged: float) -> None:
    found = costs.texts_of({date(2026, 11, 17): charged}, days(10), 0.03, TODAY)
    assert found == (0.03, "business")


def test_of_less_than_a_week_no_letter_says_how_the_month_will_end() -> None:
    counted = Usage({"email": days(10_000)}, {}, None, None, TODAY - timedelta(days=3))
    found = costs.reckon(counted, TODAY, 1, 0.5)
    assert costs.over(found, 30) == ""
    assert costs.over(found, 20) == costs.SPENT


def test_the_letter_says_how_much_of_what_and_what_to_do() -> None:
    counted = Usage({"email": days(10_000)}, {}, days(1), {}, BEGUN)
    found = costs.reckon(counted, TODAY, 1, 0.5)
    assert costs.over(found, 1000) == ""
    assert costs.over(found, 30) == costs.EXPECTED
    assert costs.over(found, 20) == costs.SPENT
    senders = [(f"journey j{number}", 100 - number) for number in range(9)]
    subject, text = costs.letter(costs.EXPECTED, found, 30, senders, ["autumn"])
    assert subject == "This month is expected to cost about $39.01, more than $30.00"
    assert subject.isascii()
    assert len(subject) < 100
    for part in (
        "$23.32",
        "$39.01",
        "e-mails: $38.10",
        "journey j0: 100",
        "autumn",
        "November 2026",
        "monthly_budget",
        "bill decides",
    ):
        assert part in text
    assert "j5" not in text
    assert "AWS did not say" not in text
    subject, text = costs.letter(costs.SPENT, costs.reckon(Usage({}, {}, None, None, TODAY), TODAY, 1, 1), 0.5, [])
    assert subject == "This month has cost about $0.91, more than $0.50"
    assert "AWS did not say" in text
    assert "nothing yet" in text
