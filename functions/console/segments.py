"""Segments: what each asks, how many people are in it, who they are, who came and went, and where it is used."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any, Final

from functions import clock, releases
from functions.console.naming import called
from functions.console.routes import Asked, Shown
from functions.core.days import day_of
from functions.core.errors import Refused
from functions.core.release import Release
from functions.core.roles import Right
from functions.core.telling import contact_that
from functions.core.uses import uses_of
from functions.tables import contacts, counts, memberships
from functions.tables.due import shards

DAYS: Final = 30
"""Days of which it is told who entered and left."""
PAGE: Final = 50
_READS: Final = 24
"""So many queries a page of members takes at most: those who left lately stand among them."""
_CURSOR: Final = re.compile(r"([0-9]{1,3})\.([A-Za-z0-9_-]{0,100})")


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
        found, following = members(id, asked.request.query.get("after", ""))
        known = contacts.load(found)
        values["members"] = [
            {"contact": one, "who": called(known[one], one), "band": known[one].state.standing.temperature}
            for one in found
            if not known[one].state.erased and known[one].state.merged_into is None
        ]
        values["following"] = following
    return Shown("segment.html", values)


def count_of(segment: str) -> int:
    """How many people are in a segment, as counted: what has just happened may be missing for a minute."""
    return max(0, counts.standing(f"segment/{segment}").get("", Counter())["inside"])


def movement(segment: str) -> list[dict[str, Any]]:
    """The days of late on which somebody entered or left, the newest first; whoever did both counts twice."""
    today = day_of(clock.now_ms(), releases.live().release.sending.business.time_zone)
    first = today - timedelta(days=DAYS - 1)
    found = counts.of(f"segment/{segment}", first.isoformat(), today.isoformat())
    return [
        {"day": day, "entered": numbers["entered"], "left": numbers["left"]}
        for (day, _), numbers in sorted(found.items(), reverse=True)
        if numbers["entered"] or numbers["left"]
    ]


def members(segment: str, cursor: str) -> tuple[list[str], str | None]:
    """The members that follow a cursor ("": the first), and the cursor behind them; None where these are the last."""
    number, after = _place(cursor)
    found: list[str] = []
    parts = shards()
    for _ in range(_READS):
        if number >= len(parts):
            return found, None
        if len(found) == PAGE:
            break
        few, last = memberships.page(segment, parts[number], after, PAGE - len(found))
        found += few
        number, after = (number, last) if last is not None else (number + 1, "")
    return found, f"{number}.{after}" if number < len(parts) else None


def _place(cursor: str) -> tuple[int, str]:
    if not cursor:
        return 0, ""
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise Refused("bad-cursor", "This is no page of this list.", field="after", status=400)
    return int(match[1]), match[2]


def _said(id: str, release: Release) -> dict[str, Any]:
    segment, name = release.segments[id], release.present_name("segment", id)
    says = contact_that(segment.when, release)
    return {
        "segment": name,
        "title": segment.title or name,
        "says": says[:1].upper() + says[1:],
        "people": count_of(id),
    }
