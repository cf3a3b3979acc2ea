"""A paused journey: nobody moves in it, whatever dies meanwhile; when it goes on, nothing is lost and nothing twice."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from functions.core.enrollment import Enrollment
from functions.core.event import TAG_ADDED
from functions.core.pauses import Pause, of_journey
from functions.tables import enrollments, pauses
from functions.tables import releases as moves
from functions.tables.events import from_row
from functions.work import jobs, resume, walk
from local.emulator import EmulatorProcess
from tests.cloud import Call, Cloud, Killed
from tests.handlers.test_corrections import with_journey
from tests.handlers.test_score import contact
from tests.scale import scaled

INSIDE, NEW = 4, 3
STEPS = [
    {"id": "first", "tag": "one"},
    {"id": "answer", "wait": {"until": {"event": "Order Completed"}, "at_most": "3 days"}},
    {"id": "second", "tag": "two"},
    {"id": "week", "wait": "7 days"},
    {"id": "third", "tag": "three"},
]
BETTER = [{"id": "first", "tag": "better"}, *STEPS[1:]]
ROOMS = ("journey_step", "sweep", "work")


class Kills:
    """Kills handlers at calls that chance picks, a number of times."""

    def __init__(self, chance: random.Random, most: int, share: float) -> None:
        self._chance, self._left, self._share = chance, most, share

    def before(self, call: Call) -> None:
        self._strike(call)

    def after(self, call: Call) -> None:
        self._strike(call)

    def repeat(self, call: Call) -> bool:
        return False

    def _strike(self, call: Call) -> None:
        if call.handler in ROOMS and self._left and self._chance.random() < self._share:
            self._left -= 1
            raise Killed


@pytest.fixture
def shop(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.setattr(walk, "ROWS_PER_SLICE", 7)
    with Cloud(emulator, with_journey(STEPS)) as cloud:
        yield cloud


def sign_up(cloud: Cloud, *numbers: int) -> None:
    for number in numbers:
        cloud.call("track", messageId=f"sign-{number}", anonymousId=f"browser-{number}", event="Signed Up")
    cloud.settle()


def buy(cloud: Cloud, number: int) -> None:
    cloud.call("track", messageId=f"buy-{number}", anonymousId=f"browser-{number}", event="Order Completed")
    cloud.settle()


def pause(cloud: Cloud) -> int:
    since = cloud.clock.now
    assert pauses.hold(of_journey("tour"), Pause(since, "wrong price", "ada"))
    return since


def run(cloud: Cloud, number: int) -> Enrollment:
    found = enrollments.get(contact(cloud, value=f"browser-{number}").id, "tour")
    assert found is not None
    return found


def passed(cloud: Cloud, number: int) -> list[str]:
    return [one.step for one in run(cloud, number).path]


def go_on(cloud: Cloud, since: int, id: str = "r1") -> None:
    resume.resume(id, "tour", since, cloud.clock.now)
    for _ in range(40):
        cloud.settle()
        found = jobs.get(id)
        if found is not None and found.finished is not None:
            return
        cloud.skip(minutes=2)
    raise AssertionError(jobs.get(id))


def tell(cloud: Cloud, better: bytes) -> None:
    """The story up to the end of the pause: four are inside, three come, one buys, and the waits become due."""
    sign_up(cloud, *range(INSIDE))
    since = pause(cloud)
    cloud.skip(minutes=2)
    buy(cloud, 0)
    sign_up(cloud, *range(INSIDE, INSIDE + NEW))
    cloud.skip(days=4)
    for number in range(INSIDE):
        assert passed(cloud, number) == ["first"]
    for number in range(INSIDE, INSIDE + NEW):
        assert passed(cloud, number) == []
    cloud.publish(better)
    go_on(cloud, since)


def check(cloud: Cloud) -> None:
    people = range(INSIDE + NEW)
    # Those inside went on where they stood, by their own release; those before the first step by the live one.
    assert passed(cloud, 0) == ["first", "answer", "second"]
    assert run(cloud, 0).path[1].outcome == "until"
    assert passed(cloud, 1) == ["first", "answer", "second"]
    live = moves.live()
    assert live is not None
    assert [run(cloud, number).release == live.release for number in people] == [False] * INSIDE + [True] * NEW
    assert [passed(cloud, number) for number in range(INSIDE, INSIDE + NEW)] == [["first"]] * NEW
    cloud.skip(days=12)
    assert [run(cloud, number).state for number in people] == ["done"] * len(people)
    for number in people:
        assert passed(cloud, number) == ["first", "answer", "second", "week", "third"]
    told = [from_row(item) for item in cloud.items("events") if "kind" in item]
    tagged = Counter(event.properties["tag"] for event in told if event.name == TAG_ADDED)
    assert tagged == {"one": INSIDE, "better": NEW, "two": INSIDE + NEW, "three": INSIDE + NEW}
    assert not cloud.aside
    assert not cloud.machines.next_timer


def test_nobody_moves_and_nothing_is_passed_over(shop: Cloud) -> None:
    tell(shop, with_journey(BETTER))
    check(shop)


@pytest.mark.parametrize("seed", range(scaled(4)))
def test_so_it_is_whatever_dies(shop: Cloud, seed: int) -> None:
    with shop.watched(Kills(random.Random(seed), 12, 0.06)):
        tell(shop, with_journey(BETTER))
    shop.skip(minutes=10)
    check(shop)


def test_clocks_that_ring_meanwhile_end_and_are_not_started_again_and_again(shop: Cloud) -> None:
    sign_up(shop, 0)
    since = pause(shop)
    shop.skip(days=20)
    executions = [one.status for one in shop.machines.executions.values()]
    assert executions == ["SUCCEEDED"]
    go_on(shop, since)
    assert passed(shop, 0) == ["first", "answer", "second"]
    shop.skip(days=7, minutes=1)
    assert run(shop, 0).state == "done"


def test_who_read_that_it_is_paused_before_the_end_of_it_loses_nothing(shop: Cloud) -> None:
    sign_up(shop, 0)
    since = pause(shop)
    # An invocation that has begun goes by what it read, while the pause is ended.
    shop.paused.add("journey_step")
    shop.call("track", messageId="buy-0", anonymousId="browser-0", event="Order Completed")
    shop.settle()
    held = pauses.get()
    resume.resume("r1", "tour", since, shop.clock.now)
    shop.deliver("work")
    assert pauses.get().journeys(shop.clock.now) == frozenset()
    version = pauses.get().version
    pauses.hold(of_journey("tour"), held.held[of_journey("tour")])
    shop.paused.discard("journey_step")
    shop.settle()
    assert passed(shop, 0) == ["first"]
    pauses.release(of_journey("tour"))
    assert pauses.get().version > version
    shop.skip(minutes=3)
    assert passed(shop, 0) == ["first", "answer", "second"]


def test_a_journey_that_is_paused_again_stays_so(shop: Cloud) -> None:
    sign_up(shop, 0)
    since = pause(shop)
    resume.resume("r1", "tour", since, shop.clock.now)
    shop.settle()
    shop.skip(minutes=1)
    again = pause(shop)
    shop.skip(days=4)
    assert passed(shop, 0) == ["first"]
    found = jobs.get("r1")
    assert found is not None
    assert found.notes == {"paused-again": 1}
    resume.resume("r0", "tour", since, shop.clock.now)
    shop.settle()
    assert pauses.get().journeys(shop.clock.now) == {"tour"}
    go_on(shop, again, "r2")
    assert passed(shop, 0) == ["first", "answer", "second"]


def test_its_messages_wait_too_and_others_do_not() -> None:
    held = pauses.from_item({"v": 1, "n": 1, "held": {of_journey("tour"): {"since": 1, "why": "x", "by": "y"}}})
    assert held.holding("tour/hello", transactional=True, now=2) is not None
    assert held.holding("tours/hello", transactional=False, now=2) is None
    assert held.holding("campaign--tour/1", transactional=False, now=2) is None
