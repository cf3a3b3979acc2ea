"""In which of the languages that something is written in somebody reads it."""

from collections.abc import Sequence
from typing import Final

from functions.core.contact import Contact

_TRAITS: Final = ("language", "locale")


def language_of_contact(contact: Contact, business: str, offered: Sequence[str]) -> str:
    """One of the `offered` languages: that of the contact's trait language or locale by its exact tag, then by its
    base language; then the business's language, then the first."""
    told = [value for name in _TRAITS if isinstance(value := contact.profile.trait(name), str)]
    for wanted in (*told, business):
        found = nearest(wanted, offered)
        if found is not None:
            return found
    return offered[0]


def nearest(wanted: str, offered: Sequence[str]) -> str | None:
    """The offered language that `wanted` ("tr_TR", "pt-BR", "de") names best; None where there is none of its kind."""
    tag = _plain(wanted)
    by_tag = {_plain(one): one for one in reversed(offered)}
    base = tag.partition("-")[0]
    if tag in by_tag or base in by_tag:
        return by_tag.get(tag) or by_tag[base]
    return next((one for one in offered if _plain(one).partition("-")[0] == base), None)


def _plain(tag: str) -> str:
    # "tr_TR.UTF-8" is how systems spell a locale, "tr-TR" how browsers do.
    return tag.partition(".")[0].partition("@")[0].strip().replace("_", "-").lower()
