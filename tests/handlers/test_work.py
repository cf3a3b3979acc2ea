"""Long jobs: slices that may die anywhere, and a rebuild that changes no fact and decides nothing."""

from collections.abc import Iterator

import pytest

from functions.tables import compact
from functions.work import jobs, walk
from functions.work.jobs import Job
from local.emulator import EmulatorProcess
from tests.cloud import Call, Cloud, Killed
from tests.handlers.test_score import contact, decided, release, visit


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


def test_a_message_that_names_no_job_is_set_aside(shop: Cloud) -> None:
    shop.queues.put(shop.queues.by_name["work"], '{"v": 1}')
    shop.queues.put(shop.queues.by_name["work"], "not json")
    shop.settle()
    assert [kept["function"] for kept in shop.aside] == ["work", "work"]
