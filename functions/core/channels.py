"""The ways in which a message reaches somebody: what deciding and defining know of them.

A channel is one entry here and one module in functions/send/channels that hands messages over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from functions.core.definition import ID_PATTERN, Definition, check_id
from functions.core.emails import Email
from functions.core.identity import EMAIL, PHONE, PUSH
from functions.core.push import Push
from functions.core.sms import Sms
from functions.core.webhook import Webhook

BY_EMAIL: Final = "email"
BY_SMS: Final = "sms"
BY_PUSH: Final = "push"
BY_WEBHOOK: Final = "webhook"
BY_STAFF: Final = "staff"
"""Mail to people of the business, which a journey's step writes: it has no files, no form asks for it, and nobody
can send by it but the steps that do."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What a channel is to everybody but its own module.

    Its templates are files of `folder` in marketing/, each a `template`. `identity` is the kind of
    identity under whose hash consent and suppression stand; "" where messages go to no person.
    Its events begin with `word`, as in "Email Sent"; who `reports` tells of each message afterwards, and
    where nobody does, handing it over is what is known. Handing over a `repeatable` message twice does no harm.
    """

    name: str
    folder: str
    template: type[Definition]
    identity: str
    word: str
    title: str = ""
    reports: bool = False
    repeatable: bool = False


CHANNELS: Final[dict[str, Channel]] = {
    BY_EMAIL: Channel(BY_EMAIL, "emails", Email, EMAIL, "Email", "E-mails", reports=True),
    BY_SMS: Channel(BY_SMS, "sms", Sms, PHONE, "SMS", "Text messages"),
    BY_PUSH: Channel(BY_PUSH, "push", Push, PUSH, "Push", "Web push"),
    BY_WEBHOOK: Channel(BY_WEBHOOK, "webhooks", Webhook, "", "Webhook", "Webhooks", repeatable=True),
}
"""Every channel by name."""


def register(channel: Channel) -> None:
    """Make a channel known."""
    CHANNELS[channel.name] = channel


def _known(name: str) -> str:
    if name not in CHANNELS:
        raise ValueError(f'"{name}" is not a channel; use one of: {", ".join(CHANNELS)}')
    return name


ChannelName = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string"})]
"""The name of a channel."""


def identity_of(channel: str) -> str:
    """The kind of identity whose owners a channel reaches, "" where it reaches no person or is unknown."""
    return CHANNELS[channel].identity if channel in CHANNELS else ""


def addressed() -> frozenset[str]:
    """The kinds of identity that have ledgers of consent."""
    return frozenset(channel.identity for channel in CHANNELS.values() if channel.identity)


def to_people(channel: str) -> bool:
    """Whether a channel's messages go to people, who have agreed to them; others go to systems, or to staff."""
    return channel != BY_STAFF and (channel not in CHANNELS or bool(CHANNELS[channel].identity))


def _parse(value: Any) -> Any:
    if isinstance(value, str):
        return check_id(value)
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError("expected an e-mail, or one other channel; write send: welcome, or send: {sms: reminder}")
    ((channel, template),) = value.items()
    if channel not in CHANNELS:
        raise ValueError(f'"{channel}" is not a channel; there are {", ".join(CHANNELS)}')
    if not isinstance(template, str):
        raise ValueError(f"expected the id of a template; write {{{channel}: ID}}")
    return check_id(template) if channel == BY_EMAIL else {channel: check_id(template)}


Content = Annotated[
    str | dict[str, str],
    BeforeValidator(_parse, json_schema_input_type=Any),
    PlainSerializer(lambda value: value),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": ID_PATTERN},
                {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": {"type": "string", "pattern": ID_PATTERN},
                },
            ]
        }
    ),
]
"""What is sent: an e-mail by its id, or {channel: id}."""


def channel_and_template(content: "str | Mapping[str, str]") -> tuple[str, str]:
    """The channel and the template of a content."""
    if isinstance(content, str):
        return BY_EMAIL, content
    ((channel, template),) = content.items()
    return channel, template
