"""Finding and comparing values of traits and properties."""

from collections.abc import Mapping
from typing import Any


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """The value under the literal key, else at the end of a dotted path; a list on the way means all its
    members, so that the answer is a list. None where there is none."""
    if path in values:
        return values[path]
    name, dot, rest = path.partition(".")
    return _inside(values.get(name), rest) if dot else None


def _inside(value: Any, path: str) -> Any:
    if isinstance(value, Mapping):
        return value_at(value, path)
    if not isinstance(value, list | tuple):
        return None
    found: list[Any] = []
    for one in value:
        inner = _inside(one, path)
        found += inner if isinstance(inner, list | tuple) else [] if inner is None else [inner]
    return found or None
