"""Landing pages as authored: blocks in their order, which words of the address texts may say, and whom it is for."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from functions.core.blocks import (
    Block,
    Button,
    Hero,
    HeroBlock,
    Line,
    Parameter,
    Picture,
    Placed,
    PricesBlock,
    Variants,
)
from functions.core.conditions import Condition
from functions.core.definition import LANGUAGE, Definition, Duration, Lasting
from functions.core.emails import Variable

Place = tuple[str | int, ...]


def _switched(value: Any) -> Any:
    if value is None:
        # Where all below it is commented out, a page for one would be everybody's.
        raise ValueError("write true, or keys below it")
    return {} if value is True else None if value is False else value


class Spoken(Definition):
    """A parameter of the address that texts may say. Only texts that stand here are ever shown: an address is typed by
    whoever likes, and would put any words into the business's mouth."""

    one_of: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        min_length=1, max_length=200, description="What may stand there, compared without letter case."
    )
    otherwise: Annotated[str, Field(max_length=100)] = Field(description="What stands there for everybody else.")


class Personal(Definition):
    """Makes a page one for each person: only the link in a mail of theirs shows it, and its texts know them."""

    within: Duration = Field(2_592_000, description="So long a link to it holds; 30 days without it.")
    variables: dict[str, Variable] = Field(
        default_factory=dict,
        max_length=100,
        description="What texts say of the person, as `{{ contact.NAME }}`. A block that needs what is `required` "
        "is left out for people of whom it is unknown.",
    )


class Page(Lasting):
    """marketing/pages/ID.yaml"""

    title: Line = Field(description="Its title in tabs, search results and where it is shared.")
    description: str = Field("", max_length=500, description="A sentence or two for search results and shares.")
    image: Picture | None = Field(None, description="The picture that goes along where it is shared (Open Graph).")
    language: str | None = Field(None, pattern=LANGUAGE, description="Such as tr or de-CH; the business's without it.")
    listed: bool = Field(True, description="Whether search engines are told of it (sitemap.xml).")
    says: dict[Parameter, Spoken] = Field(
        default_factory=dict,
        max_length=20,
        description="Parameters of the address that texts may say, as `{{ query.NAME }}`.",
    )
    personal: Annotated[Personal | None, BeforeValidator(_switched, json_schema_input_type=Personal | bool)] = Field(
        None, description="That it is a page for one person, `true` or with keys of its own."
    )
    blocks: list[Block] = Field(min_length=1, max_length=50, description="What it shows, from top to bottom.")


def defaults(personal: Personal) -> dict[str, str | int | float]:
    """What stands for a trait that is unknown, by its path."""
    return {path: said.default for path, said in personal.variables.items() if said.default is not None}


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


FORMATTED: Final = frozenset(
    {("text",), ("hero", "text"), ("prices", "text"), ("faq", "answer"), ("video", "transcript"), ("history", "empty")}
)
"""Places of texts that are formatted; a number in a list left out."""


def texts(block: Placed) -> Iterator[tuple[Place, str]]:
    """Every text of a block that is a template, with its place in it."""
    for name in type(block).model_fields:
        if name not in Placed.model_fields and name not in _NO_TEXT:
            yield from _texts(getattr(block, name), (name,))


_NO_TEXT: Final = frozenset({"src", "to", "page", "form", "survey", "id", "event", "poster", "captions", "language"})


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
