"""What steps of journeys did to somebody, in words: for people who read a timeline."""

from collections.abc import Mapping
from typing import Any, Final

from functions.core import event as names

OUTCOMES: Final[Mapping[str, str]] = {
    # Whether it went out is the message's story, told elsewhere.
    "sent": "message made",
    "called": "request made",
    "notified": "notice made",
    "handed-off": "handed off",
    "asked-for": "journey asked for",
}
"""How a step was passed, where its outcome doesn't say it."""


def words_of(event: Mapping[str, Any]) -> str | None:
    """What an event as functions/people/dossier.py gives it says, None for one that no step makes."""
    said, traits = event.get("properties", {}), event.get("traits", {})
    match event["name"]:
        case names.TAG_ADDED if "step" in said or names.STAFF in said:
            what = f"tag {said.get('tag')}"
        case names.TAG_REMOVED if "step" in said or names.STAFF in said:
            what = f"tag {said.get('tag')} taken off"
        case names.TRAITS_CHANGED:
            what = ", ".join(_changed(name, value) for name, value in traits.items())
        case names.STAGE_SET:
            what = f"put at stage {said.get('stage')}"
        case names.POINTS_ADDED:
            what = f"{_signed(said.get('points'))} {said.get('score')}"
        case names.HANDED_OFF:
            what = f"to {said.get('to')}: {said.get('reason')}"
        case names.JOURNEY_REQUESTED if "wanted" in said:
            what = f"journey {said['wanted']} asked for"
        case _:
            return None
    if names.STAFF in said:
        return f"{what} (by hand)"
    by = "/".join(str(said[part]) for part in ("journey", "step") if part in said)
    return f"{what} ({by})" if by else what


def _changed(name: str, value: Any) -> str:
    return f"{name} taken away" if value is None else f"{name}: {value}"


def _signed(points: Any) -> str:
    return f"{points:+g}" if isinstance(points, int | float) else str(points)
