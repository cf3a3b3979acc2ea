"""How the values of a property become tags, as it is promised."""

from __future__ import annotations

import unicodedata
from typing import Any

from tests.knowledge.values import folded


def tag_names(value: Any) -> list[str]:
    """The tags that a value, or the members of a list, name."""
    members = value if isinstance(value, list | tuple) else [value]
    return [name for one in members if (name := _tag(one))]


def _tag(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    made, in_run = "", False
    for letter in folded(unicodedata.normalize("NFC", str(value))):
        is_gap = letter.isspace() or letter in "_/#" or unicodedata.category(letter) == "Cc"
        if not is_gap:
            made += letter
        elif not in_run:
            made += "-"
        in_run = is_gap
    return made.strip("-")[:64]
