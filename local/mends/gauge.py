"""Not a gap but a gauge: what the emulator still has in hand, so that nobody waits by the clock.

GET /_samovar/busy answers with counts that are all zero when nothing is moving, but perhaps by
time: judgements wait in their queue for a while, and GET /_samovar/waiting says how many
milliseconds the next of them has left (null for none). Queues know nothing of the stack's
clock: POST /_samovar/waiting lets the milliseconds in its body pass for what is delayed.

POST /_samovar/rows puts rows into a table, past its stream, as AWS's own import of a table does: {"table": name,
"file": path of lines of DynamoDB's JSON}.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

import ministack.app
from ministack.core.arn import parse_arn
from ministack.core.concurrency import esm_wake
from ministack.services import dynamodb, lambda_svc, sqs, stepfunctions

from local.mends import mail

PATH = "/_samovar/busy"
WAITING = "/_samovar/waiting"
ROWS = "/_samovar/rows"


def answer_what_is_in_hand() -> None:
    """Put the gauge before the emulator's own routes."""
    serve = ministack.app.app

    async def gauged(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] not in (PATH, WAITING, ROWS):
            await serve(scope, receive, send)
            return
        if scope["path"] == PATH:
            body = json.dumps(in_hand()).encode()
        elif scope["path"] == ROWS:
            body = json.dumps(put_rows(**json.loads((await receive())["body"]))).encode()
        else:
            if scope["method"] == "POST":
                let_pass(int((await receive())["body"]))
            body = json.dumps(next_judgement()).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    ministack.app.app = gauged


def in_hand() -> dict[str, int]:
    """Counts: records no handler has seen, messages queued and in flight, running functions, moving executions."""
    records, ready, hidden = 0, 0, 0
    now = time.time()
    for _, _, source in lambda_svc._iter_all_esms():
        spec = parse_arn(source["EventSourceArn"])
        if spec.service == "dynamodb":
            table, _ = lambda_svc._dynamodb_stream_table_from_arn_spec(spec)
            end = dynamodb.stream_end_position(table)
            records += end - lambda_svc._dynamodb_stream_positions.get(source["UUID"], 0)
        elif spec.service == "sqs":
            messages = [message for message in _messages(spec) if not _waits(message, now)]
            waiting = sum(1 for message in messages if message["visible_at"] <= now)
            ready += waiting
            hidden += len(messages) - waiting
    running = sum(1 for execution in stepfunctions._executions.values() if execution["status"] == "RUNNING")
    parked = sum(1 for token in stepfunctions._task_tokens.values() if not token["event"].is_set())
    return {
        "stream_records": records,
        "queued": ready,
        "in_flight": hidden,
        "functions": lambda_svc.executions_in_flight()[0],
        "executions": max(0, running - parked),
        "mail": mail.unreported(),
    }


def next_judgement() -> int | None:
    """Milliseconds until the next judgement is due."""
    now = time.time()
    left = (message["visible_at"] - now for message in _queued() if _waits(message, now))
    return min((int(1000 * seconds) + 1 for seconds in left), default=None)


def let_pass(milliseconds: int) -> None:
    """What is delayed comes so much sooner."""
    now = time.time()
    for message in _queued():
        if message.get("receive_count", 0) == 0 and message["visible_at"] > now:
            message["visible_at"] -= milliseconds / 1000
    esm_wake.set()


def put_rows(table: str, file: str) -> int:
    """Put the rows of a file into a table; how many."""
    held = dynamodb._tables[table]
    with open(file, encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    for item in items:
        dynamodb._set_item(held, item["pk"]["S"], item["sk"]["S"], item)
    return len(items)


def _queued() -> Iterator[dict[str, Any]]:
    """Every message that some function is to get."""
    for _, _, source in lambda_svc._iter_all_esms():
        spec = parse_arn(source["EventSourceArn"])
        if spec.service == "sqs":
            yield from _messages(spec)


def _messages(spec: Any) -> list[dict[str, Any]]:
    queue = sqs._queues.get(sqs._queue_url(lambda_svc._sqs_queue_name_from_arn_spec(spec)))
    return list(queue["messages"]) if queue else []


def _waits(message: dict[str, Any], now: float) -> bool:
    never_taken = message.get("receive_count", 0) == 0
    return never_taken and message["visible_at"] > now and '"judge"' in message["body"]
