"""send: the send queue's messages (contacts and message ids) → mail and whatever else reaches people.

Guarantees. A marketing message is handed to its provider at most once, however often it
is delivered, and only while consent and caps are as they were decided on. A crash loses
nothing but knowledge: what may have gone out stays `sending` until feedback or sweep
settles it. What can never be sent is set aside; what may comes again: a message that fails among
others comes again by itself, so that it brings none of them back, and is counted alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from functions.aside import set_aside
from functions.aws import ses
from functions.aws.faults import hopeless
from functions.core.channels import BY_EMAIL, BY_STAFF
from functions.observability import handler as observed
from functions.observability import logger, metric
from functions.send.deliver import deliver
from functions.send.pace import Turn
from functions.send.queue import Pair, body_of, enqueue_many, parse

RESERVE_S: Final = 15.0
"""Seconds of the invocation kept for the sending itself, after waiting for a turn."""
AGAIN_S: Final = 60.0
"""A message that failed among others is tried by itself after so many seconds."""

_turns: dict[str, Turn] = {}


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Send what the batch asks for; answers which records must come again."""
    asked: list[tuple[Any, list[Pair]]] = []
    for record in event["Records"]:
        try:
            asked.append((record, parse(record["body"])))
        except Exception as error:
            set_aside("send", record, error)
    budget = context.get_remaining_time_in_millis() / 1000 - RESERVE_S
    try:
        failed: Mapping[Pair, Exception] = deliver([pair for _, pairs in asked for pair in pairs], _turn_of, budget)
    except Exception as error:
        failed = {pair: error for _, pairs in asked for pair in pairs}
    again = [record["messageId"] for record, pairs in asked if not _is_done(record, pairs, failed)]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in again]}


def forget() -> None:
    """As in a fresh process: nothing was sent yet, and nobody said how fast we may."""
    _turns.clear()


def _turn_of(channel: str) -> Turn:
    # SES counts all mail together, whoever gets it.
    channel = BY_EMAIL if channel == BY_STAFF else channel
    return _turns.setdefault(channel, Turn(ses.account if channel == BY_EMAIL else None))


def _is_done(record: Any, pairs: Sequence[Pair], failed: Mapping[Pair, Exception]) -> bool:
    """Whether nothing of a record must come again as it is."""
    errors = {pair: failed[pair] for pair in pairs if pair in failed}
    for pair in [pair for pair, error in errors.items() if hopeless(error)]:
        set_aside("send", record | {"body": body_of([pair])}, errors.pop(pair))
    if not errors:
        return True
    # Their kinds only: the words of an error may quote an address.
    kinds = sorted({type(error).__name__ for error in errors.values()})
    logger.error("messages must come again", messages=len(errors), errors=kinds)
    metric("SendsFailed", len(errors))
    if len(pairs) == len(errors):
        return False
    try:
        enqueue_many(list(errors), AGAIN_S, apart=True)
    except Exception as error:
        logger.warning("a whole record must come again", error=type(error).__name__)
        return False
    return True
