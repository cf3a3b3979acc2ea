"""The catalogue of built-in words: one file per language, read when first needed."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from functions.core.forms import Form
from functions.core.sending import Sending
from functions.core.words import Words

FALLBACK: Final = "en"
_FOLDER: Final = Path(__file__).parent / "words"


def languages() -> frozenset[str]:
    """Languages that have words of their own."""
    return frozenset(file.stem for file in _FOLDER.glob("*.json"))


@cache
def texts(language: str) -> Mapping[str, str]:
    """Every word in a language; English where there are none in it."""
    base = language.partition("-")[0].lower()
    file = _FOLDER / f"{base}.json"
    if not base.isascii() or not base.isalpha() or not file.is_file():
        return texts(FALLBACK) if base != FALLBACK else {}
    words: Mapping[str, str] = json.loads(file.read_bytes())
    return words


def words(sending: Sending | None = None, form: Form | None = None) -> Words:
    """The words of a public page: the form's, over the business's, over the catalogue's."""
    language = language_of(sending, form)
    own = {**(sending.words if sending else {}), **(form.words if form else {})}
    return Words(language, {**texts(language), **own})


def words_in(language: str, sending: Sending | None = None) -> Words:
    """The words of a page in a person's own language; the business's own words where it is the same."""
    same = sending is not None and _base(sending.business.language) == _base(language)
    return Words(language, {**texts(language), **(sending.words if sending and same else {})})


def speaks(language: str) -> bool:
    """Whether there are words in a language such as "tr-TR" or "tr_TR"."""
    return _base(language) in languages()


def own_name(language: str) -> str:
    """What a language calls itself, such as Türkçe; its code where nobody knows."""
    from babel import Locale, UnknownLocaleError

    try:
        name = Locale.parse(language, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        return language
    return str(name) if name else language


def _base(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()


def language_of(sending: Sending | None, form: Form | None = None) -> str:
    """Language of a page, as in "de-CH"."""
    return (form and form.language) or (sending.business.language if sending else FALLBACK)
