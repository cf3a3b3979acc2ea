"""A program that receives webhooks: it takes what is signed with its secret, and answers with what it knows."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Self

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from local.front.outbox import URL
from local.front.server import Handler
from local.stack import Stack


@dataclass(slots=True)
class Received:
    """What came to the program. Until it has a secret it trusts nobody."""

    answer: Mapping[str, Any]
    secret: str = ""
    taken: list[Mapping[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Receiver(Handler):
    """Subclassed with what it receives by `receiver`. What is no webhook is a push service's, which takes it."""

    received: Received

    def do_POST(self) -> None:
        body = self.body() or b""
        if self.headers.get("content-encoding") == "aes128gcm":
            self.answer(201, "text/plain", b"", location="https://push.example/m/1")
            return
        try:
            said = Webhook(self.received.secret).verify(body, dict(self.headers.items()))
        except (WebhookVerificationError, ValueError) as error:
            self.received.refused.append(f"{self.headers.get(URL)}: {error}")
            self.answer(401, "text/plain", b"")
            return
        self.received.taken.append({"id": self.headers["webhook-id"], "url": self.headers[URL], **said})
        self.answer(200, "application/json", json.dumps(self.received.answer).encode())


def receiver(received: Received) -> type[Receiver]:
    """A handler for one program."""
    return type("BoundReceiver", (Receiver,), {"received": received})


@contextmanager
def by_the_clock_of(stack: Stack) -> Iterator[None]:
    """Inside the block, what the library takes the time to be when it judges how old a webhook is, is the stack's."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(stack.now_ms() / 1000, tz)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("standardwebhooks.webhooks.datetime", Clock)
        yield
