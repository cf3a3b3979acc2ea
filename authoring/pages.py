"""Checks of one landing page: what its texts say, where it leads, and what it takes from elsewhere."""

from collections.abc import Iterator
from dataclasses import replace

from authoring import languages, templates
from authoring.asking import Asking
from authoring.definitions import Definitions, duplicates, unknown
from authoring.load import Document, Path
from authoring.problems import Problem
from authoring.templates import Given, Part, Sample
from functions.core import landing, wording
from functions.core.blocks import (
    FormBlock,
    HeroBlock,
    HistoryBlock,
    ImageBlock,
    Picture,
    Placed,
    SurveyBlock,
    VideoBlock,
)
from functions.core.known import Values
from functions.core.landing import Page

_BUSINESS = ("name", "address", "site")
_NO_STATEMENTS = ("{%", "{#")


def check(document: Document, page: Page, known: Definitions) -> Iterator[Problem]:
    """What a page refers to that isn't there, and what can't be meant."""
    if page.language:
        yield from languages.check(document, ("language",), page.language)
    given = _given(page)
    heads: list[tuple[Path, str]] = [(("title",), page.title), (("description",), page.description)]
    if page.image:
        yield from _picture(document, ("image",), page.image, known)
        heads.append((("image", "alt"), page.image.alt))
    for path, text in heads:
        yield from _text(document, path, text, given)
    for place, block in landing.every_block(page):
        if block.when is not None:
            yield from Asking(known).condition(document, (*place, "when"), block.when)
        if isinstance(block, FormBlock):
            yield from unknown(document, (*place, "form"), "form", block.form, known.form_names)
        yield from _of_kind(document, place, block, page, known)
        for inside, text in landing.texts(block):
            told = _of_event(given) if inside[-1] == "says" else given
            yield from _text(document, (*place, *inside), text, told)
            if landing.formatted(inside):
                yield from _links(document, (*place, *inside), text, known)
    clips: list[tuple[Path, str]] = [
        ((*place, "video", "id"), block.video.id)
        for place, block in landing.every_block(page)
        if isinstance(block, VideoBlock)
    ]
    yield from duplicates(document, clips)
    yield from _buttons(document, page, known)
    yield from _variants(document, page)


def _given(page: Page) -> Given:
    names: dict[str, tuple[str, ...] | None] = {"business": _BUSINESS, "query": tuple(page.says)}
    if page.personal is None:
        return Given(names=names, values=_samples(page))
    required = tuple(path for path, said in page.personal.variables.items() if said.required)
    defaults = landing.defaults(page.personal)
    return Given(defaults, required, names={**names, "contact": None}, values=_samples(page))


def _of_event(given: Given) -> Given:
    """What the line of a history may say as well."""
    return replace(given, names={**given.names, "event": None}, values={**given.values, "event": _Any()})


class _Any:
    """A sample of an event: it has every property."""

    def __getitem__(self, name: str) -> str:
        return Sample()


def _of_kind(document: Document, place: Path, block: Placed, page: Page, known: Definitions) -> Iterator[Problem]:
    """What single kinds of blocks refer to, and load."""
    match block:
        case ImageBlock():
            yield from _picture(document, (*place, "image"), block.image, known)
        case VideoBlock():
            for name in ("src", "poster", "captions"):
                if address := getattr(block.video, name):
                    yield from _own(document, (*place, "video", name), address, known, "the file")
            if block.video.language:
                yield from languages.check(document, (*place, "video", "language"), block.video.language)
            if not block.video.captions and not block.video.transcript:
                mend = "Write captions: the address of a WebVTT file, or transcript: what is said in it"
                message = "nobody who can't hear it learns what it says"
                yield document.problem(
                    (*place, "video"), message, mend, code="video-unheard", severity="warning", key=True
                )
        case SurveyBlock():
            yield from unknown(document, (*place, "survey"), "survey", block.survey, known.survey_names)
        case HistoryBlock() if page.personal is None:
            mend = "Write personal: true at the top of this file, so that only a link of theirs shows it"
            message = "a history is somebody's, and this page is for everybody"
            yield document.problem((*place, "history"), message, mend, code="not-personal", key=True)
        case _:
            pass


def _samples(page: Page) -> dict[str, Values]:
    return {"query": Values("query", {name: one.otherwise for name, one in page.says.items()})}


def _buttons(document: Document, page: Page, known: Definitions) -> Iterator[Problem]:
    slots = [
        index
        for index, block in enumerate(page.blocks)
        if any(isinstance(one, FormBlock) for one in (block, *block.otherwise))
    ]
    for index in slots[1:]:
        mend = "Keep one; for some people another form, put it under otherwise of the first"
        yield document.problem(("blocks", index), "a second place with a form", mend, code="two-forms", key=True)
    for place, block in landing.every_block(page):
        for inside, button in landing.buttons(block):
            if button.page is not None:
                path: Path = (*place, *inside, "page")
                yield from unknown(document, path, "page", button.page, known.page_names)
            elif button.to == "form" and not slots:
                message = "the button leads to a form, and the page has none"
                mend = "Add a block such as form: hello, or write an address"
                yield document.problem((*place, *inside, "to"), message, mend, code="no-form-here")


def _variants(document: Document, page: Page) -> Iterator[Problem]:
    found = [
        place for place, block in landing.every_block(page) if isinstance(block, HeroBlock) and block.hero.variants
    ]
    for place in found if page.personal is not None else ():
        mend = "Remove them: a page that each sees once, and differently, tells nothing of a test"
        message = "variants on a personal page"
        yield document.problem((*place, "hero", "variants"), message, mend, code="two-tests", key=True)
    for place in found[1:]:
        mend = "Keep those of one hero: two tests on one page would answer each other's question"
        message = "a second hero with variants"
        yield document.problem((*place, "hero", "variants"), message, mend, code="two-tests", key=True)


def _links(document: Document, path: Path, text: str, known: Definitions) -> Iterator[Problem]:
    for address in wording.links(text):
        if address.startswith(wording.PAGE):
            yield from unknown(document, path, "page", address.removeprefix(wording.PAGE), known.page_names)


def _picture(document: Document, path: Path, picture: Picture, known: Definitions) -> Iterator[Problem]:
    yield from _own(document, (*path, "src"), picture.src, known, "the picture")


def _own(document: Document, path: Path, address: str, known: Definitions, what: str) -> Iterator[Problem]:
    if known.sending is None or known.sending[1].is_own(address):
        return
    site = known.sending[1].business.site or "business.site of sending.yaml, which is empty"
    message = "a page loads nothing from elsewhere: who is told of every visitor would be no longer yours to say"
    yield document.problem(path, message, f"Put {what} on your own site, {site}", code="third-party")


def _text(document: Document, path: Path, text: str, given: Given) -> Iterator[Problem]:
    if mark := next((mark for mark in _NO_STATEMENTS if mark in text), None):
        mend = "For other people write a block of its own with came_with or when"
        yield document.problem(path, f"a text takes values, {{{{ … }}}}, and no {mark}", mend)
        return
    line, column = document.at(path)
    found = templates.check(Part(document.file, text, "", line=line, column=column), given)
    for problem in found:
        mend = problem.mend.replace("under variables:", "under personal.variables")
        if problem.message == "unknown variable contact":
            mend = "A page for everybody knows nobody: write personal: true at the top of this file, or take it out"
        # A folded or quoted text has no lines of its own in the file.
        yield document.problem(path, problem.message, mend, code=problem.code)
