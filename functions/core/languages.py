"""In which of the languages that something is written in somebody reads it."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from functions.core.contact import Contact

_TRAITS: Final = ("language", "locale")
_LONGEST_HEADER: Final = 500
_WEIGHT: Final = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def language_of_contact(contact: Contact, business: str, offered: Sequence[str]) -> str:
    """One of the `offered` languages: that of the contact's trait language or locale by its exact tag, then by its
    base language; then the business's language, then the first."""
    return told_by(contact, offered) or nearest(business, offered) or offered[0]


def told_by(contact: Contact, offered: Sequence[str]) -> str | None:
    """The offered language that the contact's trait language or locale names; None where neither names one."""
    told = (value for name in _TRAITS if isinstance(value := contact.profile.trait(name), str))
    return next((found for wanted in told if (found := nearest(wanted, offered)) is not None), None)


def nearest(wanted: str, offered: Sequence[str]) -> str | None:
    """The offered language that `wanted` ("tr_TR", "pt-BR", "de") names best; None where there is none of its kind."""
    if (found := _by_tag(wanted, offered)) is not None:
        return found
    base = _plain(wanted).partition("-")[0]
    return next((one for one in offered if _plain(one).partition("-")[0] == base), None)


def said_in(texts: Mapping[str, str], language: str) -> str | None:
    """The text of exactly this language, or of its base; None where there is neither."""
    return texts[found] if (found := _by_tag(language, tuple(texts))) is not None else None


def accepted(header: str, offered: Sequence[str]) -> str | None:
    """The offered language that a browser's Accept-Language likes best; None where it names none of them."""
    liked: list[tuple[float, str]] = []
    for part in header[:_LONGEST_HEADER].split(","):
        tag, _, weight = part.strip().partition(";")
        quality = _WEIGHT.fullmatch(weight.replace(" ", ""))
        if weight and quality is None:
            continue
        liked.append((float(quality[1]) if quality else 1.0, tag))
    # Sorting is stable: of equally liked languages the first counts.
    for quality_of, tag in sorted(liked, key=lambda one: -one[0]):
        if quality_of > 0 and tag and (found := nearest(tag, offered)) is not None:
            return found
    return None


def _by_tag(wanted: str, offered: Sequence[str]) -> str | None:
    tag = _plain(wanted)
    by_tag = {_plain(one): one for one in reversed(offered)}
    return by_tag.get(tag) or by_tag.get(tag.partition("-")[0])


def _plain(tag: str) -> str:
    # "tr_TR.UTF-8" is how systems spell a locale, "tr-TR" how browsers do.
    return tag.partition(".")[0].partition("@")[0].strip().replace("_", "-").lower()
