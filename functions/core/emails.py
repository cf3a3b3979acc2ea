"""E-mail templates as they stand in a release: rendered from MJML when published."""

from collections.abc import Iterator, Mapping
from typing import Self

from pydantic import Field, model_validator

from functions.core.conditions import Condition
from functions.core.definition import Definition, Id, Lasting


class Variable(Definition):
    """Something that is said of a contact: what stands there for whoever lacks it, or that nothing can."""

    default: str | int | float | None = Field(None, description="What stands there for people of whom it is unknown.")
    required: bool = Field(
        False,
        description="Without it an e-mail is withheld, never sent with a gap; on a page what says it is left out.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.required == (self.default is not None) or self.default == "":
            raise ValueError("give it a default, or say that it is required")
        return self


class Block(Definition):
    """A part of a template that only some people get: those for whom `when` holds at the moment of sending."""

    when: Condition


class Version(Definition):
    """Jinja2 sources of one message in one language. `html` is complete; `text` is the plain part.

    `defaults` are those of variables where the language says them otherwise.
    """

    subject: str = Field(min_length=1, max_length=300)
    preheader: str = Field("", max_length=300)
    html: str
    text: str
    defaults: dict[str, str] = Field(default_factory=dict)


class Email(Version, Lasting):
    """A template in its first language, and in `languages` as others say it.

    `language` is the first one's; "" in releases from before there were several: the business's.
    """

    language: str = ""
    languages: dict[str, Version] = Field(default_factory=dict)
    variables: dict[str, Variable] = Field(default_factory=dict)
    blocks: dict[Id, Block] = Field(default_factory=dict)

    def offered(self, otherwise: str) -> tuple[str, ...]:
        """The languages that it is written in, its first one first; that is `otherwise` where it doesn't say."""
        return (self.language or otherwise, *self.languages)

    def version(self, language: str) -> Version:
        """What it says in one of the languages that it offers."""
        return self.languages.get(language, self)


def defaults(email: Email, version: Version) -> Mapping[str, str | int | float]:
    """What stands for a missing trait, by its path."""
    own = {path: said.default for path, said in email.variables.items() if said.default is not None}
    return {**own, **version.defaults}


def conditions(emails: Mapping[str, Email]) -> Iterator[Condition]:
    """The conditions of all blocks."""
    for email in emails.values():
        for block in email.blocks.values():
            yield block.when
