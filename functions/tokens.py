"""Signed links: the one way to sign a token.

A token carries a compact JSON object with `x`, the version of its shape. Keys are given
newest first: the first signs, all verify, so a key can be replaced while old links live.
"""

import hashlib
import hmac
import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, assert_never
from urllib.parse import urlsplit, urlunsplit

from itsdangerous import BadData, URLSafeSerializer

from functions.core.errors import Refused

VERSION: Final = 1
LONGEST: Final = 8192
"""Characters of a token; anything longer was not signed here."""

OPEN: Final = "open"
CLICK: Final = "click"
UNSUBSCRIBE: Final = "unsubscribe"
CONFIRM: Final = "confirm"
PREFER: Final = "prefer"
PROOF: Final = "proof"
PROOF_PARAMETER: Final = "sv"
"""The query parameter in which a page gets its visitor's proof."""
PROOF_MS: Final = 30 * 86_400_000
"""So long a proof is taken: whoever opened a link from a mailbox is its owner for a while, not for ever."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What an open pixel's token says. `sent` in ms; `place` is "journey/step"."""

    contact: str
    message: str
    sent: int
    place: str
    template: str


@dataclass(frozen=True, slots=True)
class Clicked:
    """What a click redirect's token says; `url` is where it leads.

    `address` is the hash of the address that the mail went to where the link leads to the
    business's own site, which learns whose mailbox its visitor came from; "" elsewhere. `channel` is
    that of the message.
    """

    contact: str
    message: str
    sent: int
    place: str
    template: str
    url: str
    address: str = ""
    channel: str = "email"


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """What an unsubscribe link's token says: enough to write the ledger without reading anything.

    `address` is the hash of the address that the mail went to.
    """

    contact: str
    message: str
    sent: int
    topic: str
    address: str


@dataclass(frozen=True, slots=True)
class Preferring:
    """What the link to the preference centre says: whose it is, and `address`, the hash of where the message went."""

    contact: str
    message: str
    sent: int
    address: str


@dataclass(frozen=True, slots=True)
class Confirming:
    """What the link of a double opt-in says. `address` is the hash of the address that was asked,
    `request` the ref of the submission that asked, `until` the ms at which the link ends."""

    contact: str
    message: str
    sent: int
    form: str
    address: str
    request: str
    until: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What a link from a person's own mailbox proves to a page that it leads to: who opened it.

    `address` is the hash of the address that the mail went to, `signed` in ms.
    """

    contact: str
    address: str
    signed: int


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the links of one deployment: `base_url` has no trailing slash."""

    keys: Sequence[bytes]
    base_url: str

    def open_url(self, said: Opened) -> str:
        """Address of the open pixel."""
        return f"{self.base_url}/o/{sign(self.keys, OPEN, payload(said))}"

    def click_url(self, said: Clicked) -> str:
        """Address that notes a click and leads on to `said.url`."""
        return f"{self.base_url}/c/{sign(self.keys, CLICK, payload(said))}"

    def unsubscribe_url(self, said: Unsubscribing) -> str:
        """Address of the unsubscribe page; a POST to it is the one-click unsubscribe."""
        return f"{self.base_url}/u/{sign(self.keys, UNSUBSCRIBE, payload(said))}"

    def preferences_url(self, said: Preferring) -> str:
        """Address of the preference centre."""
        return f"{self.base_url}/p/{sign(self.keys, PREFER, payload(said))}"

    def confirm_url(self, said: Confirming) -> str:
        """Address of the page whose button confirms."""
        return f"{self.base_url}/confirm/{sign(self.keys, CONFIRM, payload(said))}"


def sign_proof(keys: Sequence[bytes], said: Proof) -> str:
    """A token that says whose mailbox a visitor came from."""
    return sign(keys, PROOF, {"c": said.contact, "a": said.address, "s": said.signed})


def with_proof(url: str, token: str) -> str:
    """The URL with a proof for the page that it leads to, before its fragment."""
    parts = urlsplit(url)
    others = [part for part in parts.query.split("&") if part and part.partition("=")[0] != PROOF_PARAMETER]
    return urlunsplit(parts._replace(query="&".join([*others, f"{PROOF_PARAMETER}={token}"])))


def read_proof(keys: Sequence[bytes], token: str, now: int) -> Proof:
    """Whose mailbox a visitor came from. Raises Refused for what was not signed here, or too long ago."""
    said = _strings(read(keys, PROOF, token, max_age=PROOF_MS, now=now), "c", "a")
    return Proof(said["c"], said["a"], said["s"])


def payload(said: Opened | Clicked | Unsubscribing | Preferring | Confirming) -> dict[str, Any]:
    """What is signed for a link."""
    about = {"c": said.contact, "m": said.message, "s": said.sent}
    match said:
        case Opened():
            return about | {"k": said.place, "t": said.template}
        case Clicked():
            own = {"a": said.address} if said.address else {}
            other = {"h": said.channel} if said.channel != "email" else {}
            return about | {"k": said.place, "t": said.template, "u": said.url, **own, **other}
        case Unsubscribing():
            return about | {"t": said.topic, "a": said.address}
        case Preferring():
            return about | {"a": said.address}
        case Confirming():
            return about | {"f": said.form, "a": said.address, "e": said.request, "u": said.until}
        case _:
            assert_never(said)


def sign(keys: Sequence[bytes], salt: str, content: Mapping[str, Any]) -> str:
    """A URL-safe token of `content`, good for this salt only."""
    # As itsdangerous reads it: a letter has a handful of links, and a worker makes a thousand
    # letters.
    said = _COMPACT.encode({"x": VERSION, **content}).encode()
    packed = _packed(said)
    token = b"." + _base64(packed) if len(packed) < len(said) - 1 else _base64(said)
    proved = hmac.digest(_derived(keys[0], salt), token, "sha256")
    return (token + b"." + _base64(proved)).decode("ascii")


def _packed(said: bytes) -> bytes:
    # With the window and tables of its size: those that zlib takes by default are 256 KB to set up, ten times the work
    # of packing some two hundred bytes.
    packer = zlib.compressobj(wbits=12, memLevel=4)
    return packer.compress(said) + packer.flush()


def read(
    keys: Sequence[bytes], salt: str, token: str, *, max_age: int | None = None, now: int | None = None
) -> Mapping[str, Any]:
    """The payload of a token. Raises Refused for anything that was not signed here.

    With `max_age` (ms) a token whose "s" (ms) lies further before `now` is refused too.
    """
    if len(token) > LONGEST:
        raise _bad()
    try:
        content = _serializer(tuple(keys), salt).loads(token)
    except (BadData, ValueError, RecursionError) as error:
        raise _bad() from error
    if not isinstance(content, dict) or content.get("x") != VERSION:
        raise _bad()
    if max_age is not None:
        signed = content.get("s")
        if now is None or not isinstance(signed, int) or now - signed > max_age:
            raise _expired()
    return content


def read_open(keys: Sequence[bytes], token: str) -> Opened:
    """What an open pixel's token says. Raises Refused. It does not expire."""
    said = _strings(read(keys, OPEN, token), "c", "m", "k", "t")
    return Opened(said["c"], said["m"], said["s"], said["k"], said["t"])


def read_click(keys: Sequence[bytes], token: str) -> Clicked:
    """What a click token says. Raises Refused. It does not expire: mail is read years later."""
    said = _strings(read(keys, CLICK, token), "c", "m", "k", "t", "u")
    if urlsplit(said["u"]).scheme not in ("http", "https"):
        raise _bad()
    address, channel = said.get("a", ""), said.get("h", "email")
    if not isinstance(address, str) or not isinstance(channel, str):
        raise _bad()
    return Clicked(said["c"], said["m"], said["s"], said["k"], said["t"], said["u"], address, channel)


def read_unsubscribe(keys: Sequence[bytes], token: str) -> Unsubscribing:
    """What an unsubscribe token says. Raises Refused. It never expires: withdrawal wins."""
    said = _strings(read(keys, UNSUBSCRIBE, token), "c", "m", "t", "a")
    return Unsubscribing(said["c"], said["m"], said["s"], said["t"], said["a"])


def read_preferring(keys: Sequence[bytes], token: str) -> Preferring:
    """What the token of the preference centre says. Raises Refused. It never expires: whoever leaves late may leave."""
    said = _strings(read(keys, PREFER, token), "c", "m", "a")
    return Preferring(said["c"], said["m"], said["s"], said["a"])


def read_confirm(keys: Sequence[bytes], token: str, now: int) -> Confirming:
    """What a confirmation's token says. Raises Refused, also for one that ended before `now` (ms)."""
    said = _strings(read(keys, CONFIRM, token), "c", "m", "f", "a", "e")
    if not isinstance(said.get("u"), int):
        raise _bad()
    if now > said["u"]:
        raise _expired()
    return Confirming(said["c"], said["m"], said["s"], said["f"], said["a"], said["e"], said["u"])


def _strings(payload: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    if not all(isinstance(payload.get(name), str) for name in names) or not isinstance(payload.get("s"), int):
        raise _bad()
    return payload


_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _base64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


@lru_cache(maxsize=64)
def _derived(secret: bytes, salt: str) -> bytes:
    """What itsdangerous derives as "hmac"."""
    return hmac.digest(secret, _salt(salt).encode(), "sha256")


def _salt(salt: str) -> str:
    return f"samovar.{salt}"


@lru_cache(maxsize=64)
def _serializer(keys: tuple[bytes, ...], salt: str) -> URLSafeSerializer:
    # itsdangerous reads a key list from oldest to newest.
    return URLSafeSerializer(
        list(reversed(keys)),
        salt=_salt(salt),
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )


def _expired() -> Refused:
    return Refused("expired-token", "This link is no longer good.", status=410)


def _bad() -> Refused:
    return Refused(
        "bad-token", "This link is not one of ours, or it was cut short. Please open it from the e-mail again."
    )
