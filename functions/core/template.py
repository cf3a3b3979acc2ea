"""What the templates of channels without files of their own kind have in common: texts, and what is odd about them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from functions.core.definition import Lasting

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Odd:
    """Something that is possible and rarely meant, at a place of a template. `code` is one of the codes of problems."""

    place: Place
    message: str
    mend: str
    code: str


class Template(Lasting):
    """marketing/FOLDER/ID.yaml of a channel. Every text in it is a Jinja2 source, but for the keys named `PLAIN`."""

    PLAIN: ClassVar[frozenset[str]] = frozenset()
    SAYS: ClassVar[str] = ""
    """What the reference says of such files."""
    EXAMPLE: ClassVar[str] = ""
    """A whole file, for the reference."""

    def sources(self) -> Iterator[tuple[Place, str]]:
        """Every Jinja2 source with its place in the file."""
        written = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        for key, value in written.items():
            if key != "was" and key not in self.PLAIN:
                yield from texts(value, (key,))

    def odd(self, *, marketing: bool) -> Iterator[Odd]:
        """What is rarely meant; `marketing` where people must be able to leave."""
        yield from ()


def texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Every text within a plain value, with its place."""
    match value:
        case str():
            yield place, value
        case dict():
            for key, part in value.items():
                yield from texts(part, (*place, key))
        case list():
            for index, part in enumerate(value):
                yield from texts(part, (*place, index))
        case _:
            return
