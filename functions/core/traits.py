"""Segment's reserved traits: what each is, and the name that templates and conditions use for it.

Forms and templates spell names in snake_case, SDKs spell them in camelCase. Both are one trait,
so that whoever said it last counts. Only these few are renamed; a trait of the owner's own
keeps its name, and one call that has both spellings keeps both.
"""

from collections.abc import Mapping
from typing import Any, Final

TEXT: Final = "text"
NUMBER: Final = "number"
TIME: Final = "time"
OBJECT: Final = "object"

RESERVED: Final[Mapping[str, str]] = {
    "address": OBJECT,
    "age": NUMBER,
    "avatar": TEXT,
    "birthday": TIME,
    "company": OBJECT,
    "created_at": TIME,
    "description": TEXT,
    "email": TEXT,
    "first_name": TEXT,
    "gender": TEXT,
    "id": TEXT,
    "last_name": TEXT,
    "name": TEXT,
    "phone": TEXT,
    "title": TEXT,
    "username": TEXT,
    "website": TEXT,
}
"""What a reserved trait's value is. An OBJECT may also be said in words: "12 Tea Lane"."""

OUR_NAMES: Final[Mapping[str, str]] = {"createdAt": "created_at", "firstName": "first_name", "lastName": "last_name"}
"""Segment's spelling of a reserved trait, where ours is another."""


def normal(traits: Mapping[str, Any]) -> dict[str, Any]:
    """The traits under our names, without reserved ones that hold something else than they must."""
    named: dict[str, Any] = {}
    for name, value in traits.items():
        ours = OUR_NAMES.get(name, name)
        if ours in traits:
            ours = name  # both spellings in one call: neither hides the other
        kind = RESERVED.get(OUR_NAMES.get(name, name))
        if kind is None or value is None:
            named[ours] = value
        elif (typed := _typed(kind, value)) is not None:
            named[ours] = typed
    return named


def _typed(kind: str, value: Any) -> Any:
    """The value as its kind, None where it is no such thing: a name is no list, an age no object."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case "number":
            return value if is_number else _number(value)
        case "time":
            return value if is_number or isinstance(value, str) else None
        case "object":
            return value if isinstance(value, Mapping | str) else None
        case _:
            return value if isinstance(value, str) else str(value) if is_number else None


def _number(value: Any) -> Any:
    """ "42" is 42; other words stay as they are."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else value
