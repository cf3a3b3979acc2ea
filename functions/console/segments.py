"""Segments: what each asks, how many people are in it, who came and went, and where it is used."""

from collections import Counter
from typing import Any, Final

from functions import releases
from functions.console.routes import Asked, Shown
from functions.console.tabled import lately
from functions.core.errors import Refused
from functions.core.release import Release
from functions.core.roles import Right
from functions.core.telling import contact_that
from functions.core.uses import uses_of
from functions.tables import counts

DAYS: Final = 30
"""Days of which it is told who entered and left."""


def index(asked: Asked) -> Shown:
    """Every segment in words, with its people counted."""
    release = releases.live().release
    return Shown("segments.html", {"segments": [_said(id, release) for id in release.segments]})


def show(asked: Asked) -> Shown:
    """One segment: with its members for whoever may see people."""
    release = releases.live().release
    id = release.first_name("segment", asked.named["segment"])
    if id not in release.segments:
        raise Refused("unknown-segment", "There is no such segment, or not any more.", status=404)
    values: dict[str, Any] = {
        **_said(id, release),
        "days": movement(id),
        "used": [{"kind": one.kind, "name": one.name, "title": one.title} for one in uses_of(id, release)],
    }
    if asked.who.member.may(Right.SEE_PEOPLE):
        values["list"] = {"of": f"segment:{values['segment']}"}
    return Shown("segment.html", values)


def count_of(segment: str) -> int:
    """How many people are in a segment, as counted: what has just happened may be missing for a minute."""
    return max(0, counts.standing(f"segment/{segment}").get("", Counter())["inside"])


def movement(segment: str) -> list[dict[str, Any]]:
    """The days of late on which somebody entered or left, the newest first; whoever did both counts twice."""
    found = lately(DAYS).of(f"segment/{segment}")
    return [
        {"day": day, "entered": numbers["entered"], "left": numbers["left"]}
        for (day, _), numbers in sorted(found.items(), reverse=True)
        if numbers["entered"] or numbers["left"]
    ]


def _said(id: str, release: Release) -> dict[str, Any]:
    segment, name = release.segments[id], release.present_name("segment", id)
    says = contact_that(segment.when, release)
    return {
        "segment": name,
        "title": segment.title or name,
        "says": says[:1].upper() + says[1:],
        "people": count_of(id),
    }
