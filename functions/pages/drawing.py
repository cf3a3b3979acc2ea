"""A landing page as HTML: blocks as they stand for one visitor, whose texts are escaped and whose media are ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from markupsafe import Markup

from functions.core import landing, visit, wording
from functions.core.definition import Definition
from functions.core.filters import WRITER
from functions.core.known import Unrenderable
from functions.core.landing import FormBlock, HeroBlock, Page, Picture, Placed
from functions.core.release import Release
from functions.core.submission import PROOF
from functions.core.words import Words
from functions.http import Answer, html_answer
from functions.observability import logger, metric
from functions.pages import render
from functions.pages.render import Showing, style_hash, text_of
from functions.texts import catalogue
from functions.texts.writing import hand

_TO_PAGE: Final = "../page/"
_FORM: Final = "form"
"""Where the form stands in the page."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One showing of a page. `address` is the one it is known by, `came_by` the one it was asked for at; `key` is the
    write key of its tracker ("" for none), `known` the traits that a proved visitor told (None: nobody is proved), and
    `variant` the mark of that of its hero ("" where nothing varies)."""

    id: str
    page: Page
    release: Release
    query: Mapping[str, str]
    address: str
    came_by: str
    key: str = ""
    nonce: str = ""
    proof: str = ""
    known: frozenset[str] | None = None
    variant: str = ""

    @property
    def language(self) -> str:
        return self.page.language or self.release.sending.business.language

    @property
    def words(self) -> Words:
        return catalogue.words_in(self.language, self.release.sending)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A block for the template: its kind, what it says, and whether its headline is the page's."""

    kind: str
    says: Any
    first: bool = False


class _Pen:
    """Says the texts of one showing, and notes what the page must be allowed to load and post to."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        business = sheet.release.sending.business
        self.values = visit.values(sheet.page, business, sheet.query) | {
            WRITER: hand(sheet.language, business.time_zone),
        }
        self.media: dict[str, None] = {}
        self.posts_to: dict[str, None] = {}
        self.rules = ""

    def text(self, source: str) -> Markup:
        """A line of text."""
        return wording.said(source, self.values)

    def spoken(self, held: Any, place: landing.Place) -> Any:
        """A value of a block with its texts said."""
        match held:
            case str() if landing.formatted(place):
                return wording.rich(held, self.values, _TO_PAGE)
            case str():
                return self.text(held)
            case Picture():
                return self.picture(held)
            case landing.Button():
                return {"text": self.text(held.text), "to": self.leads_to(held)}
            case landing.Variants():
                return None
            case Definition():
                return {name: self.spoken(getattr(held, name), (*place, name)) for name in type(held).model_fields}
            case list():
                return [self.spoken(part, (*place, index)) for index, part in enumerate(held)]
        return held

    def picture(self, picture: Picture) -> dict[str, Any]:
        """A picture, which the page may load."""
        parts = urlsplit(picture.src)
        self.media[f"{parts.scheme}://{parts.netloc}"] = None
        said = {"alt": self.text(picture.alt), "caption": self.text(picture.caption)}
        return {"src": picture.src, "width": picture.width, "height": picture.height, **said}

    def leads_to(self, button: landing.Button) -> str:
        """The address behind a button."""
        if button.page is not None:
            return _TO_PAGE + self.sheet.release.present_name("page", button.page)
        return f"#{_FORM}" if button.to == _FORM else str(button.to)

    def form(self, block: FormBlock) -> dict[str, Any] | None:
        """A form with what the page hands on; None where it is gone."""
        form = self.sheet.release.forms.get(block.form)
        if form is None:
            return None
        if form.redirect:
            parts = urlsplit(form.redirect)
            # Browsers hold the answer's redirect against form-action as well.
            self.posts_to[f"{parts.scheme}://{parts.netloc}"] = None
        showing = Showing(
            {PROOF: [self.sheet.proof]} if self.sheet.proof else {},
            sending=self.sheet.release.sending,
            page=self.sheet.came_by,
            nonce=self.sheet.nonce,
            known=self.sheet.known,
            landing=self.sheet.id,
            variant=self.sheet.variant,
        )
        made, rules = render.piece(block.form, form, showing)
        self.rules += rules
        heading = self.text(block.heading) if block.heading else Markup.escape(form.title)
        return {"heading": heading, "intro": "" if block.heading else form.intro, "html": Markup(made)}

    def draw(self, block: Placed, *, first: bool) -> Drawn | None:
        """A block, None where it can't be said for this visitor."""
        kind = landing.kind_of(block)
        assert kind is not None
        try:
            match block:
                case FormBlock():
                    said: Any = self.form(block)
                case HeroBlock():
                    said = self.spoken(block.hero.varied(self.sheet.variant.partition("@")[0]), (kind,))
                case _:
                    said = self.spoken(getattr(block, kind), (kind,))
        except Unrenderable as failure:
            logger.warning("block left out of a page", page=self.sheet.id, kind=kind, reason=failure.reason)
            metric("PageBlocksLeftOut")
            return None
        return None if said is None else Drawn(kind, said, first)


def draw(sheet: Sheet, blocks: Sequence[Placed], headers: Mapping[str, str] | None = None) -> Answer:
    """The page with these blocks."""
    pen, drawn = _Pen(sheet), list[Drawn]()
    for block in blocks:
        first = isinstance(block, HeroBlock) and not any(one.first for one in drawn)
        if one := pen.draw(block, first=first):
            drawn.append(one)
    page, business = sheet.page, sheet.release.sending.business
    styles = [text for text in (text_of("page.css") + text_of("form.css") + text_of("landing.css"), pen.rules) if text]
    html = (
        render.environment()
        .get_template("landing.html")
        .render(
            styles=[Markup(text) for text in styles],
            words=sheet.words,
            business=business,
            title=_plain(pen, page.title, sheet),
            description=_plain(pen, page.description, sheet),
            image=pen.picture(page.image) if page.image else None,
            listed=page.listed,
            address=sheet.address,
            id=sheet.id,
            variant=sheet.variant,
            key=sheet.key,
            blocks=drawn,
            has_headline=any(one.first for one in drawn),
        )
    )
    return html_answer(
        200,
        html,
        posts_to=("'self'", *pen.posts_to),
        style_hashes=[style_hash(text) for text in styles],
        media_from=pen.media,
        scripted=bool(sheet.key),
        headers=headers,
    )


def _plain(pen: _Pen, source: str, sheet: Sheet) -> Markup:
    try:
        return pen.text(source)
    except Unrenderable:
        return Markup.escape(sheet.release.sending.business.name)
