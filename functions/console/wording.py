"""What the console says: one file per language beside this one, English where there is none."""

import json
from functools import cache
from pathlib import Path
from typing import Final

from functions.core.words import Words

FALLBACK: Final = "en"
_FOLDER: Final = Path(__file__).parent / "words"


@cache
def words(language: str = FALLBACK) -> Words:
    """The words of a language; English for those that it lacks."""
    english = json.loads((_FOLDER / f"{FALLBACK}.json").read_bytes())
    file = _FOLDER / f"{language}.json"
    if not language.isalpha() or not file.is_file():
        return Words(FALLBACK, english)
    return Words(language, {**english, **json.loads(file.read_bytes())})
