"""What comes of handing one message to the mail service."""

from typing import Any

from functions.aws import dynamodb
from functions.core import message as ledger
from functions.core.message import PATIENCE, Feedback, Message
from functions.observability import logger, metric
from functions.send import told
from functions.send.channels import Ambiguous, NotAccepted, Rejected, way
from functions.tables import caps, messages


def hand_over(message: Message, composed: Any, now: int) -> None:
    """Give a message in state sending to its provider, once, and note what it answered.

    A lost answer leaves it sending: feedback settles it, or sweep after an hour.
    """
    try:
        provider_id = way(message.channel).hand_over(message, composed)
    except NotAccepted as failure:
        _try_later(message, failure.code, now)
    except Rejected as failure:
        withhold(message, "provider-rejected", failure.code, now)
        caps.give_back(message.contact, message.id)
    except Ambiguous as failure:
        logger.warning("nobody knows whether a message went out", message=message.id, error=failure.code)
        metric("SendAnswersLost")
    else:
        told.sent(message, now)
        messages.join(message, Feedback("sent", now, provider_id))
        metric("MessagesSent")


def withhold(message: Message, reason: str, detail: str, now: int) -> bool:
    """Note that a message will not be sent; False if its row changed meanwhile."""
    try:
        messages.change(message, ledger.withhold(message, reason, now, detail))
    except dynamodb.ConditionFailed:
        return False
    logger.info("message withheld", message=message.id, reason=reason)
    metric("MessagesWithheld")
    return True


def defer(message: Message, until: int, reason: str) -> bool:
    """Note that a message waits, and for what; False if its row changed meanwhile."""
    try:
        messages.change(message, ledger.defer(message, until, reason))
    except dynamodb.ConditionFailed:
        return False
    metric("MessagesDeferred")
    return True


def _try_later(message: Message, code: str, now: int) -> None:
    seconds = 60 * 2 ** min(message.attempts - 1, 6)
    logger.warning("mail service took nothing; sweep tries later", message=message.id, error=code, seconds=seconds)
    metric("SendsPostponed")
    try:
        messages.change(message, ledger.postpone(message, now + min(PATIENCE, seconds * 1000)))
    except dynamodb.ConditionFailed:
        # Feedback settled it meanwhile: it went out after all.
        return
