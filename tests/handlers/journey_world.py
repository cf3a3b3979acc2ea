"""A world around journey_step and sweep: real stores, queues and executions; the clock is held by the test.

The machine is the deployed one, except that it hands its tokens to a queue instead of
invoking the function, so that a test decides when, how often and in which order the
function sees them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from functions import clock
from functions.aws.attributes import from_item
from functions.core.contact import Contact, Decision, Facts, MessageFacts
from functions.core.enrollment import Enrollment
from functions.core.ids import digest
from functions.core.release import Release, canonical, release_id
from functions.journey_step.handler import handler as journey_step
from functions.sweep.handler import handler as sweep
from functions.tables import contacts, enrollments
from infra.machine import definition
from local.waiting import until
from tests.handlers.conftest import Stack
from tests.journeys import NOW

ADA = "ada000000000000000000000"
ROLE = "arn:aws:iam::000000000000:role/machine"


@dataclass(frozen=True, slots=True)
class Parking:
    """What the machine asked the function."""

    park: Mapping[str, Any]
    token: str
    timed_out: bool

    @property
    def event(self) -> dict[str, Any]:
        return {"park": dict(self.park), "token": self.token, "timed_out": self.timed_out}


class World:
    """One deployment and the test's hold on its clock."""

    def __init__(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stack = stack
        self.now = NOW
        monkeypatch.setattr(clock, "now_ms", lambda: self.now)
        name = stack.environment["BUCKET"]
        sqs, states = stack.emulator.client("sqs"), stack.emulator.client("stepfunctions")
        self.queues = {
            kind: sqs.create_queue(QueueName=f"{name}-{kind}")["QueueUrl"] for kind in ("send", "tokens", "bus")
        }
        self.machine = states.create_state_machine(
            name=name, definition=json.dumps(_through_queue(self.queues["tokens"])), roleArn=ROLE
        )["stateMachineArn"]
        stack.emulator.client("events").create_event_bus(Name=name)
        _listen(stack, name, self.queues["bus"])
        monkeypatch.setenv("SEND_QUEUE_URL", self.queues["send"])
        monkeypatch.setenv("STATE_MACHINE_ARN", self.machine)
        monkeypatch.setenv("BUS_NAME", name)

    def publish(self, release: Release) -> str:
        """Make a release live; its id."""
        self.stack.publish(release)
        return release_id(canonical(release))

    def decide(self, *decisions: Decision, **facts: Any) -> dict[str, Any]:
        """Write Ada's state with these decisions (and facts, where given); its stream record."""
        state = contacts.load([ADA])[ADA].state
        if facts:
            state = replace(state, facts=replace(state.facts, **facts))
        contacts.save_state(state, decisions)
        return self.record()

    def record(self) -> dict[str, Any]:
        """The stream record of Ada's state as it stands."""
        keys = {"pk": {"S": f"C#{ADA}"}, "sk": {"S": "S"}}
        table = self.stack.environment["CONTACTS_TABLE"]
        image = self.stack.dynamodb().get_item(TableName=table, Key=keys)["Item"]
        return {"eventName": "MODIFY", "dynamodb": {"Keys": keys, "NewImage": image, "SequenceNumber": "1"}}

    def facts(self) -> Facts:
        return contacts.load([ADA])[ADA].state.facts

    def ada(self) -> Contact:
        return contacts.load([ADA])[ADA]

    def click(self, message: str) -> dict[str, Any]:
        """Ada clicks in a message; the record that wakes her enrollments."""
        clicked = {**self.facts().messages, message: MessageFacts(sent=self.now - 1000, clicked=self.now)}
        return self.decide(wake(self.now), messages=clicked)

    def deliver(self, *records: Mapping[str, Any]) -> None:
        """Hand records to journey_step as the stream does."""
        journey_step({"Records": list(records)}, None)

    def park(self, parking: Parking) -> None:
        """Let the function handle what the machine asked."""
        journey_step(parking.event, None)

    def sweep(self) -> dict[str, Any]:
        return dict(sweep({}, None))

    def parking(self, wait: int = 5) -> Parking | None:
        """The next request of the machine, or None if there is none within `wait` seconds."""
        bodies = self.take("tokens", wait=wait, most=1)
        return Parking(bodies[0]["park"], bodies[0]["token"], bodies[0]["timed_out"]) if bodies else None

    def parked(self) -> Parking:
        """The next request of the machine, which is expected."""
        parking = self.parking()
        assert parking is not None, "no execution asked to be parked"
        return parking

    def take(self, queue: str, *, wait: int = 0, most: int = 10) -> list[dict[str, Any]]:
        """Messages of a queue, removed from it."""
        sqs = self.stack.emulator.client("sqs")
        taken = []
        answer = sqs.receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=most, WaitTimeSeconds=wait)
        for message in answer.get("Messages", []):
            sqs.delete_message(QueueUrl=self.queues[queue], ReceiptHandle=message["ReceiptHandle"])
            taken.append(json.loads(message["Body"]))
        return taken

    def executions(self) -> dict[str, str]:
        """Status of each execution by its name."""
        states = self.stack.emulator.client("stepfunctions")
        found = states.list_executions(stateMachineArn=self.machine)["executions"]
        return {one["name"]: one["status"] for one in found}

    def rests(self, *statuses: str) -> bool:
        """Whether the executions come to stand so, in any order, or all to succeed; waits a few seconds."""

        def standing() -> bool:
            found = sorted(self.executions().values())
            return found == sorted(statuses) if statuses else set(found) == {"SUCCEEDED"}

        try:
            until(standing, seconds=5, what=f"executions to be {statuses}")
        except TimeoutError:
            return False
        return True

    def history(self, name: str) -> list[dict[str, Any]]:
        states = self.stack.emulator.client("stepfunctions")
        arn = self.machine.replace(":stateMachine:", ":execution:") + f":{name}"
        return list(states.get_execution_history(executionArn=arn, maxResults=1000)["events"])

    def run(self, journey: str = "welcome") -> Enrollment:
        """Ada's latest run of a journey."""
        found = enrollments.get(ADA, journey)
        assert found is not None
        return found

    def rows(self, prefix: str) -> list[dict[str, Any]]:
        """Rows of the contacts table whose sort key (or partition, for "G#") starts so."""
        rows = [from_item(item) for item in self.stack.rows("contacts")]
        key = "pk" if prefix.startswith("G#") else "sk"
        return [row for row in rows if row[key].startswith(prefix)]


def trigger(journey: str = "welcome", cause: str = "e#ada#1#m1", at: int = NOW) -> Decision:
    """The decision that starts a journey."""
    return Decision(digest("trigger", journey, cause), "trigger", journey, at, cause)


def wake(at: int) -> Decision:
    """The decision that wakes open enrollments."""
    return Decision(digest("wake", str(at)), "wake", "", at, "e#ada#1#m2")


def _through_queue(queue: str) -> dict[str, Any]:
    machine = definition("unused")
    park = machine["States"]["Park"]
    park["Resource"] = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    park["Arguments"] = {"QueueUrl": queue, "MessageBody": park["Arguments"]["Payload"]}
    return machine


def _listen(stack: Stack, bus: str, queue: str) -> None:
    events, sqs = stack.emulator.client("events"), stack.emulator.client("sqs")
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": ["samovar"]})
    events.put_rule(Name="all", EventBusName=bus, EventPattern=pattern, State="ENABLED")
    events.put_targets(Rule="all", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])


def by_name(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names in decision rows."""
    return [row["name"] for row in rows]
