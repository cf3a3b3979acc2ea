"""What a run of a journey leaves in its contact's history: each end once, whatever fails and whoever merges."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.aws.attributes import to_item
from functions.core.contact import Decision
from functions.core.journey_facts import journey_events_of
from functions.core.release import Release
from functions.score.merge import merge
from functions.tables import contacts, enrollments, events
from tests.handlers.conftest import Stack
from tests.handlers.journey_world import ADA, World, trigger
from tests.journeys import NOW, WELCOME, release

BOB = "bob000000000000000000000"


@pytest.fixture
def world(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(stack, monkeypatch)
    made.publish(release(welcome=WELCOME))
    return made


def listening(**journeys: dict[str, Any]) -> Release:
    """A release in which a segment asks about every journey."""
    plain = release(**journeys).model_dump(mode="json", by_alias=True)
    return Release.model_validate(plain | {"segments": {"alumni": {"when": {"event": "Journey Ended"}}}})


def history(world: World) -> list[tuple[str, int, str | None]]:
    events = sorted(world.stack.events(), key=lambda event: event.at)
    return [
        (event.name, event.at - NOW, event.properties.get("outcome"))
        for event in events
        if event.name.startswith("Journey")
    ]


def test_a_run_is_noted_once_when_it_begins_and_once_when_it_ends(world: World) -> None:
    world.publish(listening(welcome=WELCOME))
    started = world.decide(trigger())
    world.deliver(started)
    world.deliver(started)
    assert history(world) == [("Journey Entered", 0, None)]
    world.now += 60_000
    woken = world.click(world.run().messages["hello"])
    world.deliver(woken)
    world.deliver(woken)
    world.deliver(started)
    assert history(world) == [("Journey Entered", 0, None), ("Journey Ended", 60_000, "done")]
    assert [event for event in journey_events_of(world.run()) if event not in world.stack.events()] == []


def test_a_run_that_nobody_asks_about_is_not_noted(world: World) -> None:
    world.deliver(world.decide(trigger()))
    world.deliver(world.click(world.run().messages["hello"]))
    assert world.run().state == "done"
    assert history(world) == []


def test_the_end_of_a_run_that_began_before_anybody_asked_is_noted(world: World) -> None:
    world.deliver(world.decide(trigger()))
    world.publish(listening(welcome=WELCOME))
    world.now += 60_000
    world.deliver(world.click(world.run().messages["hello"]))
    assert history(world) == [("Journey Ended", 60_000, "done")]
    # Whoever asks from now on learns the rest from the row.
    events.insert(journey_events_of(world.run(), cause="backfill", received=world.now))
    assert history(world) == [("Journey Entered", 0, None), ("Journey Ended", 60_000, "done")]


def test_an_end_whose_note_failed_is_noted_by_whoever_comes_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish(listening(welcome=WELCOME))
    world.deliver(world.decide(trigger()))
    woken = world.click(world.run().messages["hello"])

    def throttled(*arguments: Any) -> Any:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "BatchExecuteStatement")

    with monkeypatch.context() as broken:
        broken.setattr(events, "insert", throttled)
        with pytest.raises(ClientError):
            world.deliver(woken)
    assert world.run().state == "done"
    assert len(history(world)) == 1
    world.now += 5_000
    world.deliver(woken)
    assert history(world) == [("Journey Entered", 0, None), ("Journey Ended", 1, "done")]
    assert world.run().todo == ()


def test_whoever_comes_again_at_once_is_in_after_that(world: World) -> None:
    again = {**WELCOME, "start": {**WELCOME["start"], "again": "always"}, "steps": [{"id": "mark", "tag": "x"}]}
    world.publish(listening(welcome=again))
    world.deliver(world.decide(trigger()), world.decide(trigger(cause="e#ada#2#m2", at=NOW + 1)))
    assert [name for name, _, _ in history(world)] == ["Journey Entered", "Journey Ended"] * 2
    assert len({at for _, at, _ in history(world)}) == 4


def record_of(contact: str, *decisions: Decision) -> dict[str, Any]:
    """A state of the outbox's stream with these decisions, which nobody wrote."""
    keys = {"pk": {"S": f"C#{contact}"}, "sk": {"S": "S"}}
    row = contacts.state_row(contacts.load([contact])[contact].state, decisions)
    return {"dynamodb": {"Keys": keys, "NewImage": to_item(row)}}


def test_a_run_that_goes_on_as_the_survivors_is_not_said_to_have_ended(world: World) -> None:
    world.publish(listening(welcome=WELCOME))
    world.deliver(world.decide(trigger()))
    merge(ADA, BOB)
    world.now += 60_000
    world.deliver(world.record())
    assert world.run().state == "exited"
    followed = enrollments.get(BOB, "welcome")
    assert followed is not None
    assert followed.active
    assert history(world) == [("Journey Entered", 0, None)]


def test_a_run_that_the_survivor_may_not_go_on_with_has_ended(world: World) -> None:
    world.publish(listening(welcome=WELCOME | {"steps": [{"id": "mark", "tag": "x"}]}))
    world.deliver(record_of(BOB, trigger(cause="e#bob#1#m1")))
    world.publish(listening(welcome=WELCOME))
    world.now += 60_000
    world.deliver(world.decide(trigger()))
    merge(ADA, BOB)
    world.now += 60_000
    world.deliver(world.record())
    assert history(world) == [
        ("Journey Entered", 0, None),
        ("Journey Ended", 1, "done"),
        ("Journey Entered", 60_000, None),
        ("Journey Ended", 120_000, "exited"),
    ]
    assert journey_events_of(world.run())[-1] in world.stack.events()
