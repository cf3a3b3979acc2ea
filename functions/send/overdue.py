"""Messages whose time has come: those that waited for it, and those that stayed unsettled for an hour. sweep asks."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from functions import releases, settings
from functions.aws import dynamodb
from functions.aws.faults import hopeless, is_of_aws
from functions.core import answering, policy
from functions.core import message as ledger
from functions.core.channels import CHANNELS
from functions.core.message import PATIENCE, Message
from functions.observability import logger, metric
from functions.send.queue import Pair, enqueue_many
from functions.tables import messages

Changes = Sequence[tuple[Message, Message]]


def settle(pairs: Sequence[Pair], now: int) -> dict[Pair, Exception]:
    """Do what is due about messages at `now` (ms); those that must be met again, and why.

    Still intended: back on the queue. Still sending: it may have gone out or not. A marketing
    message, or one that asks to confirm, becomes unknown, is listed and never sent again; another
    transactional one is tried again. What changed meanwhile is left to whoever changed it; one that can't be
    dealt with holds up no other.
    """
    failed: dict[Pair, Exception] = {}
    queued, waiting, unknown = list[Message](), list[tuple[Message, Message]](), list[tuple[Message, Message]]()
    retried = list[tuple[Message, Message]]()
    for message in _read(pairs, failed):
        if message.due is None or message.due > now:
            continue
        try:
            if message.state == "intended":
                queued.append(message)
            elif ledger.settled_by(message) > now:
                waiting.append((message, replace(message, due=ledger.settled_by(message))))
            elif _bears_repeating(message):
                retried.append((message, ledger.postpone(message, now)))
            else:
                unknown.append((message, ledger.give_up(message, now)))
        except Exception as error:
            failed[message.contact, message.id] = error
    _each(_note, waiting, failed)
    _each(_give_up, unknown, failed)
    _each(lambda some: queued.extend(_note(some)), retried, failed)
    _each(lambda some: _queue(some, now), [(message, message) for message in queued], failed)
    return failed


def _read(pairs: Sequence[Pair], failed: dict[Pair, Exception]) -> list[Message]:
    keys = {messages.key(*pair): pair for pair in pairs}
    found = []
    for key, row in dynamodb.batch_get(settings.contacts_table(), keys).items():
        try:
            message = messages.from_item(row)
        except Exception as error:
            failed[keys[key]] = error
        else:
            if message.state in ledger.UNSETTLED:
                found.append(message)
    return found


def _bears_repeating(message: Message) -> bool:
    channel = CHANNELS.get(message.channel)
    if channel is not None and channel.repeatable:
        return True
    topic = policy.about(message, releases.by_id(message.release))
    # Whoever waits for a mail that answers a form fills it in again; whoever never asked gets one, not two.
    return topic is not None and topic.transactional and not answering.is_answer(topic.id)


def _each(act: Callable[[Changes], object], some: Changes, failed: dict[Pair, Exception]) -> None:
    """Do it for all at once; where that fails because of one of them, for each by itself."""
    if not some:
        return
    try:
        act(some)
    except Exception as error:
        if len(some) == 1 or (is_of_aws(error) and not hopeless(error)):
            failed |= {(before.contact, before.id): error for before, _ in some}
        else:
            for one in some:
                _each(act, [one], failed)


def _note(changes: Changes) -> list[Message]:
    """Those that stood as they were read, as they stand now."""
    stood = messages.change_each(changes)
    return [
        replace(after, version=before.version + 1)
        for (before, after), still in zip(changes, stood, strict=True)
        if still
    ]


def _give_up(changes: Changes) -> None:
    for message in _note(changes):
        logger.warning("nobody knows whether a message went out", message_id=message.id)
        metric("MessagesUnknown")


def _queue(changes: Changes, now: int) -> None:
    # Queued before that is noted: a crash in between queues them twice, which is harmless.
    enqueue_many([(message.contact, message.id) for message, _ in changes])
    _note([(message, ledger.postpone(message, now + PATIENCE)) for message, _ in changes])
