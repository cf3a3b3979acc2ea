"""One deployment of Samovar in this process."""

import contextlib
import importlib
import json
import os
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, Self

from functions import observability, releases
from functions.aws import dynamodb
from functions.aws.attributes import from_item
from functions.core.identity import EMAIL, identity_ref
from functions.core.keys import public_key
from functions.publish import keyring
from functions.releases import Keyring
from infra.machine import definition
from local.emulator import REGION, EmulatorProcess
from tests.cloud import stores
from tests.cloud.machines import Machines
from tests.cloud.mail import Mail, Postbox
from tests.cloud.queues import Message, Queue, Queues, sqs_event
from tests.cloud.shuffle import Redelivery, as_they_came
from tests.cloud.streams import Record, Stream, counted, inserts, outbox
from tests.cloud.time import START, Clock
from tests.cloud.visitors import PUBLIC_URL, Visitors
from tests.cloud.wire import Watch, Wire

PEPPER = b"p" * 32
SIGNING = [b"s" * 32]
WRITE_KEY = "wk_tests"
MARKETING = Path(__file__).parents[2] / "marketing"
MINUTE = 60_000
_numbers = count(1)
_open: list["Cloud"] = []
"""The deployments of this process, the one whose functions these are last."""


class Killed(BaseException):
    """The process of a handler ends here."""


@cache
def marketing() -> bytes:
    """The demo business, compiled."""
    from authoring.compile import compile_marketing

    return compile_marketing(MARKETING)[0]


class Cloud(Visitors):
    """Tables, queues, machine, mail service and bus of one deployment, and what triggers its functions.

    Nothing moves by itself: `settle` delivers until all is quiet, `skip` lets time pass. A
    handler that fails is delivered to again; one that is killed, too. What is named in
    `paused` ("score", "journey_step", "count", "send", "feedback", "clock") waits.
    """

    rounds = 200
    """After so many deliveries of each kind it is taken for something that never ends."""

    def __init__(self, emulator: EmulatorProcess, release: bytes | None = None) -> None:
        self.emulator = emulator
        self.clock = Clock()
        self.name = f"cloud-{os.getpid()}-{next(_numbers)}"
        self.paused: set[str] = set()
        self.redelivery: Redelivery = as_they_came
        self.duplicate = False
        self.failures: list[BaseException] = []
        self.bus: list[dict[str, Any]] = []
        self.reported: list[Mail] = []
        self.swallowed: set[str] = set()
        self.called: list[dict[str, Any]] = []
        self.postbox = Postbox(lambda: self.clock.now, self._is_swallowed)
        self.queues = Queues(
            lambda: self.clock.now,
            send=Queue(),
            work=Queue(receives=20, batch=1),
            feedback=Queue(batch=100),
            aside=Queue(),
        )
        self.machines = Machines(definition("journey_step"), self._park, lambda: self.clock.now)
        self.wire = Wire(
            {
                "sqs": self.queues.play,
                "sfn": self.machines.play,
                "sesv2": self.postbox.play,
                "eventbridge": self._put_events,
                "lambda": self._call,
            }
        )
        client = emulator.client("dynamodb")
        events = stores.make_table(client, f"{self.name}-events", due=False)
        contacts = stores.make_table(client, f"{self.name}-contacts", due=True)
        emulator.client("s3").create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION})
        streams = emulator.client("dynamodbstreams")
        self.events = Stream(streams, events, inserts, lambda: self.wire.writes)
        self.decisions = Stream(streams, contacts, outbox, lambda: self.wire.writes)
        self.counted = Stream(streams, contacts, counted, lambda: self.wire.writes)
        self.activate()
        try:
            self._make_keys()
            self.publish(release or marketing())
        except BaseException:
            self.close()
            raise

    def activate(self) -> None:
        """Let this process's functions be those of this deployment, until it is closed."""
        _open.append(self)
        self._outer_environment = dict(os.environ)
        os.environ.update(stores.environment(self.name, self.emulator.url, PUBLIC_URL))
        self.clock.install()
        self.wire.attach()
        self.fresh_process()

    def fresh_process(self) -> None:
        """Forget what a warm worker keeps between invocations."""
        releases.forget()
        importlib.import_module("functions.send.handler").forget()
        importlib.import_module("functions.score.advertised").noted.forget()

    def close(self) -> None:
        """Remove what this deployment stored, and what it set in this process: last opened, first closed."""
        assert _open[-1] is self, "an earlier deployment's time and environment would stay in this process"
        _open.pop()
        self.wire.detach()
        self.clock.uninstall()
        os.environ.clear()
        os.environ.update(self._outer_environment)
        client = self.emulator.client("dynamodb")
        for table in ("events", "contacts"):
            client.delete_table(TableName=f"{self.name}-{table}")
        if _open:
            _open[-1].wire.attach()
            _open[-1].fresh_process()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What people and other systems do.

    def publish(self, release: bytes) -> None:
        """Make a compiled release live."""
        from functions.tables.releases import live, publish

        before = live()
        publish(release, {}, by="tests", based_on=before.release if before else None)

    # What AWS does.

    def invoke(self, room: str, event: dict[str, Any]) -> Any:
        """One invocation of a function."""
        context = SimpleNamespace(
            function_name=room,
            memory_limit_in_mb=256,
            invoked_function_arn=f"arn:aws:lambda:{REGION}:000000000000:function:{room}",
            aws_request_id="request",
            get_remaining_time_in_millis=lambda: 60_000,
        )
        handler = importlib.import_module(f"functions.{room}.handler").handler
        try:
            with self.wire.acting(room):
                return handler(event, context)
        finally:
            observability.metrics.clear_metrics()

    def settle(self) -> None:
        """Deliver everything that is under way, and again what failed, until all is quiet."""
        for _ in range(self.rounds):
            if self.pump():
                continue
            retry = self.machines.next_retry
            if retry is None or "clock" in self.paused:
                return
            self.clock.now = max(self.clock.now, retry)
        raise AssertionError(f"it never becomes quiet: {self.failures[-3:]}")

    def pump(self) -> bool:
        """One round of deliveries; whether anything moved."""
        moved = [self.deliver(what) for what in ("score", "journey_step", "count", "send", "feedback", "work", "clock")]
        return any(moved)

    def deliver(self, what: str) -> bool:
        """One delivery to score, journey_step or count (their streams), send, feedback or work, or a turn of the
        "clock" (executions); whether there was anything."""
        if what in self.paused:
            return False
        match what:
            case "score":
                return self._deliver_stream(what, self.events)
            case "journey_step":
                return self._deliver_stream(what, self.decisions)
            case "count":
                return self._deliver_stream(what, self.counted)
            case "clock":
                return self.machines.run()
            case "feedback":
                return self._deliver_queue(what, "track")
        return self._deliver_queue(what, what)

    def sweep(self) -> None:
        """The schedule of once a minute, and whoever it calls for help."""
        self._attempt("sweep", {})
        while self.called:
            self._attempt("sweep", self.called.pop(0))

    def deploy(self, event: dict[str, Any]) -> None:
        """CloudFormation asks the custom resource, once."""
        self._attempt("publish", event)

    def skip(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> None:
        """Let time pass, stopping wherever something is due."""
        self.settle()
        end = self.clock.now + int((days * 24 * 60 + hours * 60 + minutes) * MINUTE)
        quiet_until = 0
        while True:
            moments = [self.machines.next_timer, self.queues.next_timer]
            if "clock" in self.paused:
                moments = moments[1:]
            due = self.next_due
            if due is not None:
                moments.append(max(due, quiet_until))
            following = min((moment for moment in moments if moment is not None), default=end + 1)
            if following > end:
                break
            self.clock.now = max(self.clock.now, following)
            self.settle()
            due = self.next_due
            if due is not None and due <= self.clock.now:
                self.clock.now = (self.clock.now // MINUTE + 1) * MINUTE
                self.sweep()
                self.settle()
                # What a sweep leaves due is looked at every minute; a few times an hour show as much.
                quiet_until = self.clock.now + 10 * MINUTE if self.next_due == due else 0
        self.clock.now = max(self.clock.now, end)
        self.settle()

    @property
    def next_due(self) -> int | None:
        """The earliest moment (ms) in the due index."""
        answer = self.emulator.client("dynamodb").scan(TableName=f"{self.name}-contacts", IndexName="due")
        return min((int(item["du"]["N"]) for item in answer["Items"]), default=None)

    def _deliver_stream(self, room: str, stream: Stream) -> bool:
        def handle(records: list[Record]) -> None:
            for _ in range(2 if self.duplicate else 1):
                self.invoke(room, {"Records": records})

        try:
            return stream.deliver(handle, self.redelivery)
        except (Exception, Killed) as error:
            self._failed(error)
            return True

    def _deliver_queue(self, name: str, room: str) -> bool:
        batch = self.queues.take(name)
        if not batch:
            return False
        answer = self._attempt(room, sqs_event(batch))
        if answer is not None and self.duplicate:
            self._attempt(room, sqs_event(batch))
        self.queues.back(name, batch if answer is None else _named(batch, answer))
        return True

    def _park(self, payload: dict[str, Any]) -> None:
        try:
            for _ in range(2 if self.duplicate else 1):
                self.invoke("journey_step", payload)
        except (Exception, Killed) as error:
            self._failed(error)
            raise

    def _attempt(self, room: str, event: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return dict(self.invoke(room, event) or {})
        except (Exception, Killed) as error:
            self._failed(error)
            return None

    def _failed(self, error: BaseException) -> None:
        self.failures.append(error)
        if isinstance(error, Killed):
            self.fresh_process()

    def _is_swallowed(self, recipient: str, tags: dict[str, str]) -> bool:
        return bool(self.swallowed) and f"{recipient}: {self._template(tags)}" in self.swallowed

    def _template(self, tags: dict[str, str]) -> str:
        """The template of a message; "… 2" for the second one of the same contact."""
        answer = self.emulator.client("dynamodb").query(
            TableName=f"{self.name}-contacts",
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": f"C#{tags['contact']}"}, ":sk": {"S": "M#"}},
            ConsistentRead=True,
        )
        return labels([from_item(item) for item in answer["Items"]])[tags["message"]]

    def _put_events(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        assert operation == "PutEvents", operation
        self.bus += request["Entries"]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": str(number)} for number in range(len(self.bus))][-1:]}

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        assert operation == "Invoke", operation
        self.called.append(request)
        return {}

    # What stands.

    @property
    def mails(self) -> list[Mail]:
        """What SES took, in order."""
        return self.postbox.mails

    @property
    def aside(self) -> list[dict[str, Any]]:
        """What handlers set aside."""
        return [json.loads(message.body) for message in self.queues.by_name["aside"].messages]

    def template_of(self, mail: Mail) -> str:
        """Which template a mail was made from."""
        return self._template(mail.sent.tags)

    def contact(self, email: str) -> str:
        """The id of the contact of an address, survivor of merges."""
        return self.owner(EMAIL, email)

    def owner(self, kind: str, value: str) -> str:
        """The id of the contact that an identity belongs to."""
        from functions.tables import identities

        ref = identity_ref(kind, value, PEPPER)
        assert ref is not None
        return identities.read([ref])[ref].contact

    def items(self, table: str = "contacts") -> list[dict[str, Any]]:
        """Every item of a table in plain values."""
        return [from_item(item) for item in stores.scan(self.emulator.client("dynamodb"), f"{self.name}-{table}")]

    @contextlib.contextmanager
    def watched(self, watch: Watch) -> Iterator[None]:
        """Inside the block, `watch` is told of each AWS call of a handler."""
        outer, self.wire.watch = self.wire.watch, watch
        try:
            yield
        finally:
            self.wire.watch = outer

    def _make_keys(self) -> None:
        key = public_key("tests", WRITE_KEY, per_minute=10**9, at=START)
        dynamodb.put(
            f"{self.name}-contacts",
            keyring.to_row(Keyring(PEPPER, tuple(SIGNING), (key,)), START),
        )


def labels(rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    """What one contact's messages are called: their template, and which one of it from the second on."""
    found: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: int(row["created"])):
        nth = sum(label.split()[0] == row["template"] for label in found.values()) + 1
        found[row["sk"].removeprefix("M#")] = row["template"] + (f" {nth}" if nth > 1 else "")
    return found


def _named(batch: list[Message], answer: dict[str, Any]) -> list[Message]:
    failed = {item["itemIdentifier"] for item in answer.get("batchItemFailures", ())}
    return [message for message in batch if message.id in failed]
