"""How tests read forms: in English words, where the reader asks for a language."""

from datetime import date

from functions.core.answers import Terms
from functions.texts import catalogue
from functions.texts.places import Place

TODAY = date(2026, 9, 21)


def terms(language: str = "en", country: str | None = None, *, proved: bool = False) -> Terms:
    """Terms of a place, with English words."""
    return Terms(catalogue.words(), Place(language, country), TODAY, proved)


def english() -> Terms:
    """Terms of nowhere in particular."""
    return terms()
