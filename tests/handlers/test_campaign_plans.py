"""Planned campaigns: on time, once an occasion, by each contact's clock, and by the release that is live."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from functions import releases
from functions.aws import ses
from functions.core import occasions
from functions.send.pace import Turn
from functions.tables import campaigns
from functions.work import campaign_count, campaign_pace
from functions.work import campaigns as rooms
from local.emulator import EmulatorProcess
from tests.audience import CAMPAIGN, email, people, with_campaign
from tests.cloud import Cloud
from tests.planned import planned, towns

DAY = 86_400_000


@pytest.fixture
def town(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Cloud]]:
    """Makes a deployment with a campaign, as it is told. It begins on Tuesday, 24 November 2026, 09:00 in İstanbul."""
    monkeypatch.setattr(campaign_count, "PIECE", 5)
    monkeypatch.setattr(campaign_pace, "_turn", Turn(ses.account))
    with towns(emulator, with_campaign, rooms.schedule) as make:
        yield make


def plan(cloud: Cloud, release: bytes | None = None) -> list[str]:
    return planned(cloud, rooms.schedule, release)


def at(moment: int, zone: str = "Europe/Istanbul") -> str:
    from zoneinfo import ZoneInfo

    return datetime.fromtimestamp(moment / 1000, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def runs() -> list[str]:
    return sorted(f"{run.run} {run.state}" for run in campaigns.runs_of(CAMPAIGN))


def test_what_is_planned_goes_out_on_time_though_counting_and_hold_come_before(town: Callable[..., Cloud]) -> None:
    cloud = town(when={"on": "2026-11-24", "at": "11:00"}, hold="30 minutes")
    people(cloud, *range(7))
    cloud.skip(minutes=30)
    assert runs() == []
    cloud.skip(minutes=60)
    assert runs() == ["20261124t1100 holding"]
    assert cloud.mails == []
    cloud.skip(hours=1)
    assert {at(mail.sent.at)[:15] for mail in cloud.mails} == {"2026-11-24 11:0"}
    assert len(cloud.mails) == 7
    assert runs() == ["20261124t1100 done"]
    assert campaigns.plan(CAMPAIGN) == campaigns.Plan(CAMPAIGN, releases.live().id)


def test_each_contact_gets_it_when_their_own_clock_shows_the_time(town: Callable[..., Cloud]) -> None:
    cloud = town(when={"on": "2026-11-25", "at": "09:00", "in": "contact's time zone"})
    zones = ["Asia/Karachi", "Asia/Yerevan", "Europe/Istanbul", "Europe/Lisbon", "Not/A_Zone"]
    for number, zone in enumerate(zones):
        people(cloud, number, time_zone=zone)
    cloud.skip(hours=18)
    (run,) = campaigns.runs_of(CAMPAIGN)
    assert (sum(run.parts.values()), len(run.parts)) == (5, 4)
    cloud.skip(hours=11)
    sent = {mail.to: mail.sent.at for mail in cloud.mails}
    assert len(sent) == len(cloud.mails) == 5
    for number, zone in enumerate(zones):
        assert at(sent[email(number)], zone if "/A_" not in zone else "Europe/Istanbul")[:15] == "2026-11-25 09:0", zone
    assert runs() == ["20261125t0900 done"]


def test_every_week_it_runs_once_a_week_and_whoever_joins_gets_the_next(town: Callable[..., Cloud]) -> None:
    cloud = town(when={"every": "tuesday", "at": "10:00"})
    people(cloud, 0, 1)
    cloud.skip(days=1)
    people(cloud, 2)
    cloud.skip(days=7)
    assert runs() == ["20261124t1000 done", "20261201t1000 done"]
    assert Counter(mail.to for mail in cloud.mails) == {email(0): 2, email(1): 2, email(2): 1}


def test_publishing_again_begins_nothing_twice(town: Callable[..., Cloud]) -> None:
    cloud = town(when={"on": "2026-11-24", "at": "10:00"})
    people(cloud, *range(3))
    cloud.skip(minutes=45)
    assert runs() == ["20261124t1000 holding"]
    for _ in range(3):
        plan(cloud)
        cloud.sweep()
        cloud.settle()
    cloud.skip(hours=2)
    plan(cloud)
    cloud.skip(hours=2)
    assert runs() == ["20261124t1000 done"]
    assert len(cloud.mails) == 3


def test_a_time_changed_while_a_run_holds_does_not_make_a_second_one_that_day(town: Callable[..., Cloud]) -> None:
    cloud = town(when={"on": "2026-11-24", "at": "10:00"})
    people(cloud, 0)
    cloud.skip(minutes=45)
    plan(cloud, with_campaign(when={"on": "2026-11-24", "at": "12:00"}))
    cloud.skip(hours=5)
    assert runs() == ["20261124t1000 done"]
    assert len(cloud.mails) == 1


def test_a_campaign_that_went_with_a_release_runs_no_more(town: Callable[..., Cloud]) -> None:
    cloud = town(when={"every": "day", "at": "10:00"})
    people(cloud, 0)
    cloud.skip(hours=3)
    assert plan(cloud, with_campaign(when="on request")) == []
    cloud.skip(days=2)
    assert len(cloud.mails) == 1


def test_where_the_publisher_died_before_planning_the_sweep_asks_the_live_release(town: Callable[..., Cloud]) -> None:
    cloud = town(when={"every": "day", "at": "10:00"})
    people(cloud, 0)
    cloud.publish(with_campaign(when={"every": "day", "at": "15:00"}))
    releases.forget()
    cloud.skip(hours=4)
    assert cloud.mails == []
    cloud.skip(hours=3)
    assert [at(mail.sent.at)[:13] for mail in cloud.mails] == ["2026-11-24 15"]


def test_what_was_missed_by_far_is_said_and_not_made_up_for(town: Callable[..., Cloud]) -> None:
    cloud = town(when={"every": "day", "at": "10:00"}, expires="1 day")
    people(cloud, 0)
    # Nobody swept for three days.
    cloud.clock.now += 3 * DAY
    cloud.skip(hours=2)
    assert runs() == ["20261124t1000 expired", "20261127t1000 done"]
    assert len(cloud.mails) == 1


def test_the_first_moment_of_a_day_is_where_the_day_begins_first() -> None:
    wall = datetime(2026, 11, 25, 9)
    assert datetime.fromtimestamp(occasions.moment(wall, occasions.EARLIEST) / 1000, UTC).hour == 19
