"""A mapping whose values are made of what was stored when somebody asks for them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

V = TypeVar("V")


class Later(Mapping[str, V], Generic[V]):
    """What `read` makes of each stored value, made once. A mail looks at few of the facts and traits of a contact,
    and reading all of them is most of what it takes to read a contact.
    """

    __slots__ = ("_made", "_read", "_stored")

    def __init__(self, stored: Mapping[str, Any], read: Callable[[Any], V]) -> None:
        self._stored = stored
        self._read = read
        self._made: dict[str, V] = {}

    def __getitem__(self, key: str) -> V:
        try:
            return self._made[key]
        except KeyError:
            made = self._made[key] = self._read(self._stored[key])
            return made

    def __contains__(self, key: object) -> bool:
        return key in self._stored

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def __repr__(self) -> str:
        return repr(dict(self))
