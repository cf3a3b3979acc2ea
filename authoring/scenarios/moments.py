"""Moments of a scenario as people write them: "start", "3 days later", "3 days later at 09:00", "2027-03-08 09:00"."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, WithJsonSchema

from functions.core.days import moment
from functions.core.definition import UNITS

START: Final = "start"
THERE: Final = " where they are"
_SPAN = r"(?:\d{1,6} (?:second|minute|hour|day|week)s?)(?: \d{1,6} (?:second|minute|hour|day|week)s?)*"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
_WALL = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}} {_TIME}", re.ASCII)
_LATER = re.compile(rf"(?P<span>{_SPAN}) later", re.ASCII)
_DAY_AT = re.compile(rf"(?P<count>\d{{1,4}}) (?P<unit>day|week)s? later at (?P<time>{_TIME})", re.ASCII)
_EXPECTED: Final = 'write start, "3 days later", "3 days later at 09:00" or "2027-03-08 09:00"'


def _wall(text: str) -> str:
    if not _WALL.fullmatch(text):
        raise ValueError(f'"{text}" is not a day with a time; write it as "2027-03-08 09:00"')
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text}" is no day of the calendar; write it as "2027-03-08 09:00"') from None
    return text


def _moment(text: str) -> str:
    plain = text.removesuffix(THERE)
    if plain == START or _LATER.fullmatch(text) or _DAY_AT.fullmatch(plain):
        return text
    return _wall(plain) + text[len(plain) :] if _WALL.fullmatch(plain) else _refused(text)


def _refused(text: str) -> str:
    raise ValueError(f'"{text}" is not a moment; {_EXPECTED}')


Wall = Annotated[str, AfterValidator(_wall), WithJsonSchema({"type": "string", "pattern": f"^{_WALL.pattern}$"})]
"""A day and a time, authored as "2027-03-08 09:00"."""
Moment = Annotated[
    str,
    AfterValidator(_moment),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^(start|{_SPAN} later|\\d{{1,4}} (day|week)s? later at {_TIME}({THERE})?|"
            f"{_WALL.pattern}({THERE})?)$",
        }
    ),
    Field(
        description='When: start, "3 days later" (to the second), "3 days later at 09:00" or "2027-03-08 09:00", by '
        "the business's clock; with \"where they are\" by the contact's."
    ),
]
"""A moment of a scenario, counted from its start."""


def wall(text: str, zone: str) -> int:
    """The moment (ms) at which clocks in a zone show a day and a time."""
    return moment(datetime.fromisoformat(text), zone)


def resolve(text: str, start: int, zone: str, theirs: str) -> int:
    """When (ms) a moment of a scenario is that begins at `start` (ms), for a business in `zone` and a contact in
    `theirs`."""
    plain = text.removesuffix(THERE)
    there = zone if plain == text else theirs
    if plain == START:
        return start
    if later := _LATER.fullmatch(plain):
        words = later["span"].split()
        spans = zip(words[::2], words[1::2], strict=True)
        return start + sum(int(count) * UNITS[unit.removesuffix("s")] for count, unit in spans) * 1000
    if day := _DAY_AT.fullmatch(plain):
        days = int(day["count"]) * (7 if day["unit"] == "week" else 1)
        first = datetime.fromtimestamp(start / 1000, ZoneInfo(there)).date()
        hour, _, minute = day["time"].partition(":")
        on = first + timedelta(days=days)
        return moment(datetime(on.year, on.month, on.day, int(hour), int(minute)), there)
    return wall(plain, there)


def spelled(at: int, start: int, zone: str) -> str:
    """A moment (ms) for people to read: by the business's clock, and how long after the start."""
    local = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
    shown = local.strftime("%a %Y-%m-%d %H:%M" if at % 60_000 == 0 else "%a %Y-%m-%d %H:%M:%S")
    return f"{shown} ({since(at, start)})"


def since(at: int, start: int) -> str:
    """How long after the start a moment is, as `resolve` reads it."""
    seconds = (at - start) // 1000
    if seconds <= 0:
        return START if seconds == 0 else "before the start"
    words = []
    for unit in ("day", "hour", "minute", "second"):
        count, seconds = divmod(seconds, UNITS[unit])
        if count:
            words.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " ".join(words) + " later"
