"""Checks of one pop-up against everything that is defined."""

from collections.abc import Iterator

from authoring import languages
from authoring.asking import Asking
from authoring.definitions import Definitions, duplicates, unknown
from authoring.load import Document, Path
from authoring.problems import Problem
from functions.core.popups import Popup


def check(document: Document, popup: Popup, known: Definitions) -> Iterator[Problem]:
    """What a pop-up refers to that isn't there, and what can't be meant together."""
    if popup.form is not None:
        mend = f"Write forms/{popup.form}.yaml"
        yield from unknown(document, ("form",), "form", popup.form, known.form_names, none=mend)
    if popup.language:
        yield from languages.check(document, ("language",), popup.language)
    if popup.when is not None:
        yield from Asking(known).condition(document, ("when",), popup.when)
        if popup.to == "strangers":
            message = "when asks about contacts, and it is shown to strangers alone"
            mend = "Remove when, or write to: everybody or to: contacts"
            yield document.problem(("when",), message, mend, code="asks-of-strangers")
    for key, patterns in (("on", popup.on), ("except", popup.except_)):
        named: list[tuple[Path, str]] = [((key, index), one) for index, one in enumerate(patterns)]
        yield from duplicates(document, named, word="page")
    yield from _endings(document, popup)


def _endings(document: Document, popup: Popup) -> Iterator[Problem]:
    given = popup.model_fields_set
    if not popup.unasked:
        for key in ("at_most", "not_after"):
            if key in given:
                mend = f"Remove {key}, or choose another trigger"
                message = "it opens on a click, as often as somebody clicks"
                yield document.problem((key,), message, mend, code="never-holds")
    elif "not_after" in given:
        yield from _missing(document, popup)


def _missing(document: Document, popup: Popup) -> Iterator[Problem]:
    for ending, is_there, lacks in (
        ("submitted", popup.form is not None, "form"),
        ("followed", popup.link is not None, "link"),
    ):
        if ending in popup.not_after and not is_there:
            message = f"it has no {lacks} that could be {ending}"
            mend = f"Add {lacks}:, or take {ending} out of not_after"
            yield document.problem(("not_after",), message, mend, code="never-holds")
