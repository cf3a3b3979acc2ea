"""The send queue's messages: opaque ids only. A second copy finds nothing left to do."""

import json
from collections.abc import Sequence
from typing import Any, Final

from functions import settings
from functions.aws import sqs

VERSION: Final = 1
LONGEST_DELAY: Final = 900
"""Seconds that SQS can hold a message back."""


def enqueue(contact: str, message: str, *, delay: float = 0) -> None:
    """Ask for a message to be sent, after `delay` seconds (900 at most)."""
    sqs.send(settings.send_queue_url(), body_of(contact, message), delay=min(LONGEST_DELAY, int(-(-delay // 1))))


def enqueue_many(pairs: Sequence[tuple[str, str]], *, delay: float = 0) -> None:
    """The same for many (contact, message)."""
    bodies = [body_of(contact, message) for contact, message in pairs]
    sqs.send_many(settings.send_queue_url(), bodies, delay=min(LONGEST_DELAY, int(-(-delay // 1))))


def body_of(contact: str, message: str) -> str:
    """The body of a queue message."""
    return json.dumps({"v": VERSION, "contact": contact, "message": message}, separators=(",", ":"))


def parse(body: str) -> tuple[str, str]:
    """Contact and message id of a queue message. Raises ValueError for what is none."""
    said: Any = json.loads(body)
    if not isinstance(said, dict) or said.get("v") != VERSION:
        raise ValueError("not a send message of a version that this code reads")
    contact, message = said.get("contact"), said.get("message")
    if not (isinstance(contact, str) and contact and isinstance(message, str) and message):
        raise ValueError("a send message names a contact and a message")
    return contact, message
