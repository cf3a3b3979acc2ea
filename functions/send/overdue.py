"""Messages that stayed unsettled for an hour: what sweep asks for, one at a time."""

from dataclasses import replace

from functions import releases
from functions.aws import dynamodb
from functions.core import confirm, policy
from functions.core import message as ledger
from functions.core.channels import CHANNELS
from functions.core.message import PATIENCE, Message
from functions.observability import logger, metric
from functions.send.queue import enqueue
from functions.tables import messages


def settle(contact: str, id: str, now: int) -> Message | None:
    """Do what is due about a message at `now` (ms); as it stands then, None if there is none.

    Still intended: back on the queue. Still sending: it may have gone out or not. A marketing
    message, or one that asks to confirm, becomes unknown, is listed and never sent again; another
    transactional one is tried again.
    """
    message = messages.get(contact, id)
    if message is None or message.due is None or message.due > now:
        return message
    if message.state == "sending":
        if ledger.settled_by(message) > now:
            return _changed(message, replace(message, due=ledger.settled_by(message)))
        if not _bears_repeating(message):
            logger.warning("nobody knows whether a message went out", message=id)
            metric("MessagesUnknown")
            return _changed(message, ledger.give_up(message, now))
        message = _changed(message, ledger.postpone(message, now))
    if message.state == "intended":
        # Queued before that is noted: a crash in between queues it twice, which is harmless.
        enqueue(contact, id)
        message = _changed(message, ledger.postpone(message, now + PATIENCE))
    return message


def _bears_repeating(message: Message) -> bool:
    channel = CHANNELS.get(message.channel)
    if channel is not None and channel.repeatable:
        return True
    topic = policy.about(message, releases.by_id(message.release))
    # Whoever waits for a mail to confirm fills in the form again; whoever never asked gets one, not two.
    return topic is not None and topic.transactional and confirm.form_of(topic.id) is None


def _changed(before: Message, after: Message) -> Message:
    try:
        return messages.change(before, after)
    except dynamodb.ConditionFailed as refused:
        return messages.from_item(refused.item) if refused.item else before
