"""Messages whose time has come: a page of them at once, none held up, lost or sent twice because of another."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from functions.aws import dynamodb, ses
from functions.core.message import PATIENCE, Feedback, begin
from functions.send import overdue
from functions.send.queue import Pair, parse
from functions.sweep.sweep import PAGE
from functions.sweep.sweep import sweep as sweep_once
from functions.tables import messages
from tests.handlers.conftest import Stack
from tests.handlers.faults import Crash, crash_at
from tests.handlers.test_send import NOW
from tests.handlers.test_send_groups import Crowd

LATER = NOW + PATIENCE


@pytest.fixture
def crowd(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Crowd:
    made = Crowd(stack, monkeypatch)
    monkeypatch.setattr(ses, "account", lambda: ses.Account(1000, None, 0, sandbox=False))
    return made


def names(count: int) -> list[str]:
    return [f"p{number:03d}" for number in range(count)]


def asked(crowd: Crowd) -> Counter[Pair]:
    """How often each message was put on the queue; taken from it."""
    return Counter(pair for body in crowd.queued() for pair in parse(json.dumps(body)))


def under_way(crowd: Crowd, people: list[str], **changes: Any) -> list[Pair]:
    """Messages that were handed over, of which nobody heard anything."""
    pairs = crowd.decided(people, **changes)
    for pair in pairs:
        message = crowd.read(pair)
        messages.change(message, begin(message, "hash", NOW))
    return pairs


def test_a_page_is_queued_and_noted_in_few_calls(crowd: Crowd) -> None:
    pairs = crowd.decided(names(PAGE))
    calls = Counter[str]()
    original = BaseClient._make_api_call

    def counted(client: Any, operation: str, arguments: Any) -> Any:
        calls[operation] += 1
        return original(client, operation, arguments)

    with crowd.monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", counted)
        assert overdue.settle(pairs, LATER) == {}
    assert calls == {"BatchGetItem": 1, "SendMessageBatch": 1, "BatchExecuteStatement": 4}
    assert asked(crowd) == dict.fromkeys(pairs, 1)
    assert {(one.state, one.due) for one in map(crowd.read, pairs)} == {("intended", LATER + PATIENCE)}


def test_each_state_is_done_with_as_by_itself(crowd: Crowd) -> None:
    waiting = crowd.decided(names(3), id="waits")
    lost, owed = under_way(crowd, names(3), id="lost"), under_way(crowd, names(3), id="owed", topic="orders")
    fresh, done = crowd.decided(names(3), id="fresh", now=NOW + 1), crowd.decided(names(3), id="done")
    for pair in done:
        messages.settle(*pair, Feedback("sent", NOW))
    everything = [*waiting, *lost, *owed, *fresh, *done, ("nobody", "gone")]
    assert overdue.settle(everything, LATER) == {}
    assert asked(crowd) == dict.fromkeys([*waiting, *owed], 1)
    assert (crowd.states(waiting), crowd.states(owed)) == ({"intended": 3}, {"intended": 3})
    assert {(one.state, one.due) for one in map(crowd.read, lost)} == {("unknown", None)}
    assert {one.due for one in map(crowd.read, fresh)} == {LATER + 1}
    assert overdue.settle(everything, LATER) == {}
    assert asked(crowd) == {}


def test_what_is_under_way_since_is_looked_at_an_hour_after_that(crowd: Crowd) -> None:
    pairs = crowd.decided(names(2))
    for pair in pairs:
        message = crowd.read(pair)
        messages.change(message, begin(message, "hash", LATER - 5))
    assert overdue.settle(pairs, LATER) == {}
    assert {(one.state, one.due) for one in map(crowd.read, pairs)} == {("sending", LATER - 5 + PATIENCE)}


def test_one_that_can_not_be_dealt_with_holds_up_no_other(crowd: Crowd) -> None:
    pairs = crowd.decided(names(6))
    (odd,) = under_way(crowd, ["odd"], release="a release of nobody")
    table = crowd.stack.environment["CONTACTS_TABLE"]
    dynamodb.update(table, messages.key(*pairs[1]), "SET v = :v", values={":v": "not a number"})

    def refusing(number: int, call: Callable[[], Any]) -> Any:
        # DynamoDB refuses a whole call because of one statement that it can't read.
        if any(f"C#{pairs[4][0]}" in str(one) for one in made[number - 1]["Statements"]):
            raise ClientError({"Error": {"Code": "ValidationException"}}, "BatchExecuteStatement")  # type: ignore[typeddict-item]
        return call()

    made = crowd.each_call("BatchExecuteStatement", refusing)
    failed = overdue.settle([*pairs, odd], LATER)
    assert set(failed) == {pairs[1], pairs[4], odd}
    others = [pair for pair in pairs if pair not in failed]
    assert set(asked(crowd)) == {*others, pairs[4]}
    assert {crowd.read(pair).due for pair in others} == {LATER + PATIENCE}


def test_what_aws_refuses_for_now_is_met_again_and_nothing_is_lost(crowd: Crowd) -> None:
    pairs = crowd.decided(names(30))

    def throttled(*_: Any) -> Any:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "SendMessageBatch")  # type: ignore[typeddict-item]

    with crowd.monkeypatch.context() as patch:
        crowd.monkeypatch = patch  # type: ignore[assignment]
        calls = crowd.each_call("SendMessageBatch", throttled)
        assert set(overdue.settle(pairs, LATER)) == set(pairs)
    assert len(calls) == 1
    assert {crowd.read(pair).due for pair in pairs} == {LATER}
    assert overdue.settle(pairs, LATER) == {}
    assert set(asked(crowd)) == set(pairs)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_call_queues_twice_at_most_and_loses_nobody(crowd: Crowd, after: bool) -> None:
    for call in range(20):
        waits, owed = crowd.decided(names(3), id=f"w{call}"), under_way(crowd, names(3), id=f"o{call}", topic="orders")
        lost = under_way(crowd, names(2), id=f"l{call}")
        died = False
        try:
            with crash_at(call, after=after, monkeypatch=crowd.monkeypatch):
                overdue.settle([*waits, *owed, *lost], LATER)
        except Crash:
            died = True
        assert overdue.settle([*waits, *owed, *lost], LATER) == {}
        found = asked(crowd)
        assert set(found) == {*waits, *owed}
        assert set(found.values()) <= {1, 2}
        assert {crowd.read(pair).due for pair in [*waits, *owed]} == {LATER + PATIENCE}
        assert crowd.states(lost) == {"unknown": 2}
        if not died:
            return
    raise AssertionError("never got through")


def test_of_two_at_once_both_may_queue_and_one_notes(crowd: Crowd) -> None:
    pairs, lost = crowd.decided(names(4)), under_way(crowd, names(2), id="lost")
    busy: list[bool] = []

    def another_meanwhile(number: int, call: Callable[[], Any]) -> Any:
        if not busy:
            busy.append(True)
            assert overdue.settle([*pairs, *lost], LATER) == {}
        return call()

    crowd.each_call("BatchExecuteStatement", another_meanwhile)
    assert overdue.settle([*pairs, *lost], LATER) == {}
    assert set(asked(crowd).values()) == {2}
    assert {(one.due, one.version) for one in map(crowd.read, pairs)} == {(LATER + PATIENCE, 1)}
    assert crowd.states(lost) == {"unknown": 2}


def test_a_report_that_comes_meanwhile_stays(crowd: Crowd) -> None:
    lost = under_way(crowd, names(2))

    def reported(number: int, call: Callable[[], Any]) -> Any:
        if number == 1:
            messages.settle(*lost[0], Feedback("delivered", LATER))
        return call()

    crowd.each_call("BatchExecuteStatement", reported)
    assert overdue.settle(lost, LATER) == {}
    assert [crowd.read(pair).state for pair in lost] == ["delivered", "unknown"]


def test_sweep_goes_through_many_that_are_due_at_one_moment_and_sets_aside_one(crowd: Crowd) -> None:
    pairs = crowd.decided(names(130))
    table = crowd.stack.environment["CONTACTS_TABLE"]
    dynamodb.update(table, messages.key(*pairs[7]), "SET v = :v", values={":v": "not a number"})
    swept = sweep_once(LATER)
    assert (swept.done, swept.failed, swept.finished) == (129, 1, True)
    assert set(asked(crowd)) == {*pairs} - {pairs[7]}
    assert [kept["record"]["pk"] for kept in crowd.stack.aside()] == ["C#p007"]
    assert sweep_once(LATER).done == 0
