"""What comes of messages: handed over, each once; withheld, deferred, put back."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache, partial
from math import inf
from typing import Any, Final

from functions import clock
from functions.aws import dynamodb
from functions.aws.session import CONNECTIONS
from functions.core import message as ledger
from functions.core.message import PATIENCE, Feedback, Message
from functions.core.policy import Defer, Withhold
from functions.observability import logger, metric
from functions.send import mistakes, reports
from functions.send.channels import Ambiguous, NotAccepted, Rejected, way
from functions.send.pace import WORKERS, Turn
from functions.send.queue import enqueue_many
from functions.tables import caps, contacts, messages, told

ONE_BY_ONE_S: Final = 0.1
"""A provider answers within so many seconds: where a worker waits longer for its turn, one call at a time is enough."""
CLOSED_MS: Final = 3_600_000
"""What a provider that takes nothing for a while refused is tried again after so long."""
BREATHER_S: Final = 15.0
"""What a provider refused for being too fast comes again after so many seconds."""

Begun = tuple[Message, Any]
"""A message in state sending, and what is to be handed over."""
Answer = str | Exception | None
"""The provider's id for a message, what it said instead, or None where it was not asked."""


def hand_over(begun: Sequence[Begun], turn: Turn, rate: float, now: int, until: float = inf) -> None:
    """Give messages in state sending to their provider, each once and at its turn, and note what it answered.

    A lost answer leaves a message sending: feedback settles it, or sweep after an hour. Once the provider asks for
    less, or it is later than `until` (monotonic seconds), it is asked no more: those left are intended again. Where
    one thing can't be noted all others are; then the first failure is raised.
    """
    answers = list(_answers(begun, turn, rate, until))
    sent, back, closed = list[tuple[Message, Feedback]](), list[Message](), list[Message]()
    each = list[Callable[[], None]]()
    broken: Exception | None = None
    for (message, _), answer in zip(begun, answers, strict=True):
        match answer:
            case str():
                each.append(partial(reports.sent, message, now))
                sent.append((message, Feedback("sent", now, answer)))
            case None:
                back.append(message)
            case NotAccepted() if answer.throttled:
                back.append(message)
            case NotAccepted() if answer.closed:
                closed.append(message)
            case NotAccepted():
                each.append(partial(_try_later, message, answer.code, now))
            case Rejected():
                each.append(partial(_reject, message, answer.code, now))
            case Ambiguous():
                logger.warning("nobody knows whether a message went out", message_id=message.id, error=answer.code)
                metric("SendAnswersLost")
            case _:
                broken = answer
    each += [partial(_note, sent), partial(_put_back, back, now), partial(_wait_for_it, closed, now)]
    for note in each:
        try:
            note()
        except Exception as failure:
            broken = broken or failure
    if broken is not None:
        raise broken


def _answers(begun: Sequence[Begun], turn: Turn, rate: float, until: float) -> Iterator[Answer]:
    heard = turn.complaints

    def over() -> bool:
        return turn.complaints != heard or clock.monotonic() > until

    if len(begun) == 1 or WORKERS / rate > ONE_BY_ONE_S:
        for message, composed in begun:
            if not over():
                turn.take(rate)
            yield None if over() else _ask(message, composed, turn)
        return
    under_way: list[Future[Answer] | None] = []
    for message, composed in begun:
        if over():
            under_way.append(None)
            continue
        turn.take(rate)
        # What is known of the invocation goes along.
        under_way.append(_threads().submit(copy_context().run, _ask, message, composed, turn))
    yield from (None if one is None else one.result() for one in under_way)


def _ask(message: Message, composed: Any, turn: Turn) -> Answer:
    try:
        return way(message.channel).hand_over(message, composed)
    except NotAccepted as failure:
        if failure.throttled:
            turn.slow_down()
        elif failure.closed:
            turn.close()
        return failure
    except Exception as failure:
        return failure


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(CONNECTIONS)


def _note(sent: Sequence[tuple[Message, Feedback]]) -> None:
    if not sent:
        return
    changes = [(message, ledger.settle(message, feedback)) for message, feedback in sent]
    for (message, feedback), noted in zip(sent, messages.change_each(changes), strict=True):
        if not noted:
            # A report of it was faster than we are.
            messages.settle(message.contact, message.id, feedback)
    metric("MessagesSent", len(sent))


def _put_back(back: Sequence[Message], now: int) -> None:
    if not back:
        return
    logger.warning("those who take messages want fewer in a second, or are slow", messages=len(back))
    metric("SendsThrottled", len(back))
    stood = messages.change_each([(message, ledger.put_back(message, now)) for message in back])
    # The ledger comes first. Whatever is not queued after it is due within the hour.
    enqueue_many(
        [(one.contact, one.id) for one, still in zip(back, stood, strict=True) if still],
        BREATHER_S,
    )


def _wait_for_it(closed: Sequence[Message], now: int) -> None:
    if not closed:
        return
    logger.warning("the mail service takes nothing for now", messages=len(closed))
    later = [ledger.defer(ledger.put_back(one, now), now + CLOSED_MS, "provider-limit") for one in closed]
    messages.change_each(list(zip(closed, later, strict=True)))
    metric("MessagesDeferred", len(closed))
    _tell_once(now)


def _tell_once(now: int) -> None:
    if not told.first_today("provider-limit", now):
        return
    from functions import alerts

    alerts.tell(
        "The mail service takes no more mail for now",
        "Amazon SES refused mail because what the account may send in 24 hours is used up, or because it paused the "
        "account. Nothing is lost: marketing waits and is tried again every hour, mail about orders and the like is "
        "tried as it comes. `samovar doctor` shows the quota. A higher one is asked for in the SES console.",
    )


def settle(decided: Sequence[tuple[Message, Withhold | Defer]], now: int) -> list[Message]:
    """Note that messages will not be sent, or not yet; those whose row changed meanwhile."""
    if not decided:
        return []
    decided = [(message, mistakes.seen_to(message, decision, now)) for message, decision in decided]
    changes = [(message, _after(message, decision, now)) for message, decision in decided]
    noted = messages.change_each(changes)
    for (message, decision), still in zip(decided, noted, strict=True):
        if still and isinstance(decision, Withhold):
            logger.info("message withheld", message_id=message.id, reason=decision.reason)
            metric("MessagesWithheld")
        elif still:
            metric("MessagesDeferred")
    return [message for (message, _), still in zip(decided, noted, strict=True) if not still]


def _after(message: Message, decision: Withhold | Defer, now: int) -> Message:
    match decision:
        case Withhold(reason, detail):
            return ledger.withhold(message, reason, now, detail)
        case Defer(until, reason, day):
            return ledger.defer(message, until, reason, day)


def _reject(message: Message, code: str, now: int) -> None:
    settle([(message, Withhold("provider-rejected", code))], now)
    caps.give_back(contacts.surviving(message.contact), message)


def _try_later(message: Message, code: str, now: int) -> None:
    seconds = 60 * 2 ** min(message.attempts - 1, 6)
    logger.warning("mail service took nothing; sweep tries later", message_id=message.id, error=code, seconds=seconds)
    metric("SendsPostponed")
    try:
        messages.change(message, ledger.postpone(message, now + min(PATIENCE, seconds * 1000)))
    except dynamodb.ConditionFailed:
        # Feedback settled it meanwhile: it went out after all.
        return
