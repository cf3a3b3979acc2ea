"""Moving the stack's clock, and letting happen what would have happened meanwhile.

The clock hops from one due moment to the next, in order. At each, the alarm clocks that
would have rung answer as Step Functions does when a task's time is over, the sweep runs,
and nothing goes on before everything has come to rest.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from functions.core.enrollment import GRACE_MS
from functions.tables import due
from local.stack import Stack

MINUTE = 60_000
SECOND = 1000
PAGE = 100
AT_ONCE = 6
"""So many clocks ring together: each is a function, of which the emulator runs few at once and refuses the others."""
GONE = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


@dataclass(frozen=True, slots=True)
class Skipped:
    """Where the clock stands now (ms), and how many stops it made on the way."""

    now: int
    stops: int


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A row of the due index: `at` is when (ms) its alarm `rings`, or else when the sweep is to look at it."""

    at: int
    pk: str
    sk: str
    rings: bool


def skip(stack: Stack, seconds: int) -> Skipped:
    """Let `seconds` pass. Raises ValueError for a negative span, TimeoutError if the stack doesn't come to rest."""
    if seconds < 0:
        raise ValueError("time does not run backwards here")
    stack.settle()
    return to(stack, stack.now_ms() + seconds * SECOND)


def to(stack: Stack, end: int) -> Skipped:
    """Let time pass up to a moment (ms), or none where it is over. Raises TimeoutError."""
    stack.settle()
    done: set[Due] = set()
    stops = 0
    while coming := sorted(_due(stack, end) - done):
        # The sweep looks once a minute, so what falls into one minute is one stop.
        moment = max(entry.at for entry in coming if entry.at <= coming[0].at + MINUTE)
        _arrive(stack, moment)
        _ring(stack, [entry for entry in coming if entry.at <= moment])
        _sweep(stack)
        done |= {entry for entry in coming if entry.at <= moment}
        stops += 1
    _arrive(stack, end)
    _sweep(stack)
    return Skipped(stack.now_ms(), stops)


def _arrive(stack: Stack, moment: int) -> None:
    """Judgements that wait until then come in between. The clock never goes back, whatever real time did meanwhile."""
    while (left := stack.next_judgement()) is not None and stack.now_ms() + left <= moment:
        _pass(stack, left)
        stack.settle()
    _pass(stack, moment - stack.now_ms())


def _pass(stack: Stack, milliseconds: int) -> None:
    if milliseconds > 0:
        stack.move_clock(stack.offset_ms() + milliseconds)
        stack.let_pass(milliseconds)


def _due(stack: Stack, end: int) -> set[Due]:
    """What is to happen until `end`. An enrollment's alarm rings first; the sweep looks only after its grace."""
    found: set[Due] = set()
    runs: list[dict[str, Any]] = []
    pages = stack.client("dynamodb").get_paginator("query")
    for shard in due.shards():
        for page in pages.paginate(
            TableName=stack.contacts_table,
            IndexName="due",
            KeyConditionExpression="ds = :shard AND du <= :end",
            ExpressionAttributeValues={":shard": {"S": shard}, ":end": {"N": str(end + GRACE_MS)}},
        ):
            for item in page["Items"]:
                pk, sk, at = item["pk"]["S"], item["sk"]["S"], int(item["du"]["N"])
                found.add(Due(at, pk, sk, rings=False))
                if sk.startswith("J#"):
                    runs.append({"pk": item["pk"], "sk": item["sk"]})
    # The index says when to look at the latest, the row when its alarm rings.
    for row in _rows(stack, runs):
        if "wait" in row:
            found.add(Due(int(row["wait"]["L"][3]["N"]), row["pk"]["S"], row["sk"]["S"], rings=True))
    return {entry for entry in found if entry.at <= end}


def _rows(stack: Stack, keys: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    table, dynamodb = stack.contacts_table, stack.client("dynamodb")
    for first in range(0, len(keys), PAGE):
        asked = {table: {"Keys": keys[first : first + PAGE], "ConsistentRead": True}}
        while asked:
            answer = dynamodb.batch_get_item(RequestItems=asked)
            yield from answer["Responses"].get(table, ())
            asked = answer.get("UnprocessedKeys", {})


def _ring(stack: Stack, entries: list[Due]) -> None:
    """Answer the parked executions whose time is over, and wait until each has taken it."""
    ringing = [entry for entry in entries if entry.rings]
    for first in range(0, len(ringing), AT_ONCE):
        for entry in ringing[first : first + AT_ONCE]:
            if token := _token(stack, entry):
                try:
                    stack.client("stepfunctions").send_task_failure(taskToken=token, error="States.Timeout")
                except ClientError as error:
                    if error.response["Error"]["Code"] not in GONE:
                        raise
        stack.settle()


def _token(stack: Stack, entry: Due) -> str | None:
    """The token on which an enrollment's execution waits, if it waits."""
    table, dynamodb = stack.contacts_table, stack.client("dynamodb")
    row = dynamodb.get_item(TableName=table, Key={"pk": {"S": entry.pk}, "sk": {"S": entry.sk}}).get("Item")
    if row is None:
        return None
    key = {"pk": {"S": entry.pk}, "sk": {"S": f"W#{row['id']['S']}"}}
    parked = dynamodb.get_item(TableName=table, Key=key).get("Item")
    return str(parked["token"]["S"]) if parked else None


def _sweep(stack: Stack) -> None:
    """Run the minute's sweep now. Raises RuntimeError with its error if it fails."""
    answer = stack.client("lambda").invoke(FunctionName=stack.sweep_function, Payload=b"{}")
    if answer.get("FunctionError"):
        raise RuntimeError(f"sweep failed: {json.loads(answer['Payload'].read())}")
    stack.settle()
