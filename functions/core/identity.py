"""Identities: how people are told apart, without ever storing an address as a key."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from functions.core.ids import digest

USER: Final = "u"
EMAIL: Final = "e"
PHONE: Final = "p"
ANONYMOUS: Final = "a"
PUSH: Final = "w"
"""A browser's subscription to web push: its endpoint, an address of its own that only the browser told."""
SELF: Final = "c"
PERSONAL: Final = (USER, EMAIL, PHONE)
"""Kinds that say who somebody is, the strongest first; a browser is only where somebody was."""

ADDRESSES: Final = (EMAIL, PHONE, PUSH)
"""Kinds that something can be sent to: each has a ledger of consent and suppression."""

LONGEST_ENDPOINT: Final = 1024

_SHARED = frozenset(
    (
        *("null", "none", "nil", "undefined", "unknown", "nan", "n/a", "na", "true", "false", "void", "empty"),
        *("anonymous", "anon", "guest", "user", "test", "deleted", "id", "userid", "user_id", "anonymousid"),
        *("[object object]", "{}", "[]", "-1"),
    )
)


def normal_email(text: str) -> str | None:
    """The form in which addresses are compared, or None for what is no address.

    Letter case never tells two people apart (İ and i, ß and ss included), and an
    internationalized domain equals its ASCII form. Plus-tags are kept.
    """
    text = unicodedata.normalize("NFC", text.strip())
    local, at, domain = text.rpartition("@")
    if not at or not local or len(text) > 254 or any(c.isspace() or not c.isprintable() for c in text):
        return None
    domain = ".".join(_label(label) for label in domain.rstrip(".").split("."))
    if "." not in domain or len(domain) > 253 or ".." in domain or domain.startswith(".") or "@" in local.strip('"'):
        return None
    return f"{fold(local)}@{domain}"


def _label(label: str) -> str:
    # As IDNA 2008 has it, where ß and ς are letters of their own.
    label = unicodedata.normalize("NFKC", label).lower()
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def fold(text: str) -> str:
    """The text with all differences taken out that letter case makes, in any language."""
    # İ folds to i + combining dot above; the dot says nothing about who it is.
    folded = unicodedata.normalize("NFC", _streamed(text.casefold().replace("i\u0307", "i")))
    return folded.replace("ı", "i")


_MARKS_IN_A_ROW = 30
_JOINER = "\u034f"


def _streamed(text: str) -> str:
    """The text with a joiner within endless rows of combining marks, as UAX #15 has it (Stream-Safe Text Format).

    No language has such rows; putting one in order takes time that grows with the square of its length.
    """
    if len(text) <= _MARKS_IN_A_ROW or text.isascii():
        return text
    parts, row = [], 0
    for character in text:
        row = row + 1 if unicodedata.combining(character) else 0
        if row > _MARKS_IN_A_ROW:
            parts.append(_JOINER)
            row = 1
        parts.append(character)
    return "".join(parts)


_PHONE_MARKS = re.compile(r"[\s()./\-\u2010-\u2015\u00a0]+")
_TRUNK = re.compile(r"\(0\)")
_PHONE = re.compile(r"\+[1-9]\d{6,14}")


def normal_phone(text: str) -> str | None:
    """The E.164 form of a number that names its country ("+90 (0)532 …"), or None for any other."""
    written = unicodedata.normalize("NFKC", text).strip()
    if written.startswith("00"):
        written = "+" + written[2:]
    digits = _PHONE_MARKS.sub("", _TRUNK.sub("", written))
    return digits if _PHONE.fullmatch(digits) else None


def without_plus_tag(text: str) -> str | None:
    """The address that "ada+tea@example.com" probably belongs to, or None where it has no plus-tag."""
    local, _, domain = text.strip().rpartition("@")
    plain, plus, _ = local.partition("+")
    return f"{plain}@{domain}" if plain and plus and normal_email(text) else None


def is_shared(value: str) -> bool:
    """Whether many people would carry this value because some program had none to give."""
    bare = value.strip().casefold()
    return not bare or bare in _SHARED or not bare.strip("0-:. ")


def identity_ref(kind: str, value: object, pepper: bytes) -> str | None:
    """ "kind#hash" of an identity, or None where the value identifies nobody."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    if is_shared(text) or len(text) > (LONGEST_ENDPOINT if kind == PUSH else 256):
        return None
    if kind == EMAIL:
        normal = normal_email(text)
        if normal is None:
            return None
        text = normal
    elif kind == PHONE:
        number = normal_phone(text)
        if number is None:
            return None
        text = number
    elif kind == USER:
        # Many shops use the address as the user's id: letter case doesn't make two users of it either.
        text = normal_email(text) or text
    return f"{kind}#{digest('identity', kind, text, pepper=pepper)}"


def hash_of(ref: str) -> str:
    """The hash part of an identity reference."""
    return ref.partition("#")[2]


def kind_of(ref: str) -> str:
    """The kind part of an identity reference."""
    return ref.partition("#")[0]


def contacts_among(refs: Iterable[str]) -> set[str]:
    """The contacts that some of these identities name by their own id: whom somebody was merged from, for one."""
    return {hash_of(ref) for ref in refs if kind_of(ref) == SELF}


def own_ref(contact: str) -> str:
    """The source of what Samovar itself records about a contact."""
    return f"{SELF}#{contact}"


def contact_id(ref: str) -> str:
    """Id of the contact that the identity `ref` founds: the same for every retry."""
    return digest("contact", ref)
