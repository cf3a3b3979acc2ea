"""Moments as people of the business read them: in its own time zone."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from functions.core.pauses import Pause, journey_of


def minute(moment: int, zone: str) -> str:
    """A moment (ms) to the minute in `zone`."""
    return datetime.fromtimestamp(moment / 1000, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def told(name: str, pause: Pause, zone: str) -> str:
    """A pause of `name` in words, its moments in `zone`."""
    journey = journey_of(name)
    name = f"the journey {journey}" if journey else name
    until = "" if pause.until is None else f" until {minute(pause.until, zone)}"
    return f"{name}, since {minute(pause.since, zone)}{until} ({zone}), by {pause.by}: {pause.why}"


def local(text: str, zone: str) -> str:
    """A moment as --json says it (2026-09-21T11:03:05.000Z) to the second in `zone`; any other text as it is."""
    if not (len(text) == 24 and text[10] == "T" and text.endswith("Z")):
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def localised(value: Any, zone: str) -> Any:
    """The same values with every moment in `zone`."""
    if isinstance(value, str):
        return local(value, zone)
    if isinstance(value, dict):
        return {name: localised(part, zone) for name, part in value.items()}
    if isinstance(value, list):
        return [localised(part, zone) for part in value]
    return value
