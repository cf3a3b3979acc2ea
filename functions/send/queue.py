"""The send queue's messages: opaque ids only. A second copy finds nothing left to do."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from functions import settings
from functions.aws import sqs

VERSION: Final = 2
AT_MOST: Final = 20
"""So many messages stand in one body."""
LONGEST_DELAY: Final = 900
"""Seconds that SQS can hold a message back."""

Pair = tuple[str, str]
"""Contact and message id."""


def enqueue(contact: str, message: str, *, delay: float = 0) -> None:
    """Ask for a message to be sent, after `delay` seconds (900 at most)."""
    enqueue_many([(contact, message)], delay)


def enqueue_many(messages: Iterable[Pair], delay: float = 0, *, apart: bool = False) -> None:
    """Ask for many; `apart`: each by itself, so that one that fails does not bring others back.

    Raises where some could not be queued: asking again for all of them does no harm.
    """
    pairs, size = list(messages), 1 if apart else AT_MOST
    bodies = [body_of(pairs[start : start + size]) for start in range(0, len(pairs), size)]
    seconds = min(LONGEST_DELAY, int(-(-delay // 1)))
    if len(bodies) == 1:
        sqs.send(settings.send_queue_url(), bodies[0], delay=seconds)
    elif bodies:
        sqs.send_many(settings.send_queue_url(), bodies, delay=seconds)


def body_of(messages: Sequence[Pair]) -> str:
    """The body of a queue message about one or more messages (20 at most)."""
    if len(messages) == 1:
        # As version 1 wrote it: workers that read no other may be at work while a deployment rolls out.
        ((contact, message),) = messages
        return json.dumps({"v": 1, "contact": contact, "message": message}, separators=(",", ":"))
    return json.dumps({"v": VERSION, "messages": [list(pair) for pair in messages]}, separators=(",", ":"))


def parse(body: str) -> list[Pair]:
    """Contacts and message ids of a queue message. Raises ValueError for what is none."""
    said: Any = json.loads(body)
    match said:
        case {"v": 1, "contact": contact, "message": message}:
            pairs = [(contact, message)]
        case {"v": 2, "messages": [*listed]} if listed:
            pairs = [tuple(pair) if isinstance(pair, list) else () for pair in listed]
        case _:
            raise ValueError("not a send message of a version that this code reads")
    if not all(len(pair) == 2 and all(isinstance(id, str) and id for id in pair) for pair in pairs):
        raise ValueError("a send message names contacts and messages")
    return pairs
