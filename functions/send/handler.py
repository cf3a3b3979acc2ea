"""send: the send queue's messages (contact and message id) → mail.

Guarantees. A marketing message is handed to the mail service at most once, however often it
is delivered, and only while consent and caps are as they were decided on. A crash loses
nothing but knowledge: what may have gone out stays `sending` until feedback or sweep
settles it. What can never be sent is set aside; what may comes again.
"""

from typing import Any

from functions.aside import set_aside
from functions.aws.faults import hopeless
from functions.observability import handler as observed
from functions.observability import logger, metric
from functions.send.deliver import Turn, deliver
from functions.send.queue import parse

RESERVE_S = 15.0
"""Seconds of the invocation kept for the sending itself, after waiting for a turn."""

_turn = Turn()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Send what the batch asks for, one after the other; answers which must come again."""
    failures = []
    for record in event["Records"]:
        try:
            contact, message = parse(record["body"])
            deliver(contact, message, _turn, context.get_remaining_time_in_millis() / 1000 - RESERVE_S)
        except Exception as error:
            if hopeless(error):
                set_aside("send", record, error)
                continue
            # Its kind only: the words of an error may quote an address.
            logger.error("a message must come again", error=type(error).__name__)
            metric("SendsFailed")
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
