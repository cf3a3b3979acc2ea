"""Journeys that start by the calendar: on time, once a moment, for those who are in the segment, whatever dies."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from functions.core.enrollment import Enrollment
from functions.core.ids import enrollment_id
from functions.core.pauses import MARKETING, Pause
from functions.core.release import Release, canonical, load
from functions.core.schedules import LATEST_MS, Slot, trigger
from functions.score.merge import merge
from functions.tables import enrollments, memberships, messages, pauses, schedules
from functions.work import handler, jobs, start_plans, starts
from functions.work.jobs import Job
from local.emulator import EmulatorProcess
from tests.audience import SEGMENT, contact_id, email, member_row, people, store
from tests.cloud import Cloud, marketing
from tests.cloud.shuffle import REDELIVERIES
from tests.handlers.test_work import KillNowAndThen
from tests.planned import planned, towns

WEEKLY = {"every": "tuesday", "at": "10:00", "segment": SEGMENT}
PEOPLE = 30
HOUR = 3_600_000


def with_journey(when: dict[str, Any] | None = None, **more: Any) -> bytes:
    """The demo business with one journey, of a wait between two welcomes, for whoever is keen."""
    content = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    content["sending"] |= {"caps": []}
    start = {"when": when or WEEKLY, "again": "always"} | more.pop("start", {})
    steps = [{"id": "hello", "send": "welcome"}, {"id": "rest", "wait": "1 hour"}]
    content["journeys"] = {"harvest": {"topic": "tips", "start": start, "steps": steps, **more}}
    return canonical(Release.model_validate(content))


@pytest.fixture
def town(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Cloud]]:
    """Makes a deployment with a journey, as it is told. It begins on Tuesday, 24 November 2026, 09:00 in İstanbul."""
    monkeypatch.setattr(starts, "PAGE", 4)
    monkeypatch.setattr(starts, "STARTED_PER_SLICE", 7)
    with towns(emulator, with_journey, start_plans.schedule) as make:
        yield make


def plan(cloud: Cloud, release: bytes | None = None) -> list[str]:
    return planned(cloud, start_plans.schedule, release)


def run(number: int) -> Enrollment | None:
    return enrollments.get(contact_id(number), "harvest")


def inside(*numbers: int) -> set[int]:
    """Who of these was started."""
    return {number for number in numbers or range(PEOPLE) if run(number) is not None}


def occasions() -> list[str]:
    return sorted(job.id.rpartition("--")[2] for job in jobs.listed() if job.kind == starts.KIND)


def job(occasion: str = "20261124t1000") -> Job:
    found = jobs.get(f"{starts.KIND}-harvest--{occasion}")
    assert found is not None
    return found


def shown(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, ZoneInfo("Europe/Istanbul")).strftime("%Y-%m-%d %H:%M")


def test_everybody_in_the_segment_starts_once_at_the_moment(town: Callable[..., Cloud]) -> None:
    cloud = town()
    people(cloud, *range(PEOPLE))
    people(cloud, PEOPLE, segments=())
    cloud.skip(minutes=55)
    assert inside() == set()
    cloud.skip(minutes=20)
    assert inside(*range(PEOPLE + 1)) == set(range(PEOPLE))
    assert {shown(one.entered) for number in range(PEOPLE) if (one := run(number))} == {"2026-11-24 10:00"}
    assert Counter(mail.to for mail in cloud.mails) == Counter(email(number) for number in range(PEOPLE))
    assert (job().notes, job().finished is not None) == ({"contacts": PEOPLE, "started": PEOPLE}, True)
    assert job().slices > PEOPLE // 7
    assert shown(next(iter(schedules.plans())).next.at) == "2026-12-01 10:00"


def test_every_week_once_and_whoever_joins_after_the_moment_waits_for_the_next(town: Callable[..., Cloud]) -> None:
    cloud = town()
    people(cloud, 0, 1)
    cloud.skip(minutes=59)
    moment = schedules.plans()[0].next.at
    store(cloud, [member_row(2, at=moment + 1), member_row(1, at=moment - 1, left=True)])
    people(cloud, 2, segments=())
    cloud.skip(hours=2)
    assert inside(0, 1, 2) == {0}
    cloud.skip(days=7)
    assert inside(0, 1, 2) == {0, 2}
    assert occasions() == ["20261124t1000", "20261201t1000"]
    assert len(enrollments.earlier(contact_id(0))) == 1


@pytest.mark.parametrize(("again", "runs"), [("never", 1), ("always", 2), ("after 8 days", 1), ("after 7 days", 2)])
def test_the_rule_of_reentry_holds(town: Callable[..., Cloud], again: str, runs: int) -> None:
    cloud = town(start={"again": again})
    people(cloud, 0)
    cloud.skip(days=8)
    assert len(enrollments.earlier(contact_id(0))) + len(inside(0)) == runs
    assert occasions() == ["20261124t1000", "20261201t1000"]


def test_only_whom_only_if_holds_for_starts(town: Callable[..., Cloud]) -> None:
    cloud = town(start={"only_if": {"trait": "city", "is": "İzmir"}})
    people(cloud, 0, city="İzmir")
    people(cloud, 1, city="Rize")
    cloud.skip(hours=1, minutes=30)
    assert inside(0, 1) == {0}
    assert job().notes == {"contacts": 2, "started": 1}


def test_nobody_starts_from_its_last_day_on(town: Callable[..., Cloud]) -> None:
    cloud = town(ends="2026-12-01")
    people(cloud, 0)
    cloud.skip(days=15)
    assert occasions() == ["20261124t1000"]
    assert enrollments.earlier(contact_id(0)) == []


def test_a_pause_of_marketing_stops_the_mails_and_not_the_starting(town: Callable[..., Cloud]) -> None:
    cloud = town()
    people(cloud, 0)
    pauses.hold(MARKETING, Pause(cloud.clock.now, "a wrong price", "ada"))
    cloud.skip(minutes=80)
    assert inside(0) == {0}
    assert cloud.mails == []


def test_published_after_its_moment_it_waits_for_the_next(town: Callable[..., Cloud]) -> None:
    cloud = town(WEEKLY | {"at": "09:00"})
    people(cloud, 0)
    cloud.skip(days=6, hours=23)
    assert inside(0) == set()
    cloud.skip(hours=1, minutes=30)
    assert inside(0) == {0}


def test_publishing_again_in_the_minute_of_the_moment_loses_nothing(town: Callable[..., Cloud]) -> None:
    cloud = town()
    people(cloud, 0)
    cloud.clock.now = schedules.plans()[0].next.at + 20_000
    assert plan(cloud, with_journey(title="Again")) == ["harvest"]
    cloud.sweep()
    cloud.settle()
    assert inside(0) == {0}


def test_another_time_replaces_the_moment_that_was_planned(town: Callable[..., Cloud]) -> None:
    cloud = town()
    people(cloud, 0)
    plan(cloud, with_journey(WEEKLY | {"at": "12:00"}))
    cloud.skip(hours=2)
    assert inside(0) == set()
    cloud.skip(hours=1, minutes=30)
    assert occasions() == ["20261124t1200"]


def test_a_journey_that_is_taken_away_or_starts_otherwise_is_not_planned(town: Callable[..., Cloud]) -> None:
    cloud = town()
    people(cloud, 0)
    assert plan(cloud, with_journey({"requested": True})) == []
    assert schedules.plans() == []
    cloud.skip(days=1)
    assert inside(0) == set()


def test_a_plan_that_whoever_published_left_behind_is_mended_by_the_sweep(town: Callable[..., Cloud]) -> None:
    cloud = town()
    people(cloud, 0)
    # They died after the pointer was moved.
    cloud.publish(with_journey(WEEKLY | {"at": "23:00"}))
    cloud.skip(hours=1, minutes=30)
    assert (inside(0), shown(schedules.plans()[0].next.at)) == (set(), "2026-11-24 23:00")
    cloud.publish(with_journey({"requested": True}))
    cloud.skip(days=1)
    assert (inside(0), schedules.plans()) == (set(), [])


def test_a_moment_missed_by_hours_is_made_good_and_one_missed_by_far_is_skipped(town: Callable[..., Cloud]) -> None:
    cloud = town(WEEKLY | {"every": "day"})
    people(cloud, 0)
    moment = schedules.plans()[0].next.at
    # No sweep came for a day and a half.
    cloud.clock.now = moment + 34 * HOUR
    for _ in range(4):
        cloud.sweep()
        cloud.settle()
    assert occasions() == ["20261125t1000"]
    assert shown(schedules.plans()[0].next.at) == "2026-11-26 10:00"
    found = run(0)
    assert found is not None
    assert found.entered == moment + 24 * HOUR


def test_who_was_not_reached_in_time_is_not_started_any_more(town: Callable[..., Cloud]) -> None:
    cloud = town()
    people(cloud, *range(PEOPLE))
    moment = schedules.plans()[0].next.at
    cloud.clock.now = moment
    cloud.paused = {"work"}
    cloud.sweep()
    cloud.settle()
    cloud.paused = set()
    cloud.clock.now = moment + LATEST_MS + 60_000
    cloud.settle()
    assert inside() == set()
    assert job().notes == {"late": 1}


def test_a_journey_that_is_taken_away_under_way_starts_nobody_more(town: Callable[..., Cloud]) -> None:
    cloud = town()
    people(cloud, *range(PEOPLE))
    cloud.clock.now = schedules.plans()[0].next.at
    cloud.sweep()
    cloud.deliver("work")
    some = inside()
    assert 0 < len(some) < PEOPLE
    plan(cloud, with_journey({"requested": True}))
    cloud.settle()
    assert inside() == some


def test_people_who_turn_out_to_be_one_start_once(town: Callable[..., Cloud]) -> None:
    cloud = town()
    people(cloud, 0, 1)
    cloud.clock.now = schedules.plans()[0].next.at
    merge(contact_id(0), contact_id(1))
    # The segment has not heard of it yet: both stand in it.
    cloud.sweep()
    cloud.paused = {"journey_step"}
    cloud.settle()
    cloud.paused = set()
    cloud.settle()
    assert inside(0, 1) == {1}
    assert enrollments.earlier(contact_id(1)) == []
    assert len(messages.list_for(contact_id(1))) == 1


def test_who_was_erased_is_not_started(town: Callable[..., Cloud]) -> None:
    cloud = town()
    people(cloud, 0, 1)
    key = {"pk": {"S": f"C#{contact_id(0)}"}, "sk": {"S": "S"}}
    cloud.emulator.client("dynamodb").update_item(
        TableName=f"{cloud.name}-contacts",
        Key=key,
        UpdateExpression="SET #into = :nobody",
        ExpressionAttributeNames={"#into": "into"},
        ExpressionAttributeValues={":nobody": {"S": ""}},
    )
    cloud.skip(hours=1, minutes=30)
    assert inside(0, 1) == {1}


@pytest.mark.parametrize("seed", range(2))
def test_killed_again_and_again_everybody_starts_exactly_once(town: Callable[..., Cloud], seed: int) -> None:
    cloud, chance = town(), random.Random(seed)
    people(cloud, *range(PEOPLE))
    cloud.redelivery = REDELIVERIES[seed]
    watch = KillNowAndThen(chance, most=12, share=0.08)
    with cloud.watched(watch):
        cloud.skip(hours=5)
    assert watch.left == 0
    assert inside() == set(range(PEOPLE))
    slot = Slot("20261124t1000", schedules.plans()[0].next.at - 7 * 24 * HOUR)
    for number in range(PEOPLE):
        contact = contact_id(number)
        found = run(number)
        assert found is not None
        assert found.id == enrollment_id(contact, "harvest", trigger(contact, "harvest", slot).cause)
        assert (found.state, enrollments.earlier(contact)) == ("done", [])
    assert set(Counter(mail.to for mail in cloud.mails).values()) == {1}
    assert len(cloud.mails) == PEOPLE
    assert job().finished is not None
    assert cloud.aside == []


def test_one_who_can_not_be_started_is_set_aside_and_holds_up_nobody(
    town: Callable[..., Cloud], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud, admit = town(), starts.admit
    people(cloud, *range(5))

    def broken(contact: str, *rest: Any) -> bool:
        if contact == contact_id(3):
            raise RuntimeError("never")
        return admit(contact, *rest)

    monkeypatch.setattr(starts, "admit", broken)
    cloud.skip(hours=6)
    assert inside(*range(5)) == {0, 1, 2, 4}
    assert job().notes == {"contacts": 4, "started": 4, "aside": 1}
    assert [one["record"]["contact"] for one in cloud.aside] == [contact_id(3)]


def test_a_slice_delivered_twice_starts_nobody_twice(town: Callable[..., Cloud]) -> None:
    cloud = town()
    cloud.duplicate = True
    people(cloud, *range(10))
    cloud.skip(hours=3)
    assert inside(*range(10)) == set(range(10))
    assert all(enrollments.earlier(contact_id(number)) == [] for number in range(10))
    assert len(cloud.mails) == 10


def test_pages_of_a_segment_know_who_was_there_by_when(town: Callable[..., Cloud]) -> None:
    cloud = town()
    store(cloud, [member_row(number, at=number) for number in range(20)])
    found: list[str] = []
    for shard in memberships.shards():
        found += memberships.page(SEGMENT, shard, "", 100, by=9)[0]
    assert set(found) == {contact_id(number) for number in range(10)}


def test_the_handler_knows_the_kind_of_job() -> None:
    assert handler.SLICES[starts.KIND] is starts.start_slice
