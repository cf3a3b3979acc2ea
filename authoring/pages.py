"""Checks of one landing page: what its texts say, where it leads, and what it takes from elsewhere."""

from collections.abc import Iterator

from authoring import languages, templates
from authoring.asking import Asking
from authoring.definitions import Definitions, unknown
from authoring.load import Document, Path
from authoring.problems import Problem
from authoring.templates import Given, Part
from functions.core import landing, wording
from functions.core.known import Values
from functions.core.landing import FormBlock, HeroBlock, ImageBlock, Page, Picture

_BUSINESS = ("name", "address", "site")
_NO_STATEMENTS = ("{%", "{#")


def check(document: Document, page: Page, known: Definitions) -> Iterator[Problem]:
    """What a page refers to that isn't there, and what can't be meant."""
    if page.language:
        yield from languages.check(document, ("language",), page.language)
    given = Given(names={"business": _BUSINESS, "query": tuple(page.says)}, values=_samples(page))
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
        if isinstance(block, ImageBlock):
            yield from _picture(document, (*place, "image"), block.image, known)
        for inside, text in landing.texts(block):
            yield from _text(document, (*place, *inside), text, given)
            if landing.formatted(inside):
                yield from _links(document, (*place, *inside), text, known)
    yield from _buttons(document, page, known)
    yield from _variants(document, page)


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
    for place in found[1:]:
        mend = "Keep those of one hero: two tests on one page would answer each other's question"
        message = "a second hero with variants"
        yield document.problem((*place, "hero", "variants"), message, mend, code="two-tests", key=True)


def _links(document: Document, path: Path, text: str, known: Definitions) -> Iterator[Problem]:
    for address in wording.links(text):
        if address.startswith(wording.PAGE):
            yield from unknown(document, path, "page", address.removeprefix(wording.PAGE), known.page_names)


def _picture(document: Document, path: Path, picture: Picture, known: Definitions) -> Iterator[Problem]:
    if known.sending is None or known.sending[1].is_own(picture.src):
        return
    site = known.sending[1].business.site or "business.site of sending.yaml, which is empty"
    message = "a page loads nothing from elsewhere: who is told of every visitor would be no longer yours to say"
    yield document.problem((*path, "src"), message, f"Put the picture on your own site, {site}", code="third-party")


def _text(document: Document, path: Path, text: str, given: Given) -> Iterator[Problem]:
    if mark := next((mark for mark in _NO_STATEMENTS if mark in text), None):
        mend = "For other people write a block of its own with came_with or when"
        yield document.problem(path, f"a text takes values, {{{{ … }}}}, and no {mark}", mend)
        return
    line, column = document.at(path)
    found = templates.check(Part(document.file, text, "", line=line, column=column), given)
    for problem in found:
        # A folded or quoted text has no lines of its own in the file.
        yield document.problem(path, problem.message, problem.mend, code=problem.code)
