"""Long jobs: slices that may die anywhere, and a rebuild that changes no fact and decides nothing."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from authoring.cli import main
from authoring.commands import progress
from authoring.commands.shared import App
from functions.tables import compact
from functions.work import handler, jobs, walk
from functions.work.jobs import Job
from local.emulator import EmulatorProcess
from tests.cloud import Call, Cloud, Killed
from tests.handlers.test_score import contact, decided, release, visit
from tests.scale import scaled


@pytest.fixture
def shop(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A shop with twelve visitors, whose jobs go in small slices."""
    monkeypatch.setattr(walk, "ROWS_PER_SLICE", 10)
    with Cloud(emulator, release()) as cloud:
        for number in range(12):
            visit(cloud, 1 + number % 4, f"browser-{number}")
        cloud.settle()
        yield cloud


class KillAt:
    """Kills work at some of its calls, once each."""

    def __init__(self, *numbers: int) -> None:
        self.left = set(numbers)

    def before(self, call: Call) -> None:
        pass

    def after(self, call: Call) -> None:
        if call.handler == "work" and call.number in self.left:
            self.left.remove(call.number)
            raise Killed

    def repeat(self, call: Call) -> bool:
        return False


class KillNowAndThen:
    """Kills work after calls that chance picks, up to a number of times."""

    def __init__(self, chance: random.Random, most: int, share: float = 0.05) -> None:
        self.chance, self.left, self.share = chance, most, share

    def before(self, call: Call) -> None:
        pass

    def after(self, call: Call) -> None:
        if call.handler == "work" and self.left and self.chance.random() < self.share:
            self.left -= 1
            raise Killed

    def repeat(self, call: Call) -> bool:
        return False


def facts(cloud: Cloud) -> dict[str, str]:
    return {item["pk"]: item["facts"] for item in cloud.items() if item["sk"] == "S"}


def start(cloud: Cloud, name: str = "one") -> None:
    jobs.create(Job(name, "refold", cloud.clock.now))


def finished(cloud: Cloud, name: str = "one") -> Job:
    cloud.settle()
    job = jobs.get(name)
    assert job is not None
    assert job.finished is not None
    return job


def test_refolding_everybody_goes_in_slices_and_changes_no_fact(shop: Cloud) -> None:
    before, made = facts(shop), decided(shop)
    start(shop)
    job = finished(shop)
    assert job.slices > 3
    assert job.notes == {"contacts": 12, "changed": 0, "differing": 0}
    assert facts(shop) == before
    assert decided(shop) == made


def test_a_job_that_is_killed_again_and_again_ends_all_the_same(shop: Cloud) -> None:
    before, made = facts(shop), decided(shop)
    start(shop)
    with shop.watched(KillAt(1, 7, 20, 60, 66, 110, 125)):
        job = finished(shop)
    assert len(shop.failures) == 7
    assert job.notes["contacts"] == 12
    assert facts(shop) == before
    assert decided(shop) == made
    assert shop.aside == []


@pytest.mark.parametrize("seed", range(scaled(3)))
def test_killed_at_random_points_and_resumed_facts_are_equal_and_nothing_is_decided(shop: Cloud, seed: int) -> None:
    chance, watch = random.Random(seed), KillNowAndThen(random.Random(seed), 15)
    before, made = facts(shop), decided(shop)
    stands = [item["segs"] for item in shop.items() if item["sk"] == "S"]
    start(shop)
    with shop.watched(watch):
        for _ in range(4):
            for _ in range(chance.randrange(1, 4)):
                shop.deliver("work")
            # A person stops it, and goes on after a while; what was queued finds nothing to do meanwhile.
            if jobs.stop("one", shop.clock.now):
                shop.skip(hours=1)
                assert not jobs.get("one").open  # type: ignore[union-attr]
                assert jobs.resume("one")
        job = finished(shop)
    assert watch.left < 15
    assert job.notes == {"contacts": 12, "changed": 0, "differing": 0}
    assert facts(shop) == before
    assert decided(shop) == made
    assert [item["segs"] for item in shop.items() if item["sk"] == "S"] == stands
    assert shop.aside == []


def test_a_job_whose_message_was_lost_goes_on_when_it_is_resumed(shop: Cloud) -> None:
    start(shop)
    shop.deliver("work")
    shop.queues.by_name["work"].messages.clear()
    shop.settle()
    assert jobs.get("one").finished is None  # type: ignore[union-attr]
    assert jobs.resume("one")
    assert finished(shop).notes["contacts"] == 12


def test_a_message_that_raises_is_seen_again_in_seconds_then_minutes(shop: Cloud) -> None:
    class Refuse:
        def before(self, call: Call) -> None:
            if call.handler == "work" and call.operation == "Scan":
                answer = {"Error": {"Code": "ThrottlingException", "Message": "slow down"}}
                raise ClientError(answer, "Scan")  # type: ignore[arg-type]
            if call.handler == "work" and call.operation == "ChangeMessageVisibility":
                put_off.append(call)

        def after(self, call: Call) -> None:
            pass

        def repeat(self, call: Call) -> bool:
            return False

    put_off: list[Call] = []
    start(shop)
    with shop.watched(Refuse()):
        for _ in range(3):
            shop.deliver("work")
    assert len(put_off) == 3
    received = [{"attributes": {"ApproximateReceiveCount": str(number)}} for number in (1, 2, 3, 20)]
    assert [handler._patience(record) for record in received] == [15, 30, 60, 900]
    assert finished(shop).notes["contacts"] == 12


def test_the_command_line_follows_stops_and_resumes(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(App, "connect", lambda self: None)

    def asked(*words: str) -> Any:
        result = CliRunner().invoke(main, [*words, "--json"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.output)

    monkeypatch.setattr(progress.time, "sleep", lambda seconds: jobs.stop(jobs.listed()[0].id, shop.clock.now))
    begun = asked("refold", "--all")
    assert (begun["finished"], begun["contacts"]) == (False, 0)
    assert asked("jobs")["jobs"][0]["stopped"]
    monkeypatch.setattr(progress.time, "sleep", lambda seconds: shop.settle())
    ended = asked("refold", "--resume")
    assert (ended["job"], ended["finished"], ended["contacts"]) == (begun["job"], True, 12)
    assert asked("jobs")["jobs"][0]["finished"]
    assert CliRunner().invoke(main, ["refold", "--resume"]).exit_code == 1


def test_facts_that_were_wrong_are_made_right_and_counted(shop: Cloud) -> None:
    found = contact(shop, value="browser-3")
    right = facts(shop)
    empty = compact.dump(type(found.state.facts)())
    shop.emulator.client("dynamodb").update_item(
        TableName=f"{shop.name}-contacts",
        Key={"pk": {"S": f"C#{found.id}"}, "sk": {"S": "S"}},
        UpdateExpression="SET facts = :f",
        ExpressionAttributeValues={":f": {"S": empty}},
    )
    start(shop)
    assert finished(shop).notes["changed"] == 1
    assert facts(shop) == right


def test_events_that_come_while_facts_are_rebuilt_count_once(shop: Cloud) -> None:
    start(shop)
    for number in range(12):
        visit(shop, 1, f"browser-{number}", first=9)
        shop.pump()
    job = finished(shop)
    assert job.notes["changed"] >= 0
    assert sum(len(contact(shop, value=f"browser-{number}").state.facts.counters) for number in range(12)) == 12
    totals = [
        sum(sum(days.values()) for days in contact(shop, value=f"browser-{number}").state.facts.counters.values())
        for number in range(12)
    ]
    assert totals == [2 + number % 4 for number in range(12)]


def test_a_second_delivery_of_a_slice_does_nothing(shop: Cloud) -> None:
    shop.duplicate = True
    start(shop)
    job = finished(shop)
    assert job.notes["contacts"] == 12


def drained(cloud: Cloud) -> list[int]:
    """How many messages of the work queue there are before each delivery, until none is left."""
    lengths, queue = [], cloud.queues.by_name["work"].messages
    while queue:
        lengths.append(len(queue))
        cloud.deliver("work")
        cloud.clock.now = max([cloud.clock.now, *(message.visible for message in queue[:1])])
    return lengths


def test_a_job_that_is_asked_for_beside_itself_goes_on_once(shop: Cloud) -> None:
    start(shop)
    shop.deliver("work")
    for _ in range(3):
        jobs.go_on("one")
        jobs.create(Job("one", "refold", shop.clock.now))
        assert jobs.resume("one")
    shop.clock.now += jobs.PATIENCE_MS
    jobs.see_to(Job("one", "refold", shop.clock.now), shop.clock.now)
    lengths = drained(shop)
    job = finished(shop)
    # One message a slice, and each of the ten that were asked for beside it finds nothing to do.
    assert len(lengths) == job.slices - 1 + 10
    assert lengths[11:] == [1] * (job.slices - 2)
    assert (job.notes["contacts"], job.tries) == (12, 0)


@pytest.mark.parametrize("seed", range(scaled(3)))
def test_killed_and_asked_for_at_random_a_job_ends_in_one_chain_that_is_never_lost(shop: Cloud, seed: int) -> None:
    chance, watch = random.Random(seed), KillNowAndThen(random.Random(seed), 8)
    before, queue = facts(shop), shop.queues.by_name["work"].messages
    start(shop)
    with shop.watched(watch):
        while watch.left and jobs.get("one").open:  # type: ignore[union-attr]
            if chance.random() < 0.3:
                chance.choice([jobs.go_on, jobs.resume])("one")
            shop.deliver("work")
            if len(queue) > 1:
                # Standard queues keep no order.
                chance.shuffle(queue)
            shop.clock.now += chance.choice([0, 0, 1_200_000])
    lengths = drained(shop)
    job = finished(shop)
    assert (job.notes, facts(shop)) == ({"contacts": 12, "changed": 0, "differing": 0}, before)
    assert shop.aside == []
    assert len(lengths) <= job.slices + max(lengths, default=0)


def test_a_job_that_just_began_is_seen_to_without_another_message(shop: Cloud) -> None:
    start(shop)
    job, queue = Job("one", "refold", shop.clock.now), shop.queues.by_name["work"].messages
    jobs.see_to(job, shop.clock.now + 120_000)
    assert len(queue) == 1
    jobs.see_to(job, shop.clock.now + jobs.PATIENCE_MS)
    assert len(queue) == 2


def test_a_message_of_a_version_that_named_no_slice_does_what_is_next(shop: Cloud) -> None:
    start(shop)
    shop.deliver("work")
    shop.queues.by_name["work"].messages.clear()
    shop.queues.put(shop.queues.by_name["work"], '{"v":1,"job":"one"}')
    assert finished(shop).notes["contacts"] == 12


def test_a_message_that_names_no_job_is_set_aside(shop: Cloud) -> None:
    shop.queues.put(shop.queues.by_name["work"], '{"v": 1}')
    shop.queues.put(shop.queues.by_name["work"], "not json")
    shop.settle()
    assert [kept["function"] for kept in shop.aside] == ["work", "work"]
