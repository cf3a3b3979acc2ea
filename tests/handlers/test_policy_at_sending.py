"""What waits for its hour, its room or the end of a pause comes back by the clock, and is decided on anew."""

from datetime import UTC, datetime
from typing import Any

import pytest

from functions import settings
from functions.aws import dynamodb
from functions.core.consent import Change, Entry
from functions.core.policy import Sent
from functions.send.overdue import settle
from functions.tables import addresses, caps
from tests.handlers.conftest import Stack
from tests.handlers.test_send import ADA, HOUR, NOW, RELEASE, World

DAY = 24 * HOUR


@pytest.fixture
def world(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(stack, monkeypatch)
    made.contact(time_zone="Europe/Istanbul")
    made.grant()
    return made


def rules(world: World, **sending: Any) -> None:
    """Publish other rules of sending; what is intended from now on is decided by them."""
    world.release = world.publish({**RELEASE, "sending": {**RELEASE["sending"], **sending}})


def come_back(world: World, at: int) -> None:
    """The clock is moved, sweep finds what is due, and the queue brings it."""
    world.now = at
    settle(ADA, "m1", at)
    assert world.queued()
    world.deliver()


def local(moment: int | None) -> str:
    assert moment is not None
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%a %H:%M")


QUIET = [{"quiet": {"from": "17:00", "to": "09:00"}}]
"""NOW is Monday, 17:13 in Istanbul."""


def test_a_message_in_quiet_hours_waits_until_they_are_over_where_the_contact_lives_and_goes_out_once(
    world: World,
) -> None:
    rules(world, hours=QUIET)
    world.intend()
    assert world.deliver() == []
    waiting = world.message()
    assert (waiting.state, waiting.reason, local(waiting.due)) == ("intended", "quiet-hours", "Tue 06:00")
    assert caps.get(ADA).sends == {}
    assert waiting.due is not None
    settle(ADA, "m1", waiting.due - 1)
    assert world.queued() == []
    come_back(world, waiting.due)
    assert (world.message().state, world.message().reason) == ("sent", "")
    assert len(world.mails()) == len(caps.get(ADA).sends) == 1


def test_what_waits_past_its_time_is_withheld_with_what_it_waited_for(world: World) -> None:
    rules(world, hours=QUIET)
    world.intend(expires=NOW + HOUR)
    world.deliver()
    assert world.message().due == NOW + HOUR + 1
    come_back(world, NOW + HOUR + 1)
    message = world.message()
    assert (message.state, message.reason, message.detail) == ("withheld", "too-late", "quiet-hours")
    assert (message.due, world.mails()) == (None, [])


def test_what_waits_is_decided_on_what_stands_when_it_comes_back(world: World) -> None:
    rules(world, hours=QUIET)
    world.intend()
    world.deliver()
    world.now += HOUR
    world.withdraw()
    due = world.message().due
    assert due is not None
    come_back(world, due)
    assert (world.message().state, world.message().reason) == ("withheld", "unsubscribed")


def test_a_pause_of_the_recipient_s_own_is_waited_out(world: World) -> None:
    pause = Change("pause", str(NOW + DAY))
    addresses.append(world.address, Entry("p", NOW - 1, NOW - 1, "preference-page", (pause,)))
    world.intend()
    world.deliver()
    assert (world.message().reason, world.message().due) == ("paused-by-recipient", NOW + DAY)
    come_back(world, NOW + DAY)
    assert world.message().state == "sent"


def test_a_cap_that_waits_lets_the_next_one_out_when_there_is_room(world: World) -> None:
    rules(world, caps=[{"at_most": 1, "within": "1 day", "then": "wait"}])
    world.intend("m0")
    world.deliver("m0")
    world.now += HOUR
    world.intend()
    world.deliver()
    assert (world.message().reason, world.message().due) == ("frequency-cap", NOW + DAY)
    come_back(world, NOW + DAY)
    assert world.message().state == "sent"


def test_mails_that_an_earlier_version_counted_count_until_they_are_outlived(world: World) -> None:
    pk, sk = caps.old_key(ADA)
    times = {"a": NOW - HOUR, "b": NOW - 2 * HOUR}
    dynamodb.put(settings.contacts_table(), {"pk": pk, "sk": sk, "v": 1, "n": 7, "times": times})
    world.intend()
    world.deliver()
    assert (world.message().state, world.message().reason) == ("withheld", "frequency-cap")
    world.now += DAY
    world.intend("m2")
    world.deliver("m2")
    assert world.message("m2").state == "sent"
    assert caps.get(ADA).sends["m2"] == Sent(world.now, "email", "tips")


def test_a_wish_for_fewer_messages_said_while_one_is_on_its_way_is_kept_to(world: World) -> None:
    world.intend("m0")
    world.deliver("m0")
    said = Entry("f", NOW, NOW, "preference-page", (Change("frequency", "weekly"),))
    addresses.append(world.address, said)
    world.intend()
    world.deliver()
    assert (world.message().state, world.message().reason, world.message().detail) == (
        "withheld",
        "frequency-chosen",
        "weekly",
    )


def own_rules(world: World, **journey: Any) -> None:
    """Publish a journey with rules of its own."""
    start, steps = {"when": {"event": "Signed Up"}}, [{"id": "hello", "send": "welcome"}]
    journeys = {"welcome": {"topic": "tips", "start": start, "steps": steps, **journey}}
    world.release = world.publish({**RELEASE, "journeys": journeys, "sending": {**RELEASE["sending"], "caps": []}})


def test_a_journey_s_own_hours_are_those_where_the_contact_lives(world: World) -> None:
    own_rules(world, hours=QUIET)
    world.intend()
    world.deliver()
    waiting = world.message()
    assert (waiting.state, waiting.reason, local(waiting.due)) == ("intended", "quiet-hours", "Tue 06:00")
    world.intend("other", journey="another")
    world.deliver("other")
    assert world.message("other").state == "sent"


def test_a_journey_s_limit_counts_its_own_messages_until_they_are_old(world: World) -> None:
    own_rules(world, limit={"at_most": 2, "within": "3 days"})
    for id, journey in (("a", "another"), ("m1", "welcome"), ("m2", "welcome"), ("m3", "welcome")):
        world.intend(id, journey=journey)
        world.deliver(id)
    assert [world.message(id).state for id in ("a", "m1", "m2", "m3")] == ["sent", "sent", "sent", "withheld"]
    assert (world.message("m3").reason, world.message("m3").detail) == ("journey-limit", "at most 2 within 3 days")
    world.now += 3 * DAY
    world.intend("m4")
    world.deliver("m4")
    assert world.message("m4").state == "sent"
