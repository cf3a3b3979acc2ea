"""A landing page as HTML: blocks as they stand for one visitor, whose texts are escaped and whose media are ours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from markupsafe import Markup

from functions import clock
from functions.core import blocks, landing, visit, wording
from functions.core.blocks import (
    FormBlock,
    HeroBlock,
    History,
    HistoryBlock,
    Picture,
    Placed,
    SurveyBlock,
    Video,
    VideoBlock,
)
from functions.core.contact import Contact
from functions.core.definition import Definition
from functions.core.event import Event
from functions.core.filters import WRITER
from functions.core.known import Traits, Unrenderable
from functions.core.landing import Page
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


def origin(address: str) -> str:
    """The origin of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _nothing(wanted: History) -> Sequence[Event]:
    return ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One showing of a page. `address` is the one it is known by, `came_by` the one it was asked for at; `key` is the
    write key of its tracker ("" for none), `known` the traits that a proved visitor told (None: nobody is proved), and
    `variant` the mark of that of its hero ("" where nothing varies). `contact` is whose page a personal one is, `rate`
    makes the token of a survey's answers, and `history` finds what a history tells of, the newest first."""

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
    contact: Contact | None = None
    rate: Callable[[str], str] = str
    history: Callable[[History], Sequence[Event]] = _nothing

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
        self.hand = hand(sheet.language, business.time_zone)
        self.values = visit.values(sheet.page, business, sheet.query, sheet.contact) | {WRITER: self.hand}
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
            case blocks.Button():
                return {"text": self.text(held.text), "to": self.leads_to(held)}
            case blocks.Variants():
                return None
            case Definition():
                return {name: self.spoken(getattr(held, name), (*place, name)) for name in type(held).model_fields}
            case list():
                return [self.spoken(part, (*place, index)) for index, part in enumerate(held)]
        return held

    def picture(self, picture: Picture) -> dict[str, Any]:
        """A picture, which the page may load."""
        self.media[origin(picture.src)] = None
        said = {"alt": self.text(picture.alt), "caption": self.text(picture.caption)}
        return {"src": picture.src, "width": picture.width, "height": picture.height, **said}

    def leads_to(self, button: blocks.Button) -> str:
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
            # Browsers hold the answer's redirect against form-action as well.
            self.posts_to[origin(form.redirect)] = None
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

    def video(self, video: Video) -> dict[str, Any]:
        """A clip, which the page may load once somebody plays it."""
        for address in (video.src, video.poster, video.captions):
            if address:
                self.media[origin(address)] = None
        said = {"title": self.text(video.title), "transcript": self.spoken(video.transcript, ("video", "transcript"))}
        return video.model_dump() | said | {"language": video.language or self.sheet.language}

    def survey(self, id: str) -> dict[str, Any] | None:
        """A question whose buttons answer it; None where it is gone."""
        survey = self.sheet.release.surveys.get(id)
        if survey is None:
            return None
        typed = {PROOF: [self.sheet.proof]} if self.sheet.proof else {}
        address = f"../rate/{self.sheet.rate(id)}"
        return {"html": Markup(render.survey_block(survey, address, typed, clock.now_ms()))}

    def history(self, wanted: History) -> dict[str, Any] | None:
        """What happened before; None where nothing did, and nothing stands for that."""
        says = {told.event: told.says for told in wanted.shows}
        lines: list[dict[str, Any]] = []
        for event in self.sheet.history(wanted):
            try:
                text = wording.said(says[event.name], {**self.values, "event": Traits(event.properties)})
            except Unrenderable:
                # Of an event that lacks what is told of the others nothing is told.
                continue
            lines.append({"day": self.hand.day(event.at), "says": text})
        if not lines and not wanted.empty:
            return None
        empty = "" if lines else self.spoken(wanted.empty, ("history", "empty"))
        return {"heading": self.text(wanted.heading), "lines": lines, "empty": empty}

    def draw(self, block: Placed, *, first: bool) -> Drawn | None:
        """A block, None where it can't be said for this visitor."""
        kind = blocks.kind_of(block)
        assert kind is not None
        try:
            match block:
                case FormBlock():
                    said: Any = self.form(block)
                case VideoBlock():
                    said = self.video(block.video)
                case SurveyBlock():
                    said = self.survey(block.survey)
                case HistoryBlock():
                    said = self.history(block.history)
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
            personal=page.personal is not None,
            plays=any(one.kind == "video" for one in drawn),
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
