"""Dollars from what was counted. Prices come from functions/core/prices.py and memory sizes from the template; what
can't be counted on one machine is assumed here, in one place.
"""

import contextlib
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from bench.house import House, Work
from functions.core import prices
from infra import idle_cost

VCPU_MB = 1769
"""A Lambda function of this memory has one whole vCPU, a smaller one its share."""
ROUND_TRIP_MS = {"dynamodb": 5, "sqs": 10, "s3": 25, "sfn": 20, "eventbridge": 20, "sesv2": 60}
READ_MS, TRANSACTION_MS = 3, 10
"""Assumed times that a function waits for an answer, beside the CPU of asking; DynamoDB's writes
take 5, its reads and transactions their own. By them and by the CPU measured here (taken as
Lambda's own) the billed time is estimated."""
NOT_BY_WORK = frozenset({"sweep"})
"""It runs every minute whether or not there is work: its price is in usd_per_month.idle."""


Paid = dict[str, float]
"""Dollars by what they are paid for."""


@dataclass(frozen=True, slots=True)
class Books:
    """Everything that a piece of work took."""

    work: dict[str, Work]
    transitions: int
    bus_events: int
    bus_bytes: int
    notifications: int

    def of(self, *rooms: str) -> "Books":
        """What these functions took, without what came of it elsewhere."""
        return Books({room: self.work[room] for room in rooms}, 0, 0, 0, 0)

    def only(self, *rooms: str) -> "Books":
        """The same without what the other functions did by themselves."""
        return replace(self, work={room: self.work[room] for room in rooms})


def books(house: House, *, notifications: int = 0) -> Books:
    """What the house counted since it began to. `notifications` are SES's over SNS."""
    size = sum(len(entry["Detail"]) for entry in house.bus)
    return Books(dict(house.work), house.machines.transitions, len(house.bus), size, notifications)


@cache
def templates() -> list[dict[str, Any]]:
    """The synthesized templates."""
    # jsii says on standard error what it thinks of the machine's Node.
    with contextlib.redirect_stderr(io.StringIO()), tempfile.TemporaryDirectory() as folder:
        # Importing the CDK takes seconds, and most benchmarks need no template.
        from infra.app import build_app

        build_app(folder).synth()
        return idle_cost.read_templates(Path(folder))


def _resources(kind: str) -> Iterator[dict[str, Any]]:
    for template in templates():
        yield from (one["Properties"] for one in template["Resources"].values() if one["Type"] == kind)


@cache
def memory(room: str) -> int:
    """MB of a function in the template."""
    for properties in _resources("AWS::Lambda::Function"):
        if str(properties.get("Handler", "")).startswith(f"functions.{room}."):
            return int(properties["MemorySize"])
    raise LookupError(f"no function {room} in the template")


@cache
def gathering() -> tuple[int, int]:
    """How the events' stream is followed: seconds it gathers, and lanes that work side by side."""
    for properties in _resources("AWS::Lambda::EventSourceMapping"):
        filters = properties.get("FilterCriteria", {}).get("Filters", ())
        if any("INSERT" in one["Pattern"] for one in filters):
            return properties["MaximumBatchingWindowInSeconds"], properties["ParallelizationFactor"]
    raise LookupError("nothing follows the events' stream in the template")


def lines(found: Books) -> Paid:
    """What all that costs."""
    paid = {
        "step functions": found.transitions * prices.STEP_FUNCTIONS_TRANSITION,
        "bus": found.bus_events * prices.EVENTBRIDGE_EVENT,
        "bus archive": found.bus_bytes / 2**30 * prices.EVENTBRIDGE_ARCHIVE_GB,
        "sns": found.notifications * prices.SNS_PUBLISH,
        # SNS puts each on the queue of its own accord, which SQS bills like any other request.
        "sqs": found.notifications * prices.SQS_REQUEST,
    }
    for room, work in found.work.items():
        if room not in NOT_BY_WORK:
            paid = plus(paid, _of_function(room, work))
    return paid


def plus(one: Paid, other: Paid, times: int = 1) -> Paid:
    """Both together; with `times` -1, the one without the other."""
    return {item: one.get(item, 0) + times * other.get(item, 0) for item in {**one, **other}}


def _of_function(room: str, work: Work) -> Paid:
    asked = work.calls
    to_sqs = sum(count for (service, _), count in asked.items() if service == "sqs")
    gb_seconds = seconds(room, work) * memory(room) / 1024
    return {
        "http api": work.http * prices.HTTP_API_REQUEST,
        f"lambda {room}": work.invocations * prices.LAMBDA_REQUEST + gb_seconds * prices.LAMBDA_GB_SECOND,
        f"writes of {room}": work.spent.write * prices.DYNAMODB_WRITE_UNIT,
        f"reads of {room}": work.spent.read * prices.DYNAMODB_READ_UNIT,
        # A batch that a queue hands to Lambda is one request to receive it and one to delete it.
        "sqs": (to_sqs + 2 * work.queue) * prices.SQS_REQUEST,
        "ses": asked["sesv2", "SendEmail"] * prices.SES_EMAIL,
        "s3": asked["s3", "GetObject"] * prices.S3_GET + asked["s3", "PutObject"] * prices.S3_PUT,
        "logs": work.printed / 2**30 * prices.LOGS_GB,
    }


def seconds(room: str, work: Work) -> float:
    """Billed seconds: CPU at the function's share of a vCPU, and waiting for answers."""
    share = min(1.0, memory(room) / VCPU_MB)
    waiting = sum(_round_trip(*call) * count for call, count in work.calls.items()) / 1000
    return work.cpu / share + waiting


def _round_trip(service: str, operation: str) -> int:
    match operation:
        case "GetItem" | "BatchGetItem" | "Query":
            return READ_MS
        case "TransactWriteItems":
            return TRANSACTION_MS
    return ROUND_TRIP_MS[service]


def idle() -> float:
    """Dollars of a month in which nobody knocks."""
    return idle_cost.usd(idle_cost.bill(templates()))
