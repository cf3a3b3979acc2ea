"""When a sender should look, and when marketing is paused."""

import pytest

from functions.core.reputation import Counts, day_of, domain_of, judge, letter, percent, window

NOW = 1_790_000_000_000
DAY = 86_400_000
TODAY, YESTERDAY = day_of(NOW), day_of(NOW - DAY)


@pytest.mark.parametrize(
    ("sent", "bounced", "state"),
    [
        (3, 1, "ok"),
        (3, 3, "ok"),
        (50, 9, "watch"),
        (30, 10, "pause"),
        (250, 10, "pause"),
        (251, 10, "watch"),
        (1000, 39, "watch"),
        (1000, 40, "pause"),
        (1000, 19, "ok"),
        (100_000, 1_000, "ok"),
    ],
)
def test_bounces_pause_by_share_and_number(sent: int, bounced: int, state: str) -> None:
    week = {day_of(NOW - back * DAY): Counts() for back in range(2, 7)}
    # Spread over days, so that no single day decides.
    counted = {**week, day_of(NOW - 4 * DAY): Counts(sent=sent, bounced=bounced)}
    assert judge(counted, NOW).state == state


@pytest.mark.parametrize(
    ("sent", "complained", "state"),
    [(500, 1, "ok"), (1000, 2, "watch"), (500, 4, "watch"), (1666, 5, "pause"), (1667, 5, "watch"), (9000, 5, "ok")],
)
def test_complaints_pause_by_share_and_number(sent: int, complained: int, state: str) -> None:
    counted = {day_of(NOW - 4 * DAY): Counts(sent=sent, complained=complained)}
    assert judge(counted, NOW).state == state


@pytest.mark.parametrize("day", [TODAY, YESTERDAY])
def test_one_bad_list_does_not_drown_in_a_good_week(day: str) -> None:
    good = {day_of(NOW - back * DAY): Counts(sent=100_000) for back in range(2, 7)}
    assert judge({**good, day: Counts(sent=500, bounced=40)}, NOW).state == "pause"
    assert judge({**good, day: Counts(sent=500, bounced=39)}, NOW).state == "ok"
    assert "on one day" in judge({**good, day: Counts(sent=1000, complained=5)}, NOW).why


def test_what_is_older_than_a_week_weighs_nothing() -> None:
    assert judge({day_of(NOW - 7 * DAY): Counts(sent=100, bounced=50)}, NOW).state == "ok"
    assert len(window(NOW)) == 7


def test_soft_bounces_and_rejected_mail_pause_nothing() -> None:
    assert judge({TODAY: Counts(sent=100, soft=60, rejected=40, delayed=90)}, NOW).state == "ok"


def test_what_was_counted_when_a_person_resumed_weighs_nothing_and_what_comes_after_does() -> None:
    known = Counts(sent=100, bounced=20, complained=6)
    assert judge({TODAY: known}, NOW).state == "pause"
    assert judge({TODAY: known}, NOW, {TODAY: known}).state == "ok"
    late = Counts(bounced=30, excused_bounced=30)
    assert judge({TODAY: known + late}, NOW, {TODAY: known}).state == "ok"
    new = Counts(sent=100, bounced=10)
    assert judge({TODAY: known + late + new}, NOW, {TODAY: known}).state == "pause"


def test_late_reports_that_were_known_at_a_second_resume_are_taken_off_once() -> None:
    first = Counts(sent=100, bounced=20)
    late = first + Counts(bounced=10, excused_bounced=10)
    later = late + Counts(sent=100, bounced=10)
    assert judge({TODAY: later}, NOW, {TODAY: late}).state == "pause"
    assert judge({TODAY: later}, NOW, {TODAY: later}).state == "ok"


def test_lost_reports_of_sending_do_not_make_rates_of_more_than_all() -> None:
    assert Counts(sent=0, bounced=12).rate("bounced") == 1
    assert Counts(sent=5, delivered=88, bounced=12).rate("bounced") == 0.12
    assert Counts().rate("complained") == 0


@pytest.mark.parametrize(
    ("address", "domain"),
    [("Ada@Tea.Example", "tea.example"), ("ada@ÇAY.example", "xn--ay-3ia.example"), ("nobody", "?"), ("", "?")],
)
def test_domains_are_told_apart_as_addresses_are(address: str, domain: str) -> None:
    assert domain_of(address) == domain


def test_rates_read_as_people_write_them() -> None:
    assert [percent(rate) for rate in (0.04, 0.125, 0.003, 0.0005, 1, 0)] == [
        "4 %",
        "12.5 %",
        "0.3 %",
        "0.05 %",
        "100 %",
        "0 %",
    ]


def test_the_letter_says_what_happened_what_it_means_and_what_to_do() -> None:
    why = judge({TODAY: Counts(sent=100, bounced=20)}, NOW).why
    subject, text = letter(why)
    assert subject.isascii()
    assert "20 of 100 mails sent on one day bounced for good (20 %)" in text
    assert "samovar resume marketing" in text
