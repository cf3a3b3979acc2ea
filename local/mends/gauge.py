"""Not a gap but a gauge: what the emulator still has in hand, so that nobody waits by the clock.

GET /_samovar/busy answers with counts that are all zero when nothing is moving.
"""

import json
import time
from typing import Any

import ministack.app
from ministack.core.arn import parse_arn
from ministack.services import dynamodb, lambda_svc, sqs, stepfunctions

from local.mends import mail

PATH = "/_samovar/busy"


def answer_what_is_in_hand() -> None:
    """Put the gauge before the emulator's own routes."""
    serve = ministack.app.app

    async def gauged(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await serve(scope, receive, send)
            return
        body = json.dumps(in_hand()).encode()
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
            queue = sqs._queues.get(sqs._queue_url(lambda_svc._sqs_queue_name_from_arn_spec(spec)))
            messages = queue["messages"] if queue else []
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
