"""Languages and built-in words, as definition files name them."""

import re
from collections.abc import Iterator

from authoring.load import Document, Path
from authoring.problems import Problem, choose
from functions.core.definition import LANGUAGE
from functions.texts import catalogue

_SLOT = re.compile(r"\{\w+\}")


def check(document: Document, path: Path, language: str) -> Iterator[Problem]:
    """Whether a language is spelled as browsers and our libraries know it."""
    if not re.fullmatch(LANGUAGE, language):
        mend = f'Write "{language.replace("_", "-")}"' if "_" in language else "Write a code such as en, tr or de-CH"
        yield document.problem(path, f'"{language}" is no language code', mend)


def words(document: Document, own: dict[str, str], language: str) -> Iterator[Problem]:
    """Whether words that are said otherwise are there to be said, with what must stand in them."""
    known = catalogue.texts(language)
    for key, text in own.items():
        if key not in known:
            yield document.problem(("words", key), f'no built-in words are called "{key}"', choose(key, known, none=""))
        elif strange := set(_SLOT.findall(text)) - set(_SLOT.findall(known[key])):
            slots = ", ".join(sorted(set(_SLOT.findall(known[key])))) or "none"
            message = f"nothing fills in {', '.join(sorted(strange))} here"
            yield document.problem(("words", key), message, f"Use what it has: {slots}")
