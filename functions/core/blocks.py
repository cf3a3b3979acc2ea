"""Blocks of landing pages as authored: what each shows, for whom it stands, and what stands there for others.

A block stands for everybody, or where `came_with` and `when` hold; `otherwise` says what stands in its place where
they don't: the first of its blocks that fits, nothing where none does.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag, model_validator

from functions.core.bandit import MOST, combinations
from functions.core.conditions import Condition
from functions.core.definition import LANGUAGE, Definition, Id, kind_among

ADDRESS: Final = r"^https?://[^\s\"<>{}\\]+$"
TO: Final = r"^(form|https?://[^\s\"<>{}\\]+|mailto:[^\s\"<>{}\\]+|tel:[+0-9-]+)$"
PARAMETER: Final = r"^[a-z][a-z0-9_]{0,62}$"
AS_WRITTEN: Final = "as-written"
"""What stands in the hero itself, among the choices for a part that varies."""

Parameter = Annotated[str, Field(pattern=PARAMETER)]
Line = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\r\n]+$")]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]


def _list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_Said = Annotated[
    Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=100)],
    BeforeValidator(_list, json_schema_input_type=str | list[str]),
    PlainSerializer(lambda held: held[0] if len(held) == 1 else held),
]
"""One text, or any of several."""


class Button(Definition):
    """What a button or a link says, and where it leads."""

    text: Line = Field(description="What it says.")
    to: str | None = Field(
        None,
        max_length=2000,
        pattern=TO,
        description="An address (https, mailto or tel), or form: the form on this page.",
    )
    page: Id | None = Field(None, description="Another landing page.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.to is None) == (self.page is None):
            raise ValueError("give exactly one of to and page")
        return self


class Variants(Definition):
    """Other words for parts of a hero, tried against those that stand in it. Each has an id, for ever the same."""

    headline: dict[Id, Line] = Field(default_factory=dict, max_length=8, description="Other headlines.")
    text: dict[Id, Annotated[str, Field(min_length=1, max_length=1000)]] = Field(
        default_factory=dict, max_length=8, description="Other texts."
    )
    button: dict[Id, Line] = Field(default_factory=dict, max_length=8, description="Other words on the button.")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not any(held for _, held in self.parts()):
            raise ValueError("give at least one other headline, text or button")
        if any(AS_WRITTEN in held for _, held in self.parts()):
            raise ValueError(f'"{AS_WRITTEN}" means what stands in the hero; call this one otherwise')
        if len(self.names) > MOST:
            raise ValueError(f"they make {len(self.names)} variants; the visitors of a page tell {MOST} apart at most")
        return self

    def parts(self) -> tuple[tuple[str, Mapping[str, str]], ...]:
        """The other words of each part, by the part's name."""
        return (("headline", self.headline), ("text", self.text), ("button", self.button))

    @property
    def names(self) -> list[str]:
        """The variants that they make together: as "urgent/as-written", one id for each part that has other words."""
        return combinations([[AS_WRITTEN, *held] for _, held in self.parts() if held])


class Hero(Definition):
    """What is seen first. A page has one headline of the first order: that of its first hero."""

    headline: Line = Field(description="The large line.")
    text: str = Field("", max_length=1000, description="A paragraph or two below it.")
    button: Button | None = Field(None, description="The one thing to do.")
    variants: Variants | None = Field(
        None, description="Other words, each shown to a share of the visitors. One hero of a page may have some."
    )

    @model_validator(mode="after")
    def _has_what_varies(self) -> Self:
        if self.variants and self.variants.button and self.button is None:
            raise ValueError("there is no button whose words could vary; give it one")
        return self

    def varied(self, name: str) -> "Hero":
        """The hero in one of its variants; as it is written for a name that is none."""
        if self.variants is None or name not in self.variants.names:
            return self
        changes: dict[str, Any] = {}
        chosen = iter(name.split("/"))
        for part, held in self.variants.parts():
            if held and (words := held.get(next(chosen))) is not None:
                own = self.button.model_copy(update={"text": words}) if part == "button" and self.button else words
                changes[part] = own
        return self.model_copy(update=changes)


class Picture(Definition):
    """A picture on the business's own site. Its size is told, so that nothing moves once it has come."""

    src: str = Field(max_length=2000, pattern=ADDRESS, description="Its address, on the business's own site.")
    alt: str = Field(max_length=300, description='What it shows, for who can\'t see it; "" for mere decoration.')
    width: int = Field(ge=1, le=10_000, description="In pixels, as the file has them.")
    height: int = Field(ge=1, le=10_000, description="In pixels, as the file has them.")
    caption: str = Field("", max_length=300, description="A line below it.")


class Video(Definition):
    """A clip on the business's own site. Nothing of it is loaded before somebody plays it."""

    id: Id = Field(description="What its plays are told by, for ever the same.")
    title: Line = Field(description="What it is, for who can't see it yet.")
    src: str = Field(max_length=2000, pattern=ADDRESS, description="Its address (MP4 or WebM), on the business's site.")
    poster: str | None = Field(
        None, max_length=2000, pattern=ADDRESS, description="A picture that stands there before it plays."
    )
    width: int = Field(ge=1, le=10_000, description="In pixels, as the file has them.")
    height: int = Field(ge=1, le=10_000, description="In pixels, as the file has them.")
    captions: str | None = Field(
        None, max_length=2000, pattern=ADDRESS, description="Address of its captions (WebVTT), on the business's site."
    )
    language: str | None = Field(
        None, pattern=LANGUAGE, description="The language of its captions; that of the page without it."
    )
    transcript: Annotated[str, Field(max_length=20_000)] = Field(
        "", description="What is said in it, for who can't hear it; formatted as a text block is."
    )


class Told(Definition):
    """One kind of event in a history, and how it is told."""

    event: str = Field(min_length=1, max_length=100, description="The event's name, such as Order Completed.")
    says: Line = Field(description="What stands there, with `{{ event.NAME }}` for its properties.")


class History(Definition):
    """What happened before between the person and the business, the newest first, each with its day."""

    heading: Line = Field(description="The line above it.")
    shows: list[Told] = Field(min_length=1, max_length=20, description="Which events, and how each is told.")
    at_most: int = Field(5, ge=1, le=20, description="So many of the newest.")
    empty: str = Field("", max_length=500, description="What stands there for who did none of it; nothing without it.")


class Testimonial(Definition):
    """What somebody said of it."""

    quote: str = Field(min_length=1, max_length=1000, description="Their words, without quotation marks.")
    name: Line = Field(description="Who said it.")
    about: str = Field("", max_length=200, description="Who they are, such as their house and town.")


class Offer(Definition):
    """One thing that can be bought."""

    title: Line = Field(description="What it is.")
    price: Line = Field(description='As it is to be read, such as "₺450 a month".')
    text: str = Field("", max_length=1000, description="A paragraph about it.")
    includes: list[Line] = Field(default_factory=list, max_length=20, description="What is in it, a line each.")
    button: Button | None = Field(None, description="How to get it.")
    recommended: bool = Field(False, description="Whether it stands out among the others.")


class Question(Definition):
    """One question that is often asked."""

    question: Line = Field(description="As people ask it.")
    answer: Text = Field(description="The answer; formatted as a text block is.")


class Placed(Definition):
    """What every kind of block may say besides: for whom it stands, and what stands there for others."""

    came_with: dict[Parameter, _Said] = Field(
        default_factory=dict,
        description="Only for who came with these parameters in the address, such as {utm_campaign: spring}: for each "
        "one text or a list of which any fits, compared without letter case. All of the parameters must fit.",
    )
    when: Condition | None = Field(
        None,
        description="Only for people for whom this holds; for nobody of whom no link from their own mailbox proves "
        "who they are.",
    )
    otherwise: "list[Block]" = Field(
        default_factory=list,
        max_length=20,
        description="What stands in its place where it doesn't: the first of these that fits.",
    )

    @model_validator(mode="after")
    def _flat(self) -> Self:
        if self.otherwise and not self.limited:
            raise ValueError("otherwise needs came_with or when: without them the block stands for everybody")
        if any(inner.otherwise for inner in self.otherwise):
            raise ValueError("otherwise stands once: list the blocks there one after another, the first that fits wins")
        return self

    @property
    def limited(self) -> bool:
        """Whether it stands for some only."""
        return bool(self.came_with) or self.when is not None


class HeroBlock(Placed):
    """The first thing seen: headline, text, button."""

    hero: Hero


class TextBlock(Placed):
    """Paragraphs, lists, headings and links."""

    text: Text = Field(
        description="A blank line ends a paragraph; ## begins a heading, a hyphen an item of a list; **strong**, "
        "*emphasis*, [words](https://…) and [words](page:ID)."
    )


class ImageBlock(Placed):
    """A picture."""

    image: Picture


class TestimonialBlock(Placed):
    """What somebody said of it."""

    testimonial: Testimonial


class FormBlock(Placed):
    """A form of forms/, standing in the page."""

    form: Id = Field(description="The form's id.")
    heading: str = Field("", max_length=300, description="What stands above it; the form's title without it.")


class PricesBlock(Placed):
    """One offer, or several side by side."""

    prices: list[Offer] = Field(min_length=1, max_length=6)


class FaqBlock(Placed):
    """Questions, each of which opens its answer."""

    faq: list[Question] = Field(min_length=1, max_length=50)


class VideoBlock(Placed):
    """A clip."""

    video: Video


class SurveyBlock(Placed):
    """A question of surveys/, answered by a button."""

    survey: Id = Field(description="The survey's id.")


class HistoryBlock(Placed):
    """What happened before; on a personal page only."""

    history: History


KINDS: Final[Mapping[str, type[Placed]]] = {
    "hero": HeroBlock,
    "text": TextBlock,
    "image": ImageBlock,
    "testimonial": TestimonialBlock,
    "form": FormBlock,
    "prices": PricesBlock,
    "faq": FaqBlock,
    "video": VideoBlock,
    "survey": SurveyBlock,
    "history": HistoryBlock,
}


def kind_of(value: Any) -> str | None:
    """The key that names the kind of block, or None where no kind is named."""
    return kind_among(KINDS, value)


Block = Annotated[
    Annotated[HeroBlock, Tag("hero")]
    | Annotated[TextBlock, Tag("text")]
    | Annotated[ImageBlock, Tag("image")]
    | Annotated[TestimonialBlock, Tag("testimonial")]
    | Annotated[FormBlock, Tag("form")]
    | Annotated[PricesBlock, Tag("prices")]
    | Annotated[FaqBlock, Tag("faq")]
    | Annotated[VideoBlock, Tag("video")]
    | Annotated[SurveyBlock, Tag("survey")]
    | Annotated[HistoryBlock, Tag("history")],
    Discriminator(
        kind_of,
        custom_error_type="block_kind",
        custom_error_message="expected a block: one of " + ", ".join(KINDS),
    ),
]

_EVERY: Final[tuple[type[Placed], ...]] = (Placed, *KINDS.values())
for _model in _EVERY:
    _model.model_rebuild(_types_namespace={"Block": Block, **globals()})
