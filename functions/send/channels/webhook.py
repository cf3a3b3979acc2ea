"""Webhooks: a signed request to a program, until it says that it has it.

Repetition is part of the bargain: the message's id is the request's, so that a receiver knows what it
has. Whatever is not a clear answer is tried again with growing pauses, for as long as the message may
be sent. A receiver that says "gone" (410) is asked nothing more until a person lets it be asked, or a release names
another address; its messages wait, and the owner is told once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from functions import alerts, clock, outbound, releases
from functions.aws.faults import is_of_aws
from functions.core import compose, webhook
from functions.core.compose import Unrenderable
from functions.core.contact import Contact
from functions.core.message import Message
from functions.core.policy import Destination, Unreachable
from functions.core.release import Release
from functions.core.views import iso
from functions.core.webhook import Webhook
from functions.observability import logger, metric
from functions.releases import Keyring
from functions.send import answers
from functions.send.channels import Draft, NotAccepted, Rejected, circumstances
from functions.tables import hooks

TELLING_MS: Final = 60_000
"""Whoever noted that a receiver is gone has told of it after so long, or never will: then the next one does."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted; it is signed when it goes out."""

    template: str
    url: str
    secret: str
    body: bytes


class _Webhook:
    def destinations(
        self, messages: Sequence[Message], contacts: Mapping[str, Contact], release: Release, keys: Keyring
    ) -> Mapping[str, Destination | Unreachable]:
        return {message.id: _destination(message, release, keys) for message in messages}

    def compose(self, draft: Draft) -> Request:
        message, release = draft.message, draft.release
        template = release.template("webhook", message.template)
        assert isinstance(template, Webhook)

        when = circumstances(draft)

        def filled(value: Any) -> Any:
            match value:
                case str():
                    return compose.plain_text(value, draft.contact, draft.topic, release, draft.urls, when)
                case dict():
                    return {key: filled(part) for key, part in value.items()}
                case list():
                    return [filled(part) for part in value]
                case _:
                    return value

        body = webhook.body_of(template.type or message.template, iso(message.created), filled(template.payload))
        if len(body) > webhook.LARGEST:
            raise Unrenderable("too-long", f"{len(body)} bytes")
        return Request(message.template, template.url, template.secret, body)

    def hand_over(self, message: Message, composed: Request) -> str:
        now = clock.now_ms()
        gone = hooks.gone(composed.template, composed.url)
        if gone is not None:
            if not gone.told and gone.at <= now - TELLING_MS:
                _tell(composed)
            raise NotAccepted("gone")
        secrets = releases.keyring().webhooks.get(composed.secret, ())
        if not secrets:
            raise NotAccepted("no-secret")
        headers = webhook.headers(message.id, now // 1000, composed.body, secrets)
        try:
            reply = outbound.post(composed.url, composed.body, headers)
        except outbound.Unsafe as failure:
            raise Rejected("unsafe-address") from failure
        except (outbound.Unreached, outbound.Lost) as failure:
            raise NotAccepted(failure.code) from failure
        if 200 <= reply.status < 300:
            # Before it counts as sent: after a crash in between it is asked again.
            answers.keep(message, reply.body, now)
            return message.id
        if reply.status == 410:
            if hooks.note_gone(composed.template, composed.url, now):
                metric("WebhooksGone")
                _tell(composed)
            raise NotAccepted("gone")
        code = f"http-{reply.status}"
        # A redirect is a mistake in the address, which only a release mends: until then it may be one.
        if reply.status >= 500 or reply.status in (408, 409, 425, 429) or 300 <= reply.status < 400:
            # One receiver that asks for less is no reason to slow down the others.
            raise NotAccepted(code)
        raise Rejected(code)


def _tell(request: Request) -> None:
    """Tell the owner. What hinders it is logged: the message waits in any case, and the next one tells."""
    try:
        alerts.tell(*webhook.letter(request.template, request.url))
        hooks.note_told(request.template, request.url)
    except Exception as error:
        if not is_of_aws(error):
            raise
        logger.error("nobody was told that a receiver is gone", template=request.template, error=type(error).__name__)


def _destination(message: Message, release: Release, keys: Keyring) -> Destination | Unreachable:
    template = release.template("webhook", message.template)
    if not isinstance(template, Webhook):
        # What the release doesn't have is told by policy.
        return Destination("", "")
    return Destination("", template.url)


WAY = _Webhook()
