"""The catalogue of built-in words: one file per language, read when first needed."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from functions.core.forms import Form
from functions.core.sending import Sending
from functions.core.tongues import ANY, text_in
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


def words_in(language: str, sending: Sending | None = None, form: Form | None = None) -> Words:
    """The words of a page in a person's own language; the business's and the form's own where they are in the same."""
    own: dict[str, str] = {}
    if sending is not None and _base(sending.business.language) == _base(language):
        own |= sending.words
    if form is not None and _base(language_of(sending, form)) == _base(language):
        own |= form.words
    return Words(language, {**texts(language), **own})


def offered(sending: Sending | None = None, form: Form | None = None) -> tuple[str, ...]:
    """The languages in which a page can be shown; its own first."""
    return (language_of(sending, form), *sorted(languages()))


def asking_in(sending: Sending) -> tuple[str, ...]:
    """The languages in which people can be asked for notifications; the business's own first. What is written in
    one language only is asked in that."""
    found = offered(sending)
    for written in (sending.push.wording, sending.push.button):
        if written is not None:
            known = [_base(tag) for tag in ([found[0]] if ANY in written else written)]
            found = (found[0], *(language for language in found[1:] if language in known))
    return found


def asking(sending: Sending, language: str) -> Words:
    """The words that ask for notifications; what sending.yaml says of its own before what is built in."""
    words = words_in(language, sending)
    business = sending.business.language
    written = {"push-wording": sending.push.wording, "push-button": sending.push.button}
    own = {key: text_in(texts, language, business) for key, texts in written.items() if texts}
    return Words(words.language, {**words.texts, **own})


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
