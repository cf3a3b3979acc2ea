"""Comparing one value, of a trait or of a property of an event: as authored. core/compare.py says what holds."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag, WithJsonSchema, model_validator

from functions.core.definition import Definition, parse_duration, spell_duration

DAY: Final = 86_400
Scalar = str | int | float | bool


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("expected a number, not true or false")
    return value


Number = Annotated[int | float, BeforeValidator(_number)]


def _day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f'"{value}" is not a date; write it as 2027-03-08') from None
    return value


Day = Annotated[
    date,
    BeforeValidator(_day),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
]
"""A calendar day, written as 2027-03-08."""


def _whole_days(value: int) -> int:
    if value % DAY:
        raise ValueError("dates are compared by whole days: write it in days or weeks")
    return value


def _days(value: Any) -> int:
    return _whole_days(parse_duration(value))


Days = Annotated[
    int,
    BeforeValidator(_days, json_schema_input_type=str),
    PlainSerializer(spell_duration, return_type=str),
    Field(description='Whole days, such as "30 days" or "2 weeks".', examples=["30 days"]),
]
"""Seconds of whole days; authored and stored as words."""

Today = Literal["today"]
_ALONE: Final = ("is_", "one_of", "known")


class Comparison(Definition):
    """What a value must be like: every bound given must hold. Of several values, one that fulfils all is enough."""

    is_: Scalar | None = Field(None, alias="is", description="It is this.")
    one_of: list[Scalar] | None = Field(None, min_length=1, description="It is one of these.")
    known: bool | None = Field(None, description="Whether there is any value.")
    at_least: Number | None = Field(None, description="This number or more.")
    at_most: Number | None = Field(None, description="This number or less.")
    above: Number | None = Field(None, description="More than this number.")
    below: Number | None = Field(None, description="Less than this number.")
    contains: str | None = Field(
        None,
        min_length=1,
        description="The text has this in it, or the list has this among it. Letter case is the same.",
    )
    starts_with: str | None = Field(
        None, min_length=1, description="The text starts with this; letter case is the same."
    )
    ends_with: str | None = Field(None, min_length=1, description="The text ends with this; letter case is the same.")
    all_of: list[Scalar] | None = Field(None, min_length=1, description="The list has all of these.")
    before: Day | Today | None = Field(
        None, description='The date is earlier than this day, such as 2027-03-08 or "today".'
    )
    after: Day | Today | None = Field(
        None, description='The date is later than this day, such as 2027-03-08 or "today".'
    )

    def bounds(self) -> dict[str, Any]:
        """The bounds that are given, by name."""
        names = set(type(self).model_fields) - {"trait"}
        return {name: value for name in sorted(names) if (value := getattr(self, name)) is not None}

    @model_validator(mode="after")
    def _some_bound(self) -> Comparison:
        given = self.bounds()
        if not given:
            raise ValueError("say what it must be: is, one_of, known, at_least, contains, …")
        alone = [name for name in _ALONE if name in given]
        if alone and len(given) > 1:
            raise ValueError(f"{alone[0].rstrip('_')} stands alone; put the rest into an all")
        return self


class PropertyComparison(Comparison):
    """What a property of an event must be like. Nothing here depends on the day on which it is asked."""

    before: Day | None = Field(None, description="The date is earlier than this day, such as 2027-03-08.")
    after: Day | None = Field(None, description="The date is later than this day, such as 2027-03-08.")


Wanted = Annotated[
    Annotated[Scalar, Tag("value")] | Annotated[PropertyComparison, Tag("comparison")],
    Discriminator(lambda value: "comparison" if isinstance(value, dict | Comparison) else "value"),
]
"""What a property must be: a value, or a comparison."""

_ANNIVERSARY: Final = 'write "today", "in 7 days" or "within 7 days"'


def _anniversary(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(_ANNIVERSARY)
    word, _, span = value.strip().partition(" ")
    if word == "today" and not span:
        return value.strip()
    if word not in ("in", "within"):
        raise ValueError(f'"{value}" is not possible here; {_ANNIVERSARY}')
    days = _days(span)
    if days > 365 * DAY:
        raise ValueError("an anniversary is at most 365 days away")
    return f"{word} {spell_duration(days)}"


Anniversary = Annotated[
    str, BeforeValidator(_anniversary), WithJsonSchema({"type": "string", "pattern": "^(today|(in|within) .+)$"})
]
"""How far away the same day of the year is: "today", "in 7 days" (on that day alone), "within 7 days" (until it)."""


class TraitComparison(Comparison):
    """What a trait must be like. Dates are compared by calendar days in the business's time zone."""

    in_the_last: Days | None = Field(None, description="The date is today or so many days back at most.")
    in_the_next: Days | None = Field(None, description="The date is today or so many days ahead at most.")
    longer_ago_than: Days | None = Field(None, description="The date is more than so many days back.")
    anniversary: Anniversary | None = Field(
        None, description='The same day of the year comes "today", "in 7 days" or "within 7 days"; for birthdays.'
    )
