"""Landing pages as authored: blocks in their order, what stands for whom, and which words of the address texts may say.

A block stands for everybody, or where `came_with` and `when` hold; `otherwise` says what stands in its place where
they don't: the first of its blocks that fits, nothing where none does.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag, model_validator

from functions.core.bandit import MOST, combinations
from functions.core.conditions import Condition
from functions.core.definition import LANGUAGE, Definition, Id, Lasting, kind_among

Place = tuple[str | int, ...]

ADDRESS: Final = r"^https?://[^\s\"<>{}\\]+$"
TO: Final = r"^(form|https?://[^\s\"<>{}\\]+|mailto:[^\s\"<>{}\\]+|tel:[+0-9-]+)$"
PARAMETER: Final = r"^[a-z][a-z0-9_]{0,62}$"
CAME_WITH: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
"""The usual parameters; any other name is possible as well."""

AS_WRITTEN: Final = "as-written"
"""What stands in the hero itself, among the choices for a part that varies."""

_Parameter = Annotated[str, Field(pattern=PARAMETER)]
_Line = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\r\n]+$")]
_Text = Annotated[str, Field(min_length=1, max_length=20_000)]


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

    text: _Line = Field(description="What it says.")
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

    headline: dict[Id, _Line] = Field(default_factory=dict, max_length=8, description="Other headlines.")
    text: dict[Id, Annotated[str, Field(min_length=1, max_length=1000)]] = Field(
        default_factory=dict, max_length=8, description="Other texts."
    )
    button: dict[Id, _Line] = Field(default_factory=dict, max_length=8, description="Other words on the button.")

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

    headline: _Line = Field(description="The large line.")
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


class Testimonial(Definition):
    """What somebody said of it."""

    quote: str = Field(min_length=1, max_length=1000, description="Their words, without quotation marks.")
    name: _Line = Field(description="Who said it.")
    about: str = Field("", max_length=200, description="Who they are, such as their house and town.")


class Offer(Definition):
    """One thing that can be bought."""

    title: _Line = Field(description="What it is.")
    price: _Line = Field(description='As it is to be read, such as "₺450 a month".')
    text: str = Field("", max_length=1000, description="A paragraph about it.")
    includes: list[_Line] = Field(default_factory=list, max_length=20, description="What is in it, a line each.")
    button: Button | None = Field(None, description="How to get it.")
    recommended: bool = Field(False, description="Whether it stands out among the others.")


class Question(Definition):
    """One question that is often asked."""

    question: _Line = Field(description="As people ask it.")
    answer: _Text = Field(description="The answer; formatted as a text block is.")


class Placed(Definition):
    """What every kind of block may say besides: for whom it stands, and what stands there for others."""

    came_with: dict[_Parameter, _Said] = Field(
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

    text: _Text = Field(
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


KINDS: Final[Mapping[str, type[Placed]]] = {
    "hero": HeroBlock,
    "text": TextBlock,
    "image": ImageBlock,
    "testimonial": TestimonialBlock,
    "form": FormBlock,
    "prices": PricesBlock,
    "faq": FaqBlock,
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
    | Annotated[FaqBlock, Tag("faq")],
    Discriminator(
        kind_of,
        custom_error_type="block_kind",
        custom_error_message="expected a block: one of " + ", ".join(KINDS),
    ),
]

_EVERY: Final[tuple[type[Placed], ...]] = (Placed, *KINDS.values())
for _model in _EVERY:
    _model.model_rebuild(_types_namespace={"Block": Block, **globals()})


class Spoken(Definition):
    """A parameter of the address that texts may say. Only texts that stand here are ever shown: an address is typed by
    whoever likes, and would put any words into the business's mouth."""

    one_of: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        min_length=1, max_length=200, description="What may stand there, compared without letter case."
    )
    otherwise: Annotated[str, Field(max_length=100)] = Field(description="What stands there for everybody else.")


class Page(Lasting):
    """marketing/pages/ID.yaml"""

    title: _Line = Field(description="Its title in tabs, search results and where it is shared.")
    description: str = Field("", max_length=500, description="A sentence or two for search results and shares.")
    image: Picture | None = Field(None, description="The picture that goes along where it is shared (Open Graph).")
    language: str | None = Field(None, pattern=LANGUAGE, description="Such as tr or de-CH; the business's without it.")
    listed: bool = Field(True, description="Whether search engines are told of it (sitemap.xml).")
    says: dict[_Parameter, Spoken] = Field(
        default_factory=dict,
        max_length=20,
        description="Parameters of the address that texts may say, as `{{ query.NAME }}`.",
    )
    blocks: list[Block] = Field(min_length=1, max_length=50, description="What it shows, from top to bottom.")


def every_block(page: Page) -> Iterator[tuple[Place, Placed]]:
    """Every block with its place in the file, those of `otherwise` among them."""
    for index, block in enumerate(page.blocks):
        yield ("blocks", index), block
        for other, inner in enumerate(block.otherwise):
            yield ("blocks", index, "otherwise", other), inner


def conditions(pages: Mapping[str, Page]) -> Iterator[Condition]:
    """The conditions of all blocks."""
    for page in pages.values():
        for _, block in every_block(page):
            if block.when is not None:
                yield block.when


def buttons(block: Placed) -> Iterator[tuple[Place, Button]]:
    """Every button of a block, with its place in it."""
    match block:
        case HeroBlock(hero=Hero(button=Button() as button)):
            yield ("hero", "button"), button
        case PricesBlock():
            for index, offer in enumerate(block.prices):
                if offer.button is not None:
                    yield ("prices", index, "button"), offer.button
        case _:
            pass


FORMATTED: Final = frozenset({("text",), ("hero", "text"), ("prices", "text"), ("faq", "answer")})
"""Places of texts that are formatted; a number in a list left out."""


def texts(block: Placed) -> Iterator[tuple[Place, str]]:
    """Every text of a block that is a template, with its place in it."""
    for name in type(block).model_fields:
        if name not in Placed.model_fields and name not in _NO_TEXT:
            yield from _texts(getattr(block, name), (name,))


_NO_TEXT: Final = frozenset({"src", "to", "page", "form"})


def _texts(held: Any, place: Place) -> Iterator[tuple[Place, str]]:
    match held:
        case str():
            if held:
                yield place, held
        case Definition():
            for name in type(held).model_fields:
                if name not in _NO_TEXT:
                    yield from _texts(getattr(held, name), (*place, name))
        case list():
            for index, part in enumerate(held):
                yield from _texts(part, (*place, index))
        case dict():
            for name, part in held.items():
                yield from _texts(part, (*place, name))
        case _:
            return


def varying(page: Page) -> tuple[Place, Variants] | None:
    """The variants of a page and where their hero stands; None where nothing of it varies."""
    found = ((place, block.hero.variants) for place, block in every_block(page) if isinstance(block, HeroBlock))
    return next(((place, variants) for place, variants in found if variants is not None), None)


def formatted(place: Place) -> bool:
    """Whether the text at a place of a block is formatted."""
    if place[:3] == ("hero", "variants", "text"):
        return True
    return tuple(part for part in place if isinstance(part, str)) in FORMATTED
