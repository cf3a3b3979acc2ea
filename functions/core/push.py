"""Web push: what is authored of a notification, and what a browser's subscription must look like."""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, Field

from functions.core.definition import Definition, Id
from functions.core.errors import Refused
from functions.core.identity import LONGEST_ENDPOINT
from functions.core.template import Odd, Template
from functions.core.tongues import Texts

LARGEST: Final = 3800
"""Bytes of a notification's JSON: push services take 4096 bytes, encryption and its padding included."""


class Push(Template):
    """marketing/push/ID.yaml"""

    PLAIN: ClassVar[frozenset[str]] = frozenset({"icon", "urgency", "tag"})
    SAYS: ClassVar[str] = (
        "One notification, shown by a browser whose owner asked for it. Opting in, browsers and privacy: "
        "[channels](../channels.md#web-push)."
    )
    EXAMPLE: ClassVar[str] = (
        "title: Your kettle is ready\n"
        "body:\n"
        "  en: \"{{ contact.first_name | default('Hello') }}, the first flush has arrived.\"\n"
        '  tr: "İlk hasat geldi."\n'
        "url: https://tea.example/first-flush\n"
    )

    title: Texts = Field(description="The notification's first line, Jinja2; one text, or one for each language.")
    body: Texts | None = Field(None, description="What stands below it; a hundred characters are seen everywhere.")
    url: str = Field("", max_length=1000, description="What a click opens; the business's site without it.")
    icon: str = Field("", max_length=1000, pattern=r"^(https://.*)?$", description="A square picture of 192 pixels.")
    tag: str = Field("", max_length=32, description="A newer notification with the same tag replaces an older one.")
    urgency: Literal["very-low", "low", "normal", "high"] = Field(
        "normal", description="Whether a phone wakes up for it; low waits for power or Wi-Fi."
    )

    def odd(self, *, marketing: bool) -> Iterator[Odd]:
        if self.url and not self.url.startswith(("https://", "http://", "{{", "{%")):
            message = f'"{self.url}" leads nowhere: an address begins with its scheme'
            yield Odd(("url",), message, "Write the whole address, from https:// on", "link-without-scheme")


def _up_to(most: int) -> Callable[[dict[str, str]], dict[str, str]]:
    def check(texts: dict[str, str]) -> dict[str, str]:
        for text in texts.values():
            if not 1 <= len(text) <= most:
                raise ValueError(f"write 1 to {most} characters, not {len(text)}")
        return texts

    return check


_UpTo500 = Annotated[Texts, AfterValidator(_up_to(500))]
_UpTo100 = Annotated[Texts, AfterValidator(_up_to(100))]


class PushSettings(Definition):
    """How people opt in to notifications."""

    topics: list[Id] = Field(default_factory=list, description="What whoever presses the button agrees to.")
    wording: _UpTo500 | None = Field(
        None,
        description="What stands beside the button, one text or one for each language; built in without it. "
        "Kept as proof of what people agreed to.",
    )
    button: _UpTo100 | None = Field(
        None, description="What the button says, one text or one for each language; built in without it."
    )
    worker: str = Field(
        "/samovar-push.js",
        max_length=300,
        pattern=r"^/[^\s]*$",
        description="Where the site keeps its service worker, one line of its own: see docs/channels.md.",
    )


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser tells of itself: where its push service listens, and the keys that only it can read with.

    `browser` is the identity of the visitor who subscribed, `proved` the contact whose mailbox a signed link
    proved the browser to be ("" where none did), `at` when (ms).
    """

    endpoint: str
    p256dh: str
    auth: str
    browser: str = ""
    proved: str = ""
    at: int = 0


def subscription(given: Any) -> Subscription:
    """The subscription that a browser posts (PushSubscription.toJSON()). Raises Refused."""
    endpoint = given.get("endpoint") if isinstance(given, Mapping) else None
    keys = given.get("keys") if isinstance(given, Mapping) else None
    if not isinstance(endpoint, str) or not isinstance(keys, Mapping):
        raise Refused("invalid-subscription", "Send what PushSubscription.toJSON() gives.", field="subscription")
    if not endpoint.startswith("https://") or len(endpoint) > LONGEST_ENDPOINT or not endpoint.isascii():
        raise Refused("invalid-subscription", "A push service listens at https.", field="subscription.endpoint")
    if any(ord(character) <= 0x20 or character in "\\\x7f" for character in endpoint):
        raise Refused("invalid-subscription", "This is no address.", field="subscription.endpoint")
    p256dh, auth = _key(keys, "p256dh", 65), _key(keys, "auth", 16)
    return Subscription(endpoint, p256dh, auth)


def _key(keys: Mapping[str, Any], name: str, length: int) -> str:
    said = keys.get(name)
    try:
        key = base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)) if isinstance(said, str) else b""
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != length or (length == 65 and key[0] != 4):
        raise Refused("invalid-subscription", f"This is no {name} key.", field=f"subscription.keys.{name}")
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode("ascii")


def notification(title: str, body: str, url: str, *, icon: str, tag: str, message: str) -> bytes:
    """What the service worker reads; long bodies are cut to what push services take."""
    said = {"title": title, "body": body, "url": url, "icon": icon, "tag": tag or message, "message": message}
    while True:
        written = json.dumps({k: v for k, v in said.items() if v}, ensure_ascii=False, separators=(",", ":")).encode()
        if len(written) <= LARGEST:
            return written
        if not said["body"]:
            raise ValueError("a notification larger than push services take")
        over = len(written) - LARGEST
        said["body"] = said["body"][: max(0, len(said["body"]) - max(1, over // 4) - 1)].rstrip("…") + (
            "…" if len(said["body"]) > over // 4 + 1 else ""
        )
