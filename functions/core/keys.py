"""Write keys: who may send events, from which pages, and how many.

A public key stands in pages that anybody can read: what it brings are claims. A secret key is
for the owner's own servers and vouches for what it brings; only its digest is kept.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from functions.core.errors import Refused
from functions.core.ids import digest

PUBLIC: Final = "public"
SECRET: Final = "secret"
PUBLIC_PREFIX: Final = "wk_"
SECRET_PREFIX: Final = "sk_"

PER_MINUTE: Final = 12_000
"""Events that a public key may bring in a minute unless its owner says otherwise."""
ADDRESS_SHARE: Final = 4
"""One network address may use up a fourth of that, so that a single flood locks out nobody else."""

_ORIGIN: Final = re.compile(r"(https?)://(\*\.)?([^\s/:*@?#\[\]]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?/?")
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PORTS: Final = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class WriteKey:
    """A write key under the name that its owner gave it, made at `at` (ms).

    `held` is what the deployment keeps: a public key itself, the digest of a secret one.
    `origins` are those whose pages may use a public key, none for any; "https://*.tea.example"
    stands for every subdomain. `per_minute` bounds the events of a public key.
    """

    name: str
    kind: str
    held: str
    origins: tuple[str, ...] = ()
    per_minute: int = PER_MINUTE
    at: int = 0

    @property
    def trusted(self) -> bool:
        """Whether the owner's own systems vouch for what comes with it."""
        return self.kind == SECRET


@dataclass(frozen=True, slots=True)
class VapidKey:
    """What the deployment tells push services who it is by (RFC 8292): `public` as browsers take it, an uncompressed
    point in base64url; `private` as PEM; made at `at` (ms). Subscriptions are good for one public key only."""

    public: str
    private: bytes
    at: int = 0


def public_key(name: str, key: str, *, origins: Iterable[str] = (), per_minute: int = PER_MINUTE, at: int) -> WriteKey:
    """A key for browsers. Raises ValueError for a bad name, origin or rate."""
    if per_minute < 1:
        raise ValueError("a key brings at least one event a minute: revoke it to let it bring none")
    allowed = tuple(dict.fromkeys(normal_origin(origin) for origin in origins))
    return WriteKey(_checked(name), PUBLIC, key, allowed, per_minute, at)


def secret_key(name: str, key: str, pepper: bytes, *, at: int) -> WriteKey:
    """A key for servers. Raises ValueError for a bad name."""
    return WriteKey(_checked(name), SECRET, secret_digest(key, pepper), at=at)


def secret_digest(key: str, pepper: bytes) -> str:
    """What is kept of a secret key: it has 192 random bits, so a plain keyed hash hides it."""
    return digest("write-key", key, pepper=pepper)


def find(keys: Iterable[WriteKey], given: str, pepper: bytes) -> WriteKey | None:
    """The key that somebody sent, if it is one of these."""
    kind, held = PUBLIC, given
    if given.startswith(SECRET_PREFIX):
        kind, held = SECRET, secret_digest(given, pepper)
    return next((key for key in keys if key.held == held and key.kind == kind), None) if given else None


def check_sender(key: WriteKey, origin: str | None) -> None:
    """Raises Refused where a page of `origin` (None: no browser's page) may not use the key."""
    if key.trusted:
        if origin is not None:
            raise Refused(
                "secret-key-in-browser",
                "This is a secret key, and a page that sends it shows it to everybody: revoke it, use a public one.",
                status=403,
            )
    elif key.origins and not is_allowed(key.origins, origin):
        raise Refused(
            "origin-not-allowed", "This write key takes events only from pages of its own origins.", status=403
        )


def for_pages_of(keys: Iterable[WriteKey], origin: str) -> str:
    """The public key, the oldest first, with which pages of an origin may send events; "" where there is none."""
    public = (key for key in keys if key.kind == PUBLIC)
    return next((key.held for key in public if not key.origins or is_allowed(key.origins, origin)), "")


def is_allowed(origins: Iterable[str], origin: str | None) -> bool:
    """Whether a browser's Origin header is one of these, or of a subdomain that one stands for."""
    if origin is None:
        return False
    given = origin.strip().lower()
    return any(given == one or ("*." in one and _is_below(given, one)) for one in origins)


def _is_below(origin: str, pattern: str) -> bool:
    start, _, end = pattern.partition("*")
    label = origin[len(start) : len(origin) - len(end)]
    return origin.startswith(start) and origin.endswith(end) and bool(re.fullmatch(r"[a-z0-9_.-]+", label))


def normal_origin(text: str) -> str:
    """An origin as browsers spell it in their header, or "null". Raises ValueError."""
    if text.strip() == "null":
        return "null"
    match = _ORIGIN.fullmatch(unicodedata.normalize("NFKC", text.strip()).lower())
    if match is None:
        raise ValueError(f"{text!r} is no origin: write one like https://tea.example or https://*.tea.example")
    scheme, star, host, port = match.groups()
    host = ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in host.split(".")
    )
    return f"{scheme}://{star or ''}{host}" + (f":{port}" if port and port != _PORTS[scheme] else "")


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or len(name) > 40:
        raise ValueError(f"{name!r} is no name for a key: lower-case letters, digits and dashes, such as web-shop")
    return name


def to_plain(key: WriteKey) -> dict[str, Any]:
    """What is stored of a key."""
    plain: dict[str, Any] = {"name": key.name, "kind": key.kind, "held": key.held, "at": key.at}
    if key.kind == PUBLIC:
        plain |= {"origins": list(key.origins), "per_minute": key.per_minute}
    return plain


def from_plain(plain: Mapping[str, Any]) -> WriteKey:
    """The key that was stored."""
    origins, rate = tuple(plain.get("origins", ())), int(plain.get("per_minute", PER_MINUTE))
    return WriteKey(plain["name"], plain["kind"], plain["held"], origins, rate, int(plain["at"]))
