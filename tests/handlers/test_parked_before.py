"""People whom any earlier version of this code parked are woken, and brought to the end, by today's.

Their rows, tokens, messages and the inputs of their executions are the fixtures, as those versions stored them; their
releases say what they said then. Only the token is a live one: it names an execution that runs in this test.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from functions import releases
from functions.aws.attributes import decode
from functions.core.contact import Moment
from functions.core.enrollment import GRACE_MS, Enrollment
from functions.core.release import load
from functions.tables import contacts, enrollments, events, messages
from tests.handlers.conftest import Stack
from tests.handlers.journey_world import Parking, World, wake
from tests.stored import CONTACT, FIXTURES, NOW, RUN
from tests.unit.test_stored_shapes import VERSIONS

DEADLINE = NOW + 9_000
"""When the wait of every fixture is over at the latest."""
STEPS: list[dict[str, Any]] = [
    {"id": "hello", "send": "welcome"},
    {"id": "clicked", "wait": {"until": {"tag": "reader"}, "at_most": "9 seconds"}},
    {"id": "mark", "tag": "welcomed"},
]
LATER_STEPS: list[dict[str, Any]] = [
    {"id": "weekly", "repeat": [*STEPS], "at_most": 5},
    {"id": "know", "update": {"traits": {"plan": "gold"}}},
    {"id": "tell", "notify": {"to": "shop", "subject": "Look"}},
    {"id": "sales", "handoff": {"to": "shop", "reason": "Wants 40 kg of tea"}},
]
"""For runs of a version that knew such steps; theirs stands in a repeated part, and was sent past it by hand."""
INPUTS = {"enrollment-side-by-side": ("machine-input-of-a-key", "token-of-a-key")}
"""What else was stored of some runs; of the others it is machine-input and token."""
KINDS = ("enrollment", "enrollment-noted", "enrollment-side-by-side")
CASES = [(version, kind) for version in VERSIONS for kind in KINDS if (FIXTURES / version / f"{kind}.json").exists()]


def fixture(version: str, name: str) -> Any:
    """What a version stored, by name."""
    return json.loads((FIXTURES / version / f"{name}.json").read_text(encoding="utf-8"))


@dataclass
class Parked:
    """A deployment as an earlier version left it: one person, one run, one execution."""

    world: World
    row: Mapping[str, Any]
    input: Mapping[str, Any]
    token: Mapping[str, Any]

    def starts(self) -> Parking:
        """The execution runs, and is parked on a token of which the row knows."""
        world = self.world
        world.stack.emulator.client("stepfunctions").start_execution(
            stateMachineArn=world.machine, name=f"{RUN}-1", input=json.dumps(self.input)
        )
        parking = world.parked()
        put(world.stack, {**self.token, "token": {"S": parking.token}})
        return parking

    def run(self) -> Enrollment:
        key = self.row.get("key", {"S": ""})["S"]
        found = enrollments.get(CONTACT, "welcome", key)
        assert found is not None
        return found

    def passed(self) -> list[str]:
        """The steps passed since, with their outcomes."""
        return [f"{one.step} {one.outcome}" for one in self.run().path[1:]]

    def time_passes(self, until: int) -> None:
        """The execution's time is over, as often as it is parked until the run has ended or its own time is over."""
        world = self.world
        while self.run().active and world.now < until:
            waiting = self.run().waiting
            assert waiting is not None
            world.now = max(world.now + 1, waiting.alarm)
            row = world.rows(f"W#{RUN}")[0]
            world.stack.emulator.client("stepfunctions").send_task_failure(
                taskToken=row["token"], error="States.Timeout"
            )
            rang = world.parked()
            assert rang.timed_out
            world.park(rang)
            if self.run().active:
                world.park(world.parked())


def put(stack: Stack, row: Mapping[str, Any]) -> None:
    stack.dynamodb().put_item(TableName=stack.environment["CONTACTS_TABLE"], Item=row)


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def parked(request: pytest.FixtureRequest, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Parked:
    version, kind = request.param
    world = World(stack, monkeypatch)
    clock, token = INPUTS.get(kind, ("machine-input", "token"))
    row = fixture(version, kind)
    for one in (row, *(fixture(version, name) for name in (token, "state", "profile", "message"))):
        put(stack, one)
    release = {**json.loads(fixture(version, "release")), "journeys": {"welcome": journey_of(row)}}
    release["sending"]["staff"] = {"shop": ["ayse@tea.example"]}
    content = json.dumps(release, ensure_ascii=False).encode()
    bucket = stack.environment["BUCKET"]
    stack.emulator.client("s3").put_object(Bucket=bucket, Key=f"releases/{row['release']['S']}.json", Body=content)
    stack.publish(load(content))
    releases.forget()
    return Parked(world, row, fixture(version, clock), fixture(version, token))


def journey_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The journey of a run as its release has it."""
    return {
        "topic": "tips",
        "start": {"when": {"event": "Signed Up"}, "again": "never"},
        "steps": LATER_STEPS if "turns" in row else STEPS,
    }


def had_to_do(parked: Parked) -> None:
    """What the row still had to do was done, once."""
    stored = {event.id for event in events.of_sources([f"c#{CONTACT}"])}
    for effect in parked.row.get("todo", {"L": []})["L"]:
        todo = decode(effect)
        match todo["do"]:
            case "record" | "tag":
                assert todo["event"] in stored
            case "send":
                assert messages.get(CONTACT, todo["message"]) is not None
                sent = [body for body in queued(parked.world) if todo["message"] in json.dumps(body)]
                assert sent
            case "goal":
                bodies = parked.world.take("bus", wait=1)
                assert [body["detail"]["id"] for body in bodies if body["detail-type"] == "Goal Reached"] == ["goalid"]


def queued(world: World) -> list[Any]:
    if not hasattr(world, "sent"):
        world.sent = world.take("send", wait=1)  # type: ignore[attr-defined]
    return list(world.sent)  # type: ignore[attr-defined]


def is_over(parked: Parked, outcome: str) -> None:
    """The run came to its end by way of that outcome of its wait, and its clock with it."""
    world, run = parked.world, parked.run()
    assert (run.state, run.todo, run.waiting) == ("done", (), None)
    if run.place is None and parked.row.get("place"):
        # It had been sent past the repeated part in which it stood.
        assert parked.passed() == ["know updated", "tell notified", "sales handed-off"]
    else:
        assert parked.passed() == [f"clicked {outcome}", "mark tagged"]
    while (asks := world.parking(wait=1)) is not None:
        # A clock that was started anew finds nothing to wait for.
        world.park(asks)
    assert world.rows(f"W#{RUN}") == []
    assert not world.executions() or world.rests()
    had_to_do(parked)
    assert RUN not in contacts.load([CONTACT])[CONTACT].state.watching


def test_time_ends_the_wait(parked: Parked) -> None:
    parked.world.now = NOW + 1_000
    parked.starts()
    parked.time_passes(DEADLINE)
    is_over(parked, "limit")


def test_an_event_ends_the_wait(parked: Parked) -> None:
    world = parked.world
    world.now = NOW + 1_000
    parked.starts()
    state = contacts.load([CONTACT])[CONTACT].state
    tags = {**state.facts.tags, "reader": (Moment(world.now, 1), True)}
    contacts.save_state(replace(state, facts=replace(state.facts, tags=tags)), [wake(world.now)])
    keys = {"pk": {"S": f"C#{CONTACT}"}, "sk": {"S": "S"}}
    image = world.stack.dynamodb().get_item(TableName=world.stack.environment["CONTACTS_TABLE"], Key=keys)["Item"]
    world.deliver({"eventName": "MODIFY", "dynamodb": {"Keys": keys, "NewImage": image, "SequenceNumber": "1"}})
    is_over(parked, "until")


def test_the_sweep_ends_the_wait_where_the_execution_is_no_more(parked: Parked) -> None:
    world = parked.world
    world.now = DEADLINE + GRACE_MS
    world.sweep()
    if parked.run().active:
        # It did what was left to do; that its clock died shows a while later.
        world.now += GRACE_MS
        world.sweep()
    is_over(parked, "limit")


def test_every_version_has_people_who_are_parked() -> None:
    assert {version for version, _ in CASES} == set(VERSIONS) != set()
