"""A text in several languages, and which of them somebody gets."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from functions.core.contact import Contact
from functions.core.forms import LANGUAGE

ANY: Final = "*"
"""Under this stands a text that is written in one language only."""
_TAG = re.compile(LANGUAGE)


def _parse(value: Any) -> Any:
    if isinstance(value, str):
        return {ANY: value}
    if not isinstance(value, dict) or not value:
        raise ValueError('expected a text, or one for each language, such as {en: "Hello", tr: "Merhaba"}')
    for tag, text in value.items():
        if not isinstance(tag, str) or (tag != ANY and not _TAG.match(tag)):
            raise ValueError(f'"{tag}" is no language: use a tag such as en, tr or de-CH')
        if not isinstance(text, str):
            raise ValueError(f"{tag}: expected a text")
    return dict(value)


def _spelled(value: Mapping[str, str]) -> Any:
    return value[ANY] if list(value) == [ANY] else dict(value)


Texts = Annotated[
    dict[str, str],
    BeforeValidator(_parse, json_schema_input_type=Any),
    PlainSerializer(_spelled),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
            ]
        }
    ),
]
"""A text by language tag; authored as one text, or as {en: …, tr: …}."""


def text_for(texts: Mapping[str, str], contact: Contact, language: str) -> str:
    """The text that a contact gets: of the language told by their traits, else the business's, else the first."""
    wanted = [contact.profile.trait(name) for name in ("language", "locale")]
    for tag in [*(tag for tag in wanted if isinstance(tag, str)), language]:
        found = _of(texts, tag)
        if found is not None:
            return found
    return next(iter(texts.values()))


def _of(texts: Mapping[str, str], tag: str) -> str | None:
    folded = {name.casefold(): text for name, text in texts.items()}
    parts = tag.replace("_", "-").casefold().split("-")
    return next(
        (folded[one] for end in range(len(parts), 0, -1) if (one := "-".join(parts[:end])) in folded),
        None,
    )
