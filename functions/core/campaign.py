"""Campaigns: one message to everybody in a segment, once or again and again.

One occasion of a campaign is a *run*. Its messages name it as journeys' messages name their step:
journey "campaign--ID", step RUN, where the double hyphen keeps it apart from all that can be authored.
"""

import re
from datetime import date, time
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag, WithJsonSchema

from functions.core.channels import Content
from functions.core.definition import Definition, Duration, Id, Lasting, parse_duration, spell_duration
from functions.core.ids import digest

MARK: Final = "campaign--"
ON_REQUEST: Final = "on request"
CONTACTS_ZONE: Final = "contact's time zone"
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOLD_S: Final = 600
NO_HOLD: Final = "none"

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_RATE = re.compile(r"\s*(\d{1,6})\s+(?:messages?\s+)?an?\s+(second|minute|hour)\s*")
_PER_HOUR: Final = {"second": 3600, "minute": 60, "hour": 1}


def _parse_time(value: Any) -> time:
    if isinstance(value, time):
        return value
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('expected a time of day; write it in quotes, such as "09:00" or "17:30"')
    return time(int(match[1]), int(match[2]))


def _parse_date(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("expected a day; write it as 2026-12-01") from None


def _parse_rate(value: Any) -> int:
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise ValueError('expected a rate; write it as "600 a minute" or "10 a second"')
    return int(match[1]) * _PER_HOUR[match[2]]


def _spell_rate(per_hour: int) -> str:
    for unit, count in _PER_HOUR.items():
        if per_hour % count == 0:
            return f"{per_hour // count} {'an' if unit == 'hour' else 'a'} {unit}"
    raise AssertionError("every whole number is a number an hour")


def _parse_hold(value: Any) -> int:
    if value == NO_HOLD:
        return 0
    try:
        return parse_duration(value)
    except ValueError:
        wanted = f'write it as "10 minutes" or "1 hour", or {NO_HOLD} to go at once'
        raise ValueError(f"expected how long it holds; {wanted}") from None


TimeOfDay = Annotated[
    time,
    BeforeValidator(_parse_time, json_schema_input_type=str),
    PlainSerializer(lambda value: value.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": _TIME.pattern}),
]
"""A wall clock's time, authored as "09:00"."""

Day = Annotated[
    date,
    BeforeValidator(_parse_date, json_schema_input_type=str),
    PlainSerializer(lambda value: value.isoformat(), return_type=str),
]
"""A calendar day, authored as 2026-12-01."""

Rate = Annotated[
    int,
    BeforeValidator(_parse_rate, json_schema_input_type=str),
    PlainSerializer(_spell_rate, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["600 a minute", "10 a second"]}),
]
"""Messages in an hour; authored and stored as words."""

Hold = Annotated[
    int,
    BeforeValidator(_parse_hold, json_schema_input_type=str),
    PlainSerializer(lambda value: spell_duration(value) if value else NO_HOLD, return_type=str),
    WithJsonSchema({"type": "string", "default": "10 minutes", "examples": ["10 minutes", "1 hour", NO_HOLD]}),
]
"""Seconds; authored and stored as words."""


class Once(Definition):
    """One day, at a time."""

    on: Day
    at: TimeOfDay
    in_: Literal["contact's time zone"] | None = Field(
        None, alias="in", description="At this time where each contact is; the business's time zone without it."
    )


class Recurring(Definition):
    """Every day, every Monday, or every month, at a time."""

    every: Literal["day", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "month"]
    at: TimeOfDay
    day: int = Field(1, ge=1, le=31, description="Of a month; the last one where a month has fewer.")
    in_: Literal["contact's time zone"] | None = Field(
        None, alias="in", description="At this time where each contact is; the business's time zone without it."
    )


def _kind_of_when(value: Any) -> str | None:
    match value:
        case str():
            return "request" if value == ON_REQUEST else None
        case Once() | {"on": _}:
            return "once"
        case Recurring() | {"every": _}:
            return "recurring"
    return None


When = Annotated[
    Annotated[Literal["on request"], Tag("request")]
    | Annotated[Once, Tag("once")]
    | Annotated[Recurring, Tag("recurring")],
    Discriminator(
        _kind_of_when,
        custom_error_type="when_kind",
        custom_error_message='expected on request, {on: 2026-12-01, at: "09:00"} or {every: monday, at: "09:00"}',
    ),
]
"""When a campaign runs."""


class Campaign(Lasting):
    """marketing/campaigns/ID.yaml"""

    title: str = ""
    topic: Id
    send: Content
    to: Id = Field(description="The segment whose people get it.")
    except_: list[Id] = Field(default_factory=list, alias="except", description="Segments whose people don't.")
    when: When = Field(
        "on request",
        description='"on request" (by `samovar campaigns send`), or a day and time, once or again and again.',
    )
    hold: Hold = Field(
        HOLD_S, description="How long it waits, counted and ready, for somebody to stop it; none to go at once."
    )
    rate: Rate | None = Field(None, description="At most so fast; never faster than sending.yaml and the provider.")
    expires: Duration = Field(
        172_800, description="Whoever it hasn't reached so long after its moment doesn't get it any more."
    )

    @property
    def local(self) -> bool:
        """Whether each contact gets it by the clock of where they are."""
        return not isinstance(self.when, str) and self.when.in_ is not None


def journey_of(campaign: str) -> str:
    """What a campaign's messages name as their journey."""
    return MARK + campaign


def campaign_of(journey: str) -> str | None:
    """The campaign that a message's journey names, None for a journey."""
    return journey.removeprefix(MARK) if journey.startswith(MARK) else None


def place_of(campaign: str, run: str) -> str:
    """The name under which a run is paused or cancelled."""
    return f"{journey_of(campaign)}/{run}"


def message_id(campaign: str, run: str, contact: str) -> str:
    """Id of what a run sends to a contact."""
    return digest("campaign", campaign, run, contact)


def origin(journey: str, step: str) -> dict[str, str]:
    """By what a message was sent, as events say it: "journey" and "step", or "campaign" and "run"."""
    campaign = campaign_of(journey)
    return {"campaign": campaign, "run": step} if campaign is not None else {"journey": journey, "step": step}
