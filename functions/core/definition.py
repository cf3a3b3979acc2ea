"""What every authored definition shares: the frozen model, ids, durations and moments."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_DURATION = re.compile(r"^\s*(\d{1,9})\s+(second|minute|hour|day|week)s?\s*$")
ID_PATTERN = r"^[a-z0-9](?:[a-z0-9]|-(?!-)){0,62}$"
LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
"""A language tag, such as tr or de-CH."""
COUNTRY = r"^[A-Z]{2}$"
DURATION_EXAMPLE = "3 days"
_ID = re.compile(ID_PATTERN)


class Definition(BaseModel):
    """Base of authored models: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def parse_duration(value: Any) -> int:
    """Seconds in a duration such as "3 days". Raises ValueError that says how to write one."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError('expected a duration such as "3 days" or "90 minutes"')
    if isinstance(value, int):
        raise ValueError(f'a duration needs a unit: "{value} days", "{value} hours" or "{value} minutes"')
    match = _DURATION.match(value)
    if match is None:
        raise ValueError(f'"{value}" is not a duration; write it as "3 days" or "90 minutes"')
    seconds = int(match[1]) * UNITS[match[2]]
    if seconds == 0:
        raise ValueError("a duration must be longer than zero")
    if seconds > 3650 * UNITS["day"]:
        raise ValueError("a duration can be ten years at most")
    return seconds


def spell_duration(seconds: int) -> str:
    """The shortest spelling that `parse_duration` reads back to the same seconds."""
    for unit in ("week", "day", "hour", "minute", "second"):
        if seconds % UNITS[unit] == 0:
            count = seconds // UNITS[unit]
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    raise AssertionError("every whole number of seconds is a number of seconds")


def check_id(value: str) -> str:
    """The id itself. Raises ValueError for what is none."""
    if not _ID.match(value):
        raise ValueError(f'"{value}" is not an id: use lower-case letters, digits and single hyphens, 63 at most')
    return value


Id = Annotated[str, AfterValidator(check_id), WithJsonSchema({"type": "string", "pattern": ID_PATTERN})]
"""An id of a definition file: stable for ever, lower-case with hyphens."""


def _list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def kind_among(kinds: Mapping[str, type[Definition]], value: Any) -> str | None:
    """The key that names the kind of a definition, read or still as written; None where no kind is named."""
    if isinstance(value, Definition):
        return next((kind for kind, model in kinds.items() if type(value) is model), None)
    if isinstance(value, dict):
        return next((kind for kind in kinds if kind in value), None)
    return None


class Lasting(Definition):
    """Base of what has an id for ever: people's histories point at it, under the first name that it had."""

    was: Annotated[
        tuple[Id, ...],
        BeforeValidator(_list, json_schema_input_type=str | list[str]),
        PlainSerializer(lambda held: held[0] if len(held) == 1 else list(held)),
        Field(
            max_length=20,
            description="Names that it had before it was called so, the first one first, where it was renamed.",
        ),
    ] = ()


Duration = Annotated[
    int,
    BeforeValidator(parse_duration, json_schema_input_type=str),
    PlainSerializer(spell_duration, return_type=str),
    Field(description='A length of time, such as "3 days" or "90 minutes".', examples=[DURATION_EXAMPLE, "90 minutes"]),
]
"""Seconds; authored and stored as words."""
