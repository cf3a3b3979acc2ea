"""What comes of handing one message to the mail service."""

from functions import settings
from functions.aws import dynamodb, ses
from functions.core import feedback
from functions.core import message as ledger
from functions.core.compose import Letter
from functions.core.message import PATIENCE, Feedback, Message
from functions.observability import logger, metric
from functions.tables import caps, messages


def hand_over(message: Message, letter: Letter, now: int) -> None:
    """Give a message in state sending to SES, once, and note what it answered.

    A lost answer leaves it sending: feedback settles it, or sweep after an hour.
    """
    try:
        provider_id = ses.send(
            sender=letter.sender,
            recipient=letter.recipient,
            raw=letter.raw,
            tags=feedback.tags_of(message),
            configuration_set=settings.configuration_set(),
        )
    except ses.NotAccepted as failure:
        _try_later(message, failure.code, now)
    except ses.Rejected as failure:
        withhold(message, "provider-rejected", failure.code, now)
        caps.give_back(message.contact, message.id)
    except ses.Ambiguous as failure:
        logger.warning("nobody knows whether a message went out", message=message.id, error=failure.code)
        metric("SendAnswersLost")
    else:
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


def _try_later(message: Message, code: str, now: int) -> None:
    seconds = 60 * 2 ** min(message.attempts - 1, 6)
    logger.warning("mail service took nothing; sweep tries later", message=message.id, error=code, seconds=seconds)
    metric("SendsPostponed")
    try:
        messages.change(message, ledger.postpone(message, now + min(PATIENCE, seconds * 1000)))
    except dynamodb.ConditionFailed:
        # Feedback settled it meanwhile: it went out after all.
        return
