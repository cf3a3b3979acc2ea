"""sweep against real stores, queues and executions."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from functions import releases, settings
from functions.aws import dynamodb
from functions.core.contact import Standing
from functions.core.counters import counters
from functions.core.enrollment import GRACE_MS
from functions.core.message import PATIENCE
from functions.sweep import dispatch
from functions.sweep import sweep as sweeping
from functions.sweep.handler import handler
from functions.tables import contacts, due
from tests.handlers.conftest import Stack
from tests.handlers.faults import Crash, crash_at
from tests.handlers.journey_world import ADA, World, trigger
from tests.journeys import DAY, HOUR, NOW, WELCOME, contact, happened, journey, release

TWO_WAITS = journey({"id": "a", "wait": "1 day"}, {"id": "b", "wait": "1 day"}, {"id": "mail", "send": "mail"})


@pytest.fixture
def world(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(stack, monkeypatch)
    made.publish(release(welcome=WELCOME, calm=TWO_WAITS))
    return made


def stands_at(world: World, journey_id: str) -> str | None:
    waiting = world.run(journey_id).waiting
    return waiting.step if waiting else None


def stop_executions(world: World) -> None:
    states = world.stack.emulator.client("stepfunctions")
    for name in world.executions():
        states.stop_execution(executionArn=world.machine.replace(":stateMachine:", ":execution:") + f":{name}")


def put_due(number: int, sk: str, at: int) -> None:
    row = {"pk": f"C#c{number}", "sk": sk, "v": 1, "ds": due.shard(f"c{number}"), "du": at}
    dynamodb.put(settings.contacts_table(), row)


def test_nothing_is_done_before_it_is_due(world: World) -> None:
    world.deliver(world.decide(trigger("calm")))
    before = world.stack.rows("contacts")
    world.now += DAY
    swept = world.sweep()
    assert (swept["done"], swept["finished"]) == (0, True)
    assert world.stack.rows("contacts") == before


def test_a_run_that_stands_at_its_next_wait_is_looked_at_once_and_not_every_minute(world: World) -> None:
    world.deliver(world.decide(trigger("calm")))
    parking = world.parked()
    world.park(parking)
    world.now += DAY
    world.park(replace(parking, timed_out=True))
    assert stands_at(world, "calm") == "b"
    world.now += GRACE_MS
    # The index was left as it was when the second wait began: it tells the earliest moment, not the right one.
    assert world.sweep()["done"] == 1
    world.now += HOUR
    assert world.sweep()["done"] == 0
    (row,) = world.rows("J#calm")
    assert row["du"] == row["wait"][3] + GRACE_MS


def test_a_run_whose_clock_is_no_more_goes_on_with_a_new_one(world: World) -> None:
    world.deliver(world.decide(trigger("calm")))
    parking = world.parked()
    world.park(replace(parking, token="a token of nobody"))
    world.now += DAY + GRACE_MS
    world.sweep()
    run = world.run("calm")
    assert (stands_at(world, "calm"), run.clock, run.todo) == ("b", 2, ())
    following = world.parked()
    assert (following.park["turn"], following.park["seconds"]) == (run.turn, 86_400)


def test_a_run_goes_on_even_if_the_token_of_its_dead_clock_is_taken(world: World) -> None:
    world.deliver(world.decide(trigger("calm")))
    world.park(world.parked())
    stop_executions(world)
    world.now += DAY + GRACE_MS
    world.sweep()
    assert stands_at(world, "calm") == "b"
    world.now += DAY + GRACE_MS
    world.sweep()
    assert world.run("calm").state == "done"
    assert [row["template"] for row in world.rows("M#")] == ["mail"]


def test_a_clock_that_is_merely_late_is_told_and_kept(world: World) -> None:
    world.deliver(world.decide(trigger("calm")))
    world.park(world.parked())
    world.now += DAY + GRACE_MS
    world.sweep()
    assert (stands_at(world, "calm"), world.run("calm").clock) == ("b", 1)
    assert world.parked().park["turn"] == world.run("calm").turn
    assert len(world.executions()) == 1


def test_a_clock_that_never_parked_gets_a_successor_and_ends_should_it_come_after_all(world: World) -> None:
    world.deliver(world.decide(trigger("calm")))
    late = world.parked()
    world.now += DAY + GRACE_MS
    world.sweep()
    assert world.run("calm").clock == 2
    world.park(late)
    world.park(world.parked())
    assert world.rests("SUCCEEDED", "RUNNING")


def test_effects_that_a_crash_left_are_performed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    record = world.decide(trigger())
    with pytest.raises(Crash), crash_at("SendMessage", after=False, monkeypatch=monkeypatch):
        world.deliver(record)
    assert len(world.run().todo) == 2
    world.now += GRACE_MS
    world.sweep()
    assert world.run().todo == ()
    assert world.run().clock == 1
    assert [body["message"] for body in world.take("send")] == list(world.run().messages.values())
    assert world.parked().park["turn"] == world.run().turn


def sweep_through_crashes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweep, dying at the first call, then at the second, and so on, until one sweep gets through."""
    for call in range(40):
        for after in (False, True):
            try:
                with crash_at(call, after=after, monkeypatch=monkeypatch):
                    world.sweep()
            except Crash:
                world.now += GRACE_MS
            else:
                return
    raise AssertionError("never got through")


def test_a_dead_clock_is_replaced_in_spite_of_a_crash_at_every_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver(world.decide(trigger("calm")))
    world.take("tokens", wait=5)
    stop_executions(world)
    world.now += DAY + GRACE_MS
    sweep_through_crashes(world, monkeypatch)
    assert stands_at(world, "calm") == "b"
    while (parking := world.parking(wait=2)) is not None:
        world.park(parking)
    assert sum(status == "RUNNING" for status in world.executions().values()) == 1
    world.now += DAY
    world.sweep()
    assert world.run("calm").state == "done"
    assert len(world.rows("M#")) == 1


def test_a_late_clock_goes_on_in_spite_of_a_crash_at_every_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deliver(world.decide(trigger("calm")))
    late = world.parked()
    world.park(late)
    world.now += DAY + GRACE_MS
    sweep_through_crashes(world, monkeypatch)
    assert stands_at(world, "calm") == "b"
    world.now += DAY + GRACE_MS
    sweep_through_crashes(world, monkeypatch)
    assert world.run("calm").state == "done"
    assert len(world.rows("M#")) == 1
    world.park(late)
    while (parking := world.parking(wait=2)) is not None:
        world.park(parking)
    assert world.rests()


def test_two_sweeps_at_once_do_nothing_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deliver(world.decide(trigger()))
    world.park(world.parked())
    world.take("send")
    world.now += 3 * DAY + GRACE_MS
    deal_with = dispatch.deal_with

    def overtaken(pk: str, sk: str, now: int, known: dispatch.Known) -> None:
        monkeypatch.setattr(dispatch, "deal_with", deal_with)
        world.sweep()
        deal_with(pk, sk, now, known)

    monkeypatch.setattr(dispatch, "deal_with", overtaken)
    world.sweep()
    assert world.run().state == "done"
    assert sorted(row["template"] for row in world.rows("M#")) == ["brewing-guide", "welcome"]
    assert len(world.stack.events()) == 1


def test_a_score_that_cooled_is_reconsidered(world: World) -> None:
    definition = release(welcome=WELCOME).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    bands = {"warm": {"at_least": 20, "until_below": 15}, "hot": {"at_least": 90, "until_below": 80}}
    definition["scoring"]["temperature"] = {"score": "interest", **bands}
    made = type(release()).model_validate(definition)
    world.publish(made)
    person = happened(contact(), "Page Viewed", NOW)
    state = replace(contacts.load([ADA])[ADA].state, facts=person.state.facts, spec=counters(made).spec)
    decided = replace(state, release=releases.live().seq, standing=Standing("warm", NOW), due=NOW + DAY)
    contacts.save_state(decided, ())
    world.now += 60 * DAY
    swept = world.sweep()
    assert swept["done"] == 1
    state = contacts.load([ADA])[ADA].state
    assert (state.standing.temperature, state.due) == ("cold", None)
    world.deliver(world.record())
    assert [row["to"] for row in world.rows("D#")] == ["cold"]


def test_a_message_that_stayed_in_the_ledger_is_queued_again(world: World) -> None:
    world.deliver(world.decide(trigger()))
    (sent,) = world.take("send")
    world.now += PATIENCE
    world.sweep()
    assert world.take("send") == [sent]


def test_what_can_never_succeed_is_set_aside_and_put_off(world: World) -> None:
    put_due(1, "Q#what", NOW - 5)
    assert world.sweep()["failed"] == 1
    (aside,) = world.stack.aside()
    assert (aside["function"], aside["record"]["sk"]) == ("sweep", "Q#what")
    assert world.sweep()["failed"] == 0
    world.now += HOUR
    assert world.sweep()["failed"] == 1


def test_one_row_that_fails_for_now_does_not_hold_up_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[str] = []
    monkeypatch.setattr(dispatch, "deal_with", refusing("C#c1", met))
    for number in range(4):
        put_due(number, "S", NOW - number)
    assert world.sweep() == {"done": 3, "failed": 1, "lag": 3, "finished": True}
    assert sorted(met) == ["C#c0", "C#c1", "C#c2", "C#c3"]
    assert world.stack.aside() == []


def test_a_run_out_of_time_stops_and_the_next_continues(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[str] = []
    monkeypatch.setattr(dispatch, "deal_with", clearing(met))
    monkeypatch.setattr(sweeping, "PAGE", 2)
    for number in range(12):
        put_due(number, "S", NOW - number)
    moments = iter(range(100))
    monkeypatch.setattr("functions.clock.monotonic", lambda: next(moments) * 8.0)
    assert world.sweep() == {"done": 6, "failed": 0, "lag": 11, "finished": False}
    monkeypatch.setattr("functions.clock.monotonic", lambda: 0.0)
    assert world.sweep()["done"] == 6
    assert sorted(met) == sorted(f"C#c{number}" for number in range(12))


def test_a_long_queue_in_one_shard_is_taken_page_by_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[str] = []
    monkeypatch.setattr(dispatch, "deal_with", clearing(met))
    monkeypatch.setattr(sweeping, "PAGE", 2)
    for number in range(9):
        row = {"pk": f"C#c{number}", "sk": "S", "v": 1, "ds": "3", "du": NOW - number}
        dynamodb.put(settings.contacts_table(), row)
    assert world.sweep()["done"] == 9
    assert met == [f"C#c{number}" for number in reversed(range(9))]


Dealing = Callable[[str, str, int, dispatch.Known], None]


def clearing(met: list[str]) -> Dealing:
    """Deals with a row by taking it out of the index."""

    def deal_with(pk: str, sk: str, now: int, known: dispatch.Known) -> None:
        met.append(pk)
        dynamodb.update(settings.contacts_table(), (pk, sk), "REMOVE ds, du")

    return deal_with


def refusing(bad: str, met: list[str]) -> Dealing:
    """Deals with all rows but one, which is throttled."""
    clear = clearing(met)

    def deal_with(pk: str, sk: str, now: int, known: dispatch.Known) -> None:
        if pk == bad:
            met.append(pk)
            raise TimeoutError("not now")
        clear(pk, sk, now, known)

    return deal_with


def test_looking_ahead_decides_by_the_clock_all_the_same(world: World) -> None:
    world.deliver(world.decide(trigger("calm")))
    world.now += DAY
    handler({"ahead": GRACE_MS}, None)
    assert stands_at(world, "calm") == "b"
    handler({"ahead": 2 * DAY}, None)
    assert stands_at(world, "calm") == "b"
