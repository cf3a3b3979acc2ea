"""Webhooks: what is authored of them, and how they are signed (Standard Webhooks, version 1).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from functions.core.definition import Id
from functions.core.template import Template
from functions.core.traits import normal

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
LARGEST: Final = 64 * 1024
"""Bytes of a body. The standard asks to stay small; whoever needs more asks for it by id."""
DEEPEST: Final = 8
"""So many names may lead into an answer."""
LONGEST_KEPT: Final = 500
"""Characters of a text that is kept of an answer."""
_LARGEST_NUMBER: Final = 2**53
_URL: Final = re.compile(r"https://[^\s/?#\\@{}]+(?:[/?#][^\s{}]*)?", re.IGNORECASE)


class Webhook(Template):
    """marketing/webhooks/ID.yaml"""

    PLAIN: ClassVar[frozenset[str]] = frozenset({"url", "secret", "type"})
    SAYS: ClassVar[str] = (
        "A signed HTTP request to a program of yours or of somebody else. Retries, signatures and secrets: "
        "[channels](../channels.md#webhooks)."
    )
    EXAMPLE: ClassVar[str] = (
        "url: https://crm.example/hooks/samovar\n"
        "secret: crm\n"
        "type: lead.hot\n"
        "payload:\n"
        "  name: \"{{ contact.name | default('') }}\"\n"
        "  city: \"{{ contact.city | default('') }}\"\n"
        "  source: samovar\n"
    )

    url: str = Field(description="Where it goes: https only, and never an address inside your own network.")
    secret: Id = Field("default", description="Name of the signing secret; `samovar webhooks secret NAME` makes it.")
    type: str = Field(
        "", max_length=100, pattern=r"^[A-Za-z0-9_.-]*$", description="Type that the receiver reads; the id without it."
    )
    payload: dict[str, Any] = Field(
        default_factory=dict, description="What it says under `data`: texts in it are Jinja2, all else stays as it is."
    )

    @field_validator("url")
    @classmethod
    def _https(cls, url: str) -> str:
        if not _URL.fullmatch(url):
            raise ValueError("expected a complete address that begins with https:// and holds no variables")
        return url


def new_secret(random: bytes) -> str:
    """The secret of random bytes, as receivers are given it."""
    return PREFIX + base64.b64encode(random).decode("ascii")


def secret_bytes(secret: str) -> bytes:
    """The key in a secret. Raises ValueError for what is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("not a secret: expected whsec_ and base64") from error
    if not 24 <= len(key) <= 64:
        raise ValueError("not a secret: expected 24 to 64 bytes")
    return key


def body_of(type: str, at: str, data: Mapping[str, Any]) -> bytes:
    """The body: what happened, when (ISO 8601), and what is said of it."""
    said = {"type": type, "timestamp": at, "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def kept(body: bytes, wanted: Mapping[str, str]) -> dict[str, Any] | None:
    """What is kept of an answer: by the trait's name what a path of names leads to, texts, numbers and true or false
    only. What isn't there, is null or too large is left out. None for an answer that is no JSON object."""
    try:
        said = json.loads(body, parse_constant=lambda name: None)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    found = {trait: _led_to(said, path) for trait, path in wanted.items()}
    return normal({trait: value for trait, value in found.items() if value is not None})


def _led_to(said: Any, path: str) -> Any:
    names = path.split(".")
    for name in names if len(names) <= DEEPEST else ():
        said = said.get(name) if isinstance(said, dict) else None
    match said:
        case str() if len(said) <= LONGEST_KEPT:
            # Halves of characters can't be stored.
            return said.encode("utf-8", "ignore").decode()
        case bool():
            return said
        case int() | float() if abs(said) <= _LARGEST_NUMBER:
            return said
        case _:
            return None


def headers(id: str, seconds: int, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """What signs a body sent at `seconds` (epoch): by every secret, the newest first, so that one can be replaced."""
    signed = f"{id}.{seconds}.".encode() + body
    signatures = [
        "v1," + base64.b64encode(hmac.digest(secret_bytes(secret), signed, hashlib.sha256)).decode("ascii")
        for secret in secrets
    ]
    return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signatures),
    }


def letter(template: str, url: str) -> tuple[str, str]:
    """Subject and text of the mail that says that the receiver of a webhook is gone, and what to do."""
    host = urlsplit(url).hostname or ""
    text = f"""What happened: {host} answered 410 (gone) to the webhook "{template}".

What it means: Samovar asks it nothing more. What is meant for it waits, each message until its time is over (three
days, unless its journey or campaign says otherwise), and is then withheld as too late.

What to do: if the receiver is there again, or is to be asked once more, run `samovar webhooks resume {template}`: what
waits goes out within the hour. If it moved, write its new address into marketing/webhooks/{template}.yaml and publish:
what is decided from then on goes there. If nobody needs it any more, take its step out of the journeys.
`samovar webhooks gone` and `samovar doctor` list it until then.
"""
    return f'The receiver of the webhook "{template}" is gone', text
