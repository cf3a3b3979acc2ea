"""journey_step against real stores, queues and executions."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions import perform
from functions.core import alarm
from functions.core.contact import Decision
from functions.core.enrollment import Enrollment
from functions.journey_step import progress
from functions.score.merge import merge
from functions.tables import contacts, enrollments, tokens
from functions.tables.tokens import Parked
from tests.handlers.conftest import Stack
from tests.handlers.faults import Crash, crash_at
from tests.handlers.journey_world import ADA, World, by_name, trigger, wake
from tests.journeys import DAY, HOUR, NOW, SECOND, WELCOME, happened, journey, release

ALWAYS = journey({"id": "pause", "wait": "1 day"}, {"id": "mail", "send": "mail"}, exit={"tag": "left"})
ALWAYS["start"] = {"when": {"event": "Signed Up"}, "again": "always"}
BOB = "bob000000000000000000000"


@pytest.fixture
def world(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(stack, monkeypatch)
    made.publish(release(welcome=WELCOME, weekly=ALWAYS))
    return made


def entries(world: World, name: str) -> int:
    """Transitions: how often the machine entered its state in an execution."""
    return sum(event["type"] == "TaskStateEntered" for event in world.history(name))


def failing(times: int, inner: Callable[..., Any]) -> Callable[..., Any]:
    """`inner`, throttled the first `times` times."""
    left = [times]

    def throttled(*arguments: Any, **named: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "Any")
        return inner(*arguments, **named)

    return throttled


# Enrolling


def test_a_trigger_enrolls_sends_and_starts_a_clock(world: World) -> None:
    world.deliver(world.decide(trigger()))
    run = world.run()
    assert (run.active, run.todo, run.clock) == (True, (), 1)
    assert run.waiting is not None
    assert run.waiting.alarm == NOW + 3 * DAY
    (message,) = world.rows("M#")
    assert (message["template"], message["state"], message["topic"]) == ("welcome", "intended", "tips")
    assert world.take("send") == [{"v": 1, "contact": ADA, "message": run.messages["hello"]}]
    assert world.ada().state.watching == {enrollments.mark(run)}
    parking = world.parked()
    assert parking.park["seconds"] == 3 * 86_400
    assert not parking.timed_out


def test_a_redelivered_trigger_enrolls_once(world: World) -> None:
    record = world.decide(trigger())
    world.deliver(record, record)
    world.deliver(record)
    assert len(world.rows("J#")) == len(world.rows("M#")) == len(world.executions()) == 1
    assert len(world.take("send")) == 1


def test_a_trigger_redelivered_after_the_run_was_archived_enrolls_nobody(world: World) -> None:
    first = world.decide(trigger("weekly", cause="e#ada#1#m1"))
    world.deliver(first)
    world.now += DAY
    world.deliver(world.decide(wake(world.now)))
    world.deliver(first)
    world.deliver(world.decide(trigger("weekly", cause="e#ada#2#m2", at=world.now)))
    second = world.run("weekly")
    world.deliver(first)
    assert world.run("weekly") == second
    assert second.cause == "e#ada#2#m2"
    assert [run.cause for run in enrollments.earlier(ADA)] == ["e#ada#1#m1"]
    assert world.ada().state.watching == {enrollments.mark(second)}


def test_a_trigger_refused_while_a_run_was_open_stays_refused(world: World) -> None:
    world.deliver(world.decide(trigger("weekly", cause="e#ada#1#m1")))
    refused = world.decide(trigger("weekly", cause="e#ada#2#m2", at=NOW + 5))
    world.deliver(refused)
    world.now += DAY
    world.deliver(world.decide(wake(world.now)))
    assert world.run("weekly").state == "done"
    world.deliver(refused)
    assert world.run("weekly").cause == "e#ada#1#m1"


def test_never_again_means_once_whatever_comes(world: World) -> None:
    world.deliver(world.decide(trigger(cause="e#ada#1#m1")))
    world.deliver(world.decide(trigger(cause="e#ada#2#m2", at=NOW + DAY)))
    assert world.run().cause == "e#ada#1#m1"
    assert len(world.rows("M#")) == 1


def test_a_trigger_of_a_journey_that_is_no_longer_live_is_dropped(world: World) -> None:
    world.deliver(world.decide(trigger("gone")))
    assert world.rows("J#") == []
    assert world.stack.aside() == []


def test_people_in_flight_stay_on_the_release_they_entered(world: World) -> None:
    before = world.publish(release(welcome=WELCOME))
    world.deliver(world.decide(trigger()))
    shorter = {**WELCOME, "steps": [{"id": "other", "send": "other"}]}
    world.publish(release(welcome=shorter))
    world.now += 3 * DAY
    world.deliver(world.decide(wake(world.now)))
    run = world.run()
    assert run.release == before
    assert {row["template"] for row in world.rows("M#")} == {"welcome", "brewing-guide"}
    assert {row["release"] for row in world.rows("M#")} == {before}


def test_a_contact_merged_before_the_trigger_is_handled_is_enrolled_as_the_survivor(world: World) -> None:
    record = world.decide(trigger())
    contacts.save_profile(contacts.load([BOB])[BOB].profile)
    merge(ADA, BOB)
    world.deliver(record)
    assert enrollments.get(ADA, "welcome") is None
    moved = enrollments.get(BOB, "welcome")
    assert moved is not None
    assert contacts.load([BOB])[BOB].state.watching == {enrollments.mark(moved)}


# Waking and parking


def test_a_click_ends_the_wait_the_run_and_the_execution(world: World) -> None:
    world.deliver(world.decide(trigger()))
    world.park(world.parked())
    world.now += HOUR
    world.deliver(world.click(world.run().messages["hello"]))
    run = world.run()
    assert (run.state, run.todo) == ("done", ())
    assert {row["template"] for row in world.rows("M#")} == {"welcome", "brewing-guide"}
    assert world.facts().tags == {}
    assert [(event.name, event.properties["tag"]) for event in world.stack.events()] == [("Tag Added", "welcomed")]
    assert world.ada().state.watching == frozenset()
    assert world.rows("W#") == []
    assert world.rests("SUCCEEDED")
    assert entries(world, f"{run.id}-1") == 1
    assert "du" not in world.rows("J#")[0]


def test_a_wait_ended_by_an_event_is_one_transition(world: World) -> None:
    waits = [
        {"id": f"w{n}", "wait": {"until": {"event": "Page Viewed", "at_least": n}, "at_most": "9 days"}}
        for n in (1, 2, 3)
    ]
    world.publish(release(welcome=journey(*waits)))
    world.deliver(world.decide(trigger()))
    person = world.ada()
    for _ in waits:
        world.park(world.parked())
        world.now += HOUR
        person = happened(person, "Page Viewed", world.now)
        world.deliver(world.decide(wake(world.now), newest=person.state.facts.newest))
    assert world.run().state == "done"
    assert world.rests("SUCCEEDED")
    assert entries(world, f"{world.run().id}-1") == 3


def test_a_timed_wait_is_two_transitions(world: World) -> None:
    world.publish(release(welcome=journey({"id": "a", "wait": "1 second"}, {"id": "b", "wait": "1 second"})))
    world.deliver(world.decide(trigger()))
    for _ in range(2):
        parking = world.parked()
        assert not parking.timed_out
        world.park(parking)
        world.now += SECOND
        rang = world.parked()
        assert rang.timed_out
        world.park(rang)
    assert world.run().state == "done"
    assert world.rests("SUCCEEDED")
    assert entries(world, f"{world.run().id}-1") == 4


def test_an_event_between_enrolling_and_parking_is_not_missed(world: World) -> None:
    world.deliver(world.decide(trigger()))
    parking = world.parked()
    world.deliver(world.click(world.run().messages["hello"]))
    world.park(parking)
    assert world.run().state == "done"
    assert world.rests("SUCCEEDED")
    assert world.rows("W#") == []


def test_an_advance_that_could_not_find_the_token_is_seen_by_the_second_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish(release(welcome=journey({"id": "a", "wait": "1 hour"}, {"id": "b", "wait": "1 hour"})))
    world.deliver(world.decide(trigger()))
    register = tokens.register

    def overtaken(parked: Parked) -> bool:
        progress.forward(world.run(), NOW + HOUR)
        return register(parked)

    monkeypatch.setattr(tokens, "register", overtaken)
    world.park(world.parked())
    monkeypatch.setattr(tokens, "register", register)
    again = world.parked()
    assert (again.park["turn"], again.park["parks"]) == (world.run().turn, 1)
    waiting = world.run().waiting
    assert waiting is not None
    assert waiting.step == "b"


def test_a_park_request_delivered_twice_is_parked_once(world: World) -> None:
    world.deliver(world.decide(trigger()))
    parking = world.parked()
    world.park(parking)
    world.park(parking)
    assert len(world.rows("W#")) == 1
    world.now += 3 * DAY
    world.park(parking)
    world.park(parking)
    assert world.run().state == "done"
    assert world.rests("SUCCEEDED")


def test_an_answer_that_was_lost_is_asked_for_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish(release(welcome=journey({"id": "a", "wait": "1 second"}, {"id": "b", "wait": "1 day"})))
    world.deliver(world.decide(trigger()))
    world.park(world.parked())
    world.now += SECOND
    rang = world.parked()
    with pytest.raises(Crash), crash_at("SendTaskFailure", after=False, monkeypatch=monkeypatch):
        world.park(rang)
    waiting = world.run().waiting
    assert waiting is not None
    assert waiting.step == "b"
    world.park(rang)
    assert world.parked().park["turn"] == world.run().turn


def test_a_clock_whose_run_was_replaced_ends(world: World) -> None:
    world.deliver(world.decide(trigger("weekly", cause="e#ada#1#m1")))
    parking = world.parked()
    world.now += DAY
    world.deliver(world.decide(wake(world.now)))
    world.deliver(world.decide(trigger("weekly", cause="e#ada#2#m2", at=world.now)))
    world.park(parking)
    assert world.rests("RUNNING", "SUCCEEDED")
    assert world.executions()[f"{parking.park['enrollment']}-1"] == "SUCCEEDED"


def test_a_clock_with_a_successor_ends_and_leaves_the_successors_token_alone(world: World) -> None:
    world.deliver(world.decide(trigger()))
    old = world.parked()
    progress.restart(world.run(), world.now)
    new = world.parked()
    world.park(new)
    world.park(old)
    held = tokens.get(ADA, world.run().id)
    assert held is not None
    assert held.token == new.token
    assert world.rests("SUCCEEDED", "RUNNING")
    assert not tokens.register(Parked(old.token, alarm.from_plain(old.park)))


def test_an_execution_near_its_limits_starts_a_successor_and_ends(world: World) -> None:
    world.deliver(world.decide(trigger()))
    parking = world.parked()
    worn = replace(parking, park={**parking.park, "parks": alarm.PARKS})
    world.park(worn)
    run = world.run()
    assert (run.clock, run.todo) == (2, ())
    assert world.rests("SUCCEEDED", "RUNNING")
    assert world.parked().park["parks"] == 0


def test_two_wakers_at_once_send_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deliver(world.decide(trigger()))
    record = world.click(world.run().messages["hello"])
    save = enrollments.save

    def overtaken(before: Enrollment, after: Enrollment, now: int) -> Enrollment:
        monkeypatch.setattr(enrollments, "save", save)
        world.deliver(record)
        return save(before, after, now)

    monkeypatch.setattr(enrollments, "save", overtaken)
    world.deliver(record)
    assert world.run().state == "done"
    assert sorted(row["template"] for row in world.rows("M#")) == ["brewing-guide", "welcome"]
    assert len(world.stack.events()) == 1


def test_performing_twice_changes_nothing(world: World) -> None:
    world.deliver(world.decide(trigger()))
    run = replace(world.run(), todo=world.run().todo)
    world.deliver(world.click(run.messages["hello"]))
    before = world.rows("M#"), world.stack.events()
    done = enrollments.from_row(world.rows("J#")[0])
    moved = replace(done, todo=())
    perform.perform(moved, world.now)
    assert (world.rows("M#"), world.stack.events()) == before


# Handing decisions on


def test_a_grade_and_a_stage_are_told_to_the_bus_once_each(world: World) -> None:
    record = world.decide(
        Decision("d1", "grade", "grade", NOW, "e#ada#1#m1", "D", "A"),
        Decision("d2", "stage", "stage", NOW, "e#ada#1#m1", "", "desire"),
        Decision("d3", "stage", "stage", NOW, "time", "desire", ""),
    )
    world.deliver(record)
    world.deliver(record)
    told = world.take("bus", wait=2) + world.take("bus")
    kinds = {event["detail"]["id"]: event["detail-type"] for event in told}
    assert kinds == {"d1": "Grade Changed", "d2": "Stage Entered", "d3": "Stage Left"}
    details = {event["detail"]["id"]: event["detail"] for event in told}
    stage = {"v": 1, "id": "d2", "contact": ADA, "name": "stage", "from": "", "to": "desire", "at": NOW}
    assert details["d2"] == stage | {"cause": "event"}
    assert sorted(by_name(world.rows("D#"))) == ["grade", "stage", "stage"]


def test_decisions_are_logged_and_told_to_the_bus_with_ids_only(world: World) -> None:
    hot = Decision("d1", "temperature", "temperature", NOW, "e#ada#1#m1", "warm", "hot")
    world.deliver(world.decide(hot, Decision("d2", "segment", "keen", NOW, "e#ada#1#m1", "out", "in")))
    assert sorted(by_name(world.rows("D#"))) == ["keen", "temperature"]
    told = sorted(world.take("bus", wait=2) + world.take("bus"), key=lambda event: str(event["detail-type"]))
    assert [event["detail-type"] for event in told] == ["Segment Entered", "Temperature Changed"]
    assert told[1]["source"] == "samovar"
    detail = {"v": 1, "id": "d1", "contact": ADA, "name": "temperature", "from": "warm", "to": "hot", "at": NOW}
    detail["cause"] = "event"
    assert told[1]["detail"] == detail


def test_members_are_as_the_latest_decision_says_in_whatever_order_they_come(world: World) -> None:
    entered = world.decide(Decision("d1", "segment", "keen", NOW, "c", "out", "in"))
    left = world.decide(Decision("d2", "segment", "keen", NOW + 1, "c", "in", "out"))
    world.deliver(left)
    world.deliver(entered)
    (row,) = world.rows("G#keen#")
    assert row["left"]
    again = world.decide(Decision("d3", "segment", "keen", NOW + 2, "c", "out", "in"))
    world.deliver(again)
    world.deliver(entered, left)
    (row,) = world.rows("G#keen#")
    assert "left" not in row
    assert row["at"] == NOW + 2


def test_the_goal_is_told_to_the_bus(world: World) -> None:
    world.deliver(world.decide(trigger()))
    world.now += HOUR
    person = happened(world.ada(), "Order Completed", world.now)
    world.deliver(world.decide(wake(world.now), newest=person.state.facts.newest))
    assert world.run().state == "goal"
    (told,) = world.take("bus", wait=2)
    assert told["detail-type"] == "Goal Reached"
    assert told["detail"]["enrollment"] == world.run().id


# What fails


def test_a_record_that_can_never_be_read_is_set_aside_and_the_others_go_on(world: World) -> None:
    good = world.decide(trigger())
    broken = {"dynamodb": {"Keys": {"pk": {"S": "C#eve"}}, "NewImage": {"out": {"L": [{"S": "?"}]}}}}
    world.deliver(broken, good)
    assert world.run().active
    (aside,) = world.stack.aside()
    assert (aside["function"], aside["record"]) == ("journey_step", broken)


def test_a_run_that_can_never_advance_does_not_hold_up_the_others(world: World) -> None:
    world.deliver(world.decide(trigger(), trigger("weekly")))
    lost = world.run("weekly")
    assert lost.waiting is not None
    enrollments.save(lost, replace(lost, waiting=replace(lost.waiting, step="nowhere")), world.now)
    world.deliver(world.click(world.run().messages["hello"]))
    assert world.run().state == "done"
    failure = world.run("weekly").failure
    assert failure is not None
    assert (failure.code, failure.step, failure.tries) == ("Unreadable", "nowhere", 1)
    assert world.stack.aside() == []


def test_what_may_pass_raises_after_the_others_were_handled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    record = world.decide(trigger(), trigger("weekly"))
    monkeypatch.setattr(contacts, "watch", failing(1, contacts.watch))
    with pytest.raises(ClientError):
        world.deliver(record)
    assert len(world.rows("J#")) == 1
    world.deliver(record)
    assert len(world.rows("J#")) == 2
    assert world.stack.aside() == []


# Crashes between any two calls


def through_crashes(
    world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], *, again: Callable[[], object]
) -> int:
    """Crash `act` at its first call, then `again` at its second, and so on, until one gets through; the calls made."""
    for call in range(100):
        for after in (False, True):
            try:
                with crash_at(call, after=after, monkeypatch=monkeypatch) as calls:
                    act()
            except Crash:
                act = again
            else:
                return calls()
    raise AssertionError("never got through")


def test_enrolling_survives_a_crash_at_every_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    record = world.decide(trigger(), Decision("d1", "segment", "keen", NOW, "c", "out", "in"))

    def deliver() -> None:
        world.deliver(record)

    through_crashes(world, monkeypatch, deliver, again=deliver)
    run = world.run()
    assert (run.active, run.todo) == (True, ())
    assert len(world.rows("M#")) == len(world.executions()) == 1
    assert len(world.rows("D#")) == 2
    assert {body["message"] for body in world.take("send")} == {run.messages["hello"]}
    assert world.ada().state.watching == {enrollments.mark(run)}


def test_waking_survives_a_crash_at_every_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deliver(world.decide(trigger()))
    world.park(world.parked())
    record = world.click(world.run().messages["hello"])

    def deliver() -> None:
        world.deliver(record)

    assert through_crashes(world, monkeypatch, deliver, again=deliver) < 11
    run = world.run()
    assert (run.state, run.todo) == ("done", ())
    assert sorted(row["template"] for row in world.rows("M#")) == ["brewing-guide", "welcome"]
    assert len(world.stack.events()) == 1
    assert world.ada().state.watching == frozenset()
    assert world.rows("W#") == []
    assert world.rests("SUCCEEDED")


def test_an_alarm_survives_a_crash_at_every_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deliver(world.decide(trigger()))
    parking = world.parked()
    world.now += 3 * DAY

    def park() -> None:
        world.park(parking)

    through_crashes(world, monkeypatch, park, again=park)
    run = world.run()
    assert (run.state, run.todo) == ("done", ())
    assert sorted(row["template"] for row in world.rows("M#")) == ["brewing-guide", "welcome"]
    assert len(world.stack.events()) == 1
    assert world.rows("W#") == []
    assert world.rests("SUCCEEDED")
