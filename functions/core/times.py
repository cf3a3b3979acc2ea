"""Reading the times that clients write."""

import re
from datetime import UTC, datetime, timedelta
from math import isfinite

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_ORDINAL = re.compile(r"^(\d{4})-?(\d{3})(?=T|$)")
_GAP = re.compile(r"\s+(?=[+-]\d\d)")
LATEST = 9_999_999_999_999
"""The last moment (ms) that is told apart: thirteen digits, as in sort keys."""


def parse_time(value: str | int | float) -> int:
    """Epoch milliseconds of what `read_time` reads, kept between 1970 and 2286. Raises ValueError."""
    return min(max(read_time(value), 0), LATEST)


def read_time(value: str | int | float) -> int:
    """Epoch milliseconds of an ISO 8601 time (UTC where it names no zone) or of an epoch time in
    seconds or milliseconds, of any year: people were born before 1970. Raises ValueError."""
    if isinstance(value, str):
        text = value.strip().upper()
        if not re.fullmatch(r"\d{9,14}(\.\d+)?", text):
            return _iso(text)
        value = float(text)
    if abs(value) > 1e17 or not isfinite(value):
        raise ValueError("not a time")
    # Seconds reach 1e11 in the year 5138, milliseconds in 1973.
    return int(value if abs(value) >= 1e11 else value * 1000)


def _iso(text: str) -> int:
    ordinal = _ORDINAL.match(text)
    if ordinal:
        day = datetime.strptime(f"{ordinal[1]}-{ordinal[2]}", "%Y-%j").date().isoformat()
        text = day + text[ordinal.end() :]
    # A leap second is the second before it; the end of a day is the start of the next.
    text = _GAP.sub("", text).replace(":60", ":59")
    ends = "T24:00" in text
    moment = datetime.fromisoformat(text.replace("T24:00", "T00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MILLISECOND + (86_400_000 if ends else 0)
