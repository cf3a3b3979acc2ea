"""What a cell says: a number, a day, a moment, yes or no, a list. What can't be read stays the text that it is."""

import csv
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from authoring.importing.words import DIGITS, STATUSES, YES_NO, folded
from functions.core.identity import normal_email
from functions.texts.places import Place

DAY_MONTH: Final = "day-month"
MONTH_DAY: Final = "month-day"
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-./])(\d{1,2})\2(\d{4})")
_YEARLESS: Final = re.compile(r"(\d{1,2})([-./])(\d{1,2})\.?")
_TIME: Final = re.compile(
    r"[T\s,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp][Mm])?\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
)
_POINTED: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})*(?:\.\d+)?|[+-]?\d+(?:\.\d+)?")
_COMMAED: Final = re.compile(r"[+-]?\d{1,3}(?:[.\u00a0\u202f ]\d{3})*(?:,\d+)?|[+-]?\d+(?:,\d+)?")
_PLAIN_EMAIL: Final = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)


def date_parts(text: str) -> tuple[int, int, str] | None:
    """The first two numbers of a date whose year stands last or is left out, and what stands between; None for
    anything else."""
    found = _YEAR_LAST.match(text) or _YEARLESS.fullmatch(text)
    return (int(found[1]), int(found[3]), found[2]) if found else None


def is_date(text: str) -> bool:
    """Whether a text looks like a date in digits, with or without a time."""
    found = _YEAR_FIRST.match(text) or _YEAR_LAST.match(text)
    if found is None:
        return False
    rest = text[found.end() :]
    return not rest.strip() or _TIME.fullmatch(rest) is not None


def is_yearless(text: str) -> bool:
    """Whether a text may be the day of a birthday without its year, such as 03/08 or 8.3."""
    found = _YEARLESS.fullmatch(text)
    return found is not None and 1 <= min(pair := (int(found[1]), int(found[3]))) <= 12 and max(pair) <= 31


def day_or_moment(text: str, order: str, zone: str, place: Place) -> str | None:
    """ISO day of a date, or UTC moment of a date with a time, which is local in `zone` unless it says otherwise;
    None for what is neither. `order` says which of 3/4/2027's first two numbers is the day. A day without a year
    is ISO's "--03-08"."""
    found = _YEAR_FIRST.match(text)
    if found:
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    elif found := _YEAR_LAST.match(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        day, month = (first, second) if order != MONTH_DAY else (second, first)
    elif found := _YEARLESS.fullmatch(text):
        first, second = int(found[1]), int(found[3])
        day, month = (first, second) if order != MONTH_DAY else (second, first)
        with suppress(ValueError):
            return "-" + date(2000, month, day).isoformat()[4:]
        return None
    else:
        named = place.day(text) if any(mark.isalpha() for mark in text) else None
        return named.isoformat() if named else None
    rest = text[found.end() :]
    with suppress(ValueError, OverflowError):
        if not rest.strip():
            return date(year, month, day).isoformat()
        if time := _TIME.fullmatch(rest):
            return _moment(year, month, day, time, zone)
    return None


def _moment(year: int, month: int, day: int, time: re.Match[str], zone: str) -> str:
    hour, minute, second = int(time[1]), int(time[2]), int(time[3] or 0)
    if time[4]:
        hour = hour % 12 + (12 if time[4].lower() == "pm" else 0)
    moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(zone))
    if time[5]:
        offset = "+00:00" if time[5] in ("Z", "UTC") else time[5]
        moment = datetime.fromisoformat(moment.replace(tzinfo=None).isoformat() + offset)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def number(text: str, decimal: str) -> int | float | None:
    """A number with this decimal mark, whose thousands may be grouped by the other one; None for anything else."""
    plain = text.strip().replace("\u2212", "-")
    if not (_COMMAED if decimal == "," else _POINTED).fullmatch(plain) or len(plain) > 20:
        return None
    plain = re.sub(r"[.\u00a0\u202f ]", "", plain).replace(",", ".") if decimal == "," else plain.replace(",", "")
    return float(plain) if "." in plain else int(plain)


def decimal_marks(text: str) -> str:
    """Which decimal marks a number may have been written with: ",", "." or both in one text."""
    return "".join(mark for mark in ",." if number(text, mark) is not None)


def yes_no(text: str) -> bool | None:
    """Yes or no in one of the languages, or by 1 and 0."""
    return YES_NO.get(folded(text), DIGITS.get(text.strip()))


def status(text: str) -> str | None:
    """What a status means (see words.STATUSES); None for one that nobody knows."""
    return STATUSES.get(folded(text))


def listed(text: str, marks: str = ";|") -> list[str]:
    """The members of a list, each once, in order; quoted ones whole."""
    mark = next((mark for mark in marks if mark in text), ";")
    parts = next(csv.reader([text.replace("\r", " ").replace("\n", " ")], delimiter=mark, skipinitialspace=True), [])
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def address(text: str, place: Place) -> str | None:
    """An address that mail could be sent to, as it was typed; None for what is none."""
    plain = text.strip().removeprefix("mailto:")
    if "<" in plain and plain.endswith(">"):
        plain = plain[plain.rindex("<") + 1 : -1]
    if _PLAIN_EMAIL.fullmatch(plain) and len(plain) < 200:
        return plain
    return plain if normal_email(plain) and place.is_address(plain) else None


Read = Callable[[str], Any]
"""The value of a cell that isn't empty, or None where the text is no such thing."""
