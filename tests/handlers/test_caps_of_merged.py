"""Caps of people who turned out to be one: whoever writes to them, under whatever id, meets the others' messages."""

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.client import BaseClient

from functions.aws import ses
from functions.core import compose
from functions.score.merge import merge
from functions.send.queue import Pair
from functions.tables import caps
from tests.handlers.conftest import Stack
from tests.handlers.test_send import HOUR, RELEASE, World, refusal
from tests.handlers.test_send_groups import Crowd
from tests.scale import scaled

DAY = 24 * HOUR


@pytest.fixture
def crowd(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Crowd:
    made = Crowd(stack, monkeypatch)
    monkeypatch.setattr(ses, "account", lambda: ses.Account(1000, None, 0, sandbox=False))
    return made


def capped(world: World, at_most: int) -> None:
    """From now on what is decided is capped for a day."""
    sending = {**RELEASE["sending"], "caps": [{"at_most": at_most, "within": "1 day"}]}
    world.release = world.publish({**RELEASE, "sending": sending})


def counted(crowd: Crowd, pairs: list[Pair]) -> int:
    """How many of these count against a cap."""
    return sum(crowd.read(pair).state not in ("intended", "withheld") for pair in pairs)


@pytest.mark.parametrize("apart", [False, True], ids=["one batch", "one after another"])
def test_two_that_are_one_share_the_room_under_a_cap(crowd: Crowd, apart: bool) -> None:
    capped(crowd, 1)
    first, second = crowd.people(2)
    assert merge(first, second)
    pairs = [*crowd.decided([first], step="a"), *crowd.decided([second], step="b")]
    for batch in [[pair] for pair in pairs] if apart else [pairs]:
        assert crowd.send(batch) == []
    assert crowd.states(pairs) == {"sent": 1, "withheld": 1}
    assert {crowd.read(pair).reason for pair in pairs} == {"", "frequency-cap"}


def test_two_in_one_batch_cost_no_transaction_that_can_not_be(crowd: Crowd) -> None:
    first, second = crowd.people(2)
    assert merge(first, second)
    asked = crowd.each_call("TransactWriteItems", lambda _, call: call())
    pairs = [*crowd.decided([first], step="a"), *crowd.decided([second], step="b")]
    assert crowd.send(pairs) == []
    assert crowd.states(pairs) == {"sent": 2}
    assert len(asked) == 2
    assert set(caps.get(second).sends) == {id for _, id in pairs}
    assert caps.get(first).sends == {}


def at_call(crowd: Crowd, number: int, act: Callable[[], Any], during: Callable[[], Any]) -> bool:
    """Do `during`, and `act` before its `number`-th call; whether it came to that."""
    original, made = BaseClient._make_api_call, [0]

    def acted(client: Any, operation: str, arguments: Any) -> Any:
        made[0] += 1
        if made[0] == number:
            act()
        return original(client, operation, arguments)

    with crowd.monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", acted)
        during()
    return made[0] >= number


@pytest.mark.parametrize("loses", [0, 1], ids=["the reader's", "the other's"])
@pytest.mark.parametrize("together", [False, True], ids=["alone", "among others"])
def test_whenever_the_merge_comes_a_cap_of_the_one_they_are_holds(crowd: Crowd, loses: int, together: bool) -> None:
    capped(crowd, 1)
    for call in range(1, 30):
        people = [crowd.person(10 * call), crowd.person(10 * call + 1)]
        others = [crowd.person(10 * call + place) for place in range(2, 8)] if together else []
        one, other = (crowd.decided([person], step="a") for person in people)
        more = crowd.decided(others)
        before = dict[int, int]()

        def meanwhile(
            call: int = call,
            people: list[str] = people,
            pairs: tuple[list[Pair], list[Pair]] = (one, other),
            before: dict[int, int] = before,
        ) -> None:
            # What the other gets now is theirs alone; then they are one.
            crowd.send(pairs[1])
            assert merge(people[loses], people[1 - loses])
            before[call] = counted(crowd, [*pairs[0], *pairs[1]])

        if not at_call(crowd, call, meanwhile, partial(crowd.send, [*more, *one])):
            assert call > 5
            return
        assert before[call] in (1, 2)
        assert counted(crowd, [*one, *other]) == before[call]
    raise AssertionError("it never ended")


def test_two_workers_who_write_to_both_at_once_keep_to_the_cap(crowd: Crowd) -> None:
    capped(crowd, 1)
    for call in range(1, 30):
        people = [crowd.person(10 * call), crowd.person(10 * call + 1)]
        assert merge(*people)
        one, other = (crowd.decided([person], step="a") for person in people)
        if not at_call(crowd, call, partial(crowd.send, other), partial(crowd.send, one)):
            assert call > 5
            return
        assert crowd.states([*one, *other]) == {"sent": 1, "withheld": 1}
    raise AssertionError("it never ended")


def test_what_the_provider_refuses_is_given_back_wherever_it_was_counted(crowd: Crowd) -> None:
    capped(crowd, 1)
    first, second = crowd.people(2)
    pairs = crowd.decided([first], step="a")
    assert merge(first, second)

    def merged_again(number: int, call: Callable[[], Any]) -> Any:
        if number == 1:
            assert merge(second, crowd.person(5))
            raise refusal("MessageRejected", 400)
        return call()

    crowd.each_call("SendEmail", merged_again)
    crowd.send(pairs)
    assert crowd.states(pairs) == {"withheld": 1}
    after = crowd.decided([first], id="after", step="b")
    crowd.send(after)
    assert crowd.states(after) == {"sent": 1}


class Town:
    """A few people, some of whom turn out to be one; and what each of them got, as it is in the ledger."""

    def __init__(self, crowd: Crowd, seed: int) -> None:
        self.crowd, self.chance = crowd, random.Random(seed)
        self.people = [crowd.person(10 * seed + place) for place in range(5)]
        self.into = {person: person for person in self.people}
        self.waiting, self.sent = list[Pair](), dict[Pair, int]()
        self.decided = 0

    def root(self, person: str) -> str:
        while self.into[person] != person:
            person = self.into[person]
        return person

    def decide(self) -> None:
        self.decided += 1
        person = self.chance.choice(self.people)
        topic = self.chance.choice(["tips", "tips", "orders"])
        self.waiting += self.crowd.decided([person], id=f"m{self.decided}", step=f"s{self.decided}", topic=topic)

    def merge(self) -> None:
        one, other = (self.root(person) for person in self.chance.sample(self.people, 2))
        if one != other:
            assert merge(one, other)
            self.into[one] = other

    def send(self) -> None:
        batch = self.chance.sample(self.waiting, min(len(self.waiting), self.chance.randint(1, 6)))
        assert self.crowd.send(batch) == []

    def meanwhile(self) -> None:
        """Another worker, or a merge, between what one reads and what it writes."""
        original, done = compose.compose, list[bool]()

        def overtaken(*arguments: Any) -> Any:
            if not done:
                done.append(True)
                self.chance.choice([self.merge, self.send, self.send])()
                self.check()
            return original(*arguments)

        with self.crowd.monkeypatch.context() as patch:
            patch.setattr(compose, "compose", overtaken)
            self.send()

    def check(self) -> None:
        """Whatever was counted since, everybody who is one by now had room for it."""
        fresh = set[str]()
        for pair in list(self.waiting):
            message = self.crowd.read(pair)
            if message.state in ("sending", "sent") and message.topic == "tips" and pair not in self.sent:
                self.sent[pair] = message.times["sending"]
                fresh.add(self.root(pair[0]))
        for root in fresh:
            got = [at for pair, at in self.sent.items() if self.root(pair[0]) == root]
            assert sum(at > self.crowd.now - DAY for at in got) <= 2, root

    def live(self, steps: int) -> None:
        acts = [self.decide] * 4 + [self.send] * 2 + [self.meanwhile] * 3 + [self.merge]
        for _ in range(steps):
            act = self.chance.choice(acts)
            if act in (self.send, self.meanwhile) and not self.waiting:
                continue
            act()
            self.check()
            self.crowd.now += self.chance.choice([1, 1, HOUR, 5 * HOUR])


@pytest.mark.parametrize("seed", range(scaled(12)))
def test_whoever_merges_and_whatever_is_sent_meanwhile_no_cap_is_exceeded(crowd: Crowd, seed: int) -> None:
    town = Town(crowd, seed)
    town.live(40)
    assert town.sent
