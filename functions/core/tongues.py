"""A text in several languages, and which of them somebody gets."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from functions.core.contact import Contact
from functions.core.definition import LANGUAGE
from functions.core.languages import language_of_contact, nearest

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


def language_for(texts: Mapping[str, str], contact: Contact, business: str) -> str:
    """The language in which a contact gets it (see core/languages); the business's where it is written in one only."""
    return business if list(texts) == [ANY] else language_of_contact(contact, business, list(texts))


def text_for(texts: Mapping[str, str], contact: Contact, business: str) -> str:
    """The text that a contact gets."""
    return texts[ANY] if list(texts) == [ANY] else texts[language_of_contact(contact, business, list(texts))]


def text_in(texts: Mapping[str, str], language: str, business: str) -> str:
    """The text in a language, else in the business's, else the first."""
    found = nearest(language, list(texts)) or nearest(business, list(texts))
    return texts[found] if found is not None else next(iter(texts.values()))
