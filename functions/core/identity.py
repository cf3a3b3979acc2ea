"""Identities: how people are told apart, without ever storing an address as a key."""

import unicodedata
from typing import Final

from functions.core.ids import digest

USER: Final = "u"
EMAIL: Final = "e"
ANONYMOUS: Final = "a"
SELF: Final = "c"

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
    return f"{_fold(local)}@{domain}"


def _label(label: str) -> str:
    # As IDNA 2008 has it, where ß and ς are letters of their own.
    label = unicodedata.normalize("NFKC", label).lower()
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def _fold(text: str) -> str:
    # İ folds to i + combining dot above; the dot says nothing about who it is.
    folded = unicodedata.normalize("NFC", text.casefold().replace("i\u0307", "i"))
    return folded.replace("ı", "i")


def is_shared(value: str) -> bool:
    """Whether many people would carry this value because some program had none to give."""
    bare = value.strip().casefold()
    return not bare or bare in _SHARED or not bare.strip("0-:. ")


def identity_ref(kind: str, value: object, pepper: bytes) -> str | None:
    """ "kind#hash" of an identity, or None where the value identifies nobody."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    if is_shared(text) or len(text) > 256:
        return None
    if kind == EMAIL:
        normal = normal_email(text)
        if normal is None:
            return None
        text = normal
    return f"{kind}#{digest('identity', kind, text, pepper=pepper)}"


def hash_of(ref: str) -> str:
    """The hash part of an identity reference."""
    return ref.partition("#")[2]


def kind_of(ref: str) -> str:
    """The kind part of an identity reference."""
    return ref.partition("#")[0]


def own_ref(contact: str) -> str:
    """The source of what Samovar itself records about a contact."""
    return f"{SELF}#{contact}"


def contact_id(ref: str) -> str:
    """Id of the contact that the identity `ref` founds: the same for every retry."""
    return digest("contact", ref)
