"""The people: all who said who they are, hot first; those of one temperature, stage or segment; those of a name."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from functions import releases
from functions.console import places
from functions.console.routes import Asked, Shown
from functions.core import directory as words
from functions.core.contact import Contact
from functions.core.errors import Refused
from functions.core.person_name import name_of
from functions.core.release import Release
from functions.core.views import iso
from functions.http import Answer, redirect
from functions.people import whom
from functions.tables import contacts, directory, memberships
from functions.tables.due import shards

LONGEST: Final = 320
PAGE: Final = 50
READS: Final = 4
"""So often a page is read on where rows of it turned out to be no longer true."""
BANDS: Final = ("hot", "warm", "cold")
BAND, STAGE, SEGMENT = "band", "stage", "segment"
_LONGEST_PLACE: Final = 120


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom a list is of: everybody where `kind` is ""."""

    kind: str = ""
    name: str = ""

    @property
    def said(self) -> str:
        return f"{self.kind}:{self.name}" if self.kind else ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: in which of its parts, behind which row."""

    part: int = 0
    after: str = ""


Read = Callable[[str, int], tuple[list[Contact], str | None]]
"""Contacts that follow a row, and the last row looked at; None where none follow."""


def show(asked: Asked) -> Shown | Answer:
    """Whoever is known by exactly what was typed; else those whose name or address begins like it; else the list."""
    release = releases.live().release
    wanted = asked.request.query.get("q", "").strip()[:LONGEST]
    chosen = _chosen(asked.request.query.get("of", ""), release)
    place = _place(asked.request.query.get("after", ""))
    found = _known_by(wanted) if wanted and not place.after else None
    if found is not None and asked.request.wants_html:
        return redirect(places.path("people", found), 303)
    if found is not None:
        people, following = [contacts.load([found])[found]], None
    else:
        people, following = _page(_parts(wanted, chosen), place)
    values = {
        "wanted": wanted,
        "found": found,
        "of": chosen.said,
        "lists": _lists(release),
        "people": [_line(one, release) for one in people],
        "next": _cursor(following) if following else None,
        "first": not place.after and not place.part,
        "graded": release.scoring.grade is not None,
    }
    return Shown("people.html", values, 404 if wanted and not people and not place.after else 200)


def _known_by(wanted: str) -> str | None:
    try:
        return whom.of(wanted).id
    except whom.UnknownPerson:
        return None


def _parts(wanted: str, chosen: Chosen) -> Sequence[Read]:
    """The parts of a list, one behind the other."""
    if wanted:
        return [_named(wanted)] if words.begins(wanted) else []
    match chosen.kind:
        case "stage":
            return [_listed(lambda after, limit: directory.at_stage(chosen.name, after, limit))]
        case "segment":
            return [_members(chosen.name)]
        case "band":
            return [_band(chosen.name)]
    return [_band(band) for band in BANDS]


def _page(parts: Sequence[Read], place: Place) -> tuple[list[Contact], Place | None]:
    """So many people as a page shows, and where the next begins; bounded calls, however many there are."""
    found: list[Contact] = []
    part, after, reads = place.part, place.after, 0
    while part < len(parts) and reads < READS + len(parts):
        if len(found) == PAGE:
            return found, Place(part, after)
        some, last = parts[part](after, PAGE - len(found))
        found += [one for one in some if all(one.id != other.id for other in found)]
        reads += 1
        part, after = (part, last) if last else (part + 1, "")
    return found, Place(part, after) if part < len(parts) else None


def _band(band: str) -> Read:
    return _listed(lambda after, limit: directory.in_band(band, after, limit))


def _listed(rows: Callable[[str, int], list[directory.Listed]]) -> Read:
    def read(after: str, limit: int) -> tuple[list[Contact], str | None]:
        some = rows(after, limit)
        return directory.true(some), some[-1].sk if len(some) == limit else None

    return read


def _named(wanted: str) -> Read:
    def read(after: str, limit: int) -> tuple[list[Contact], str | None]:
        some = directory.called(words.begins(wanted), after, PAGE)
        meant = [one for one in directory.true(some) if words.is_meant(one.profile, wanted)]
        if len(meant) <= limit:
            return meant, some[-1].sk if len(some) == PAGE else None
        ids = {one.id for one in meant[:limit]}
        return meant[:limit], max(row.sk for row in some if row.contact in ids)

    return read


def _members(segment: str) -> Read:
    def read(after: str, limit: int) -> tuple[list[Contact], str | None]:
        found: list[str] = []
        known_to = "~"
        for part in shards():
            some, last = memberships.page(segment, part, after, limit)
            found += some
            # Of a part that goes on, nothing is known behind the last row looked at.
            known_to = min(known_to, last or "~")
        ids = sorted(one for one in found if one <= known_to)
        through = known_to == "~" and len(ids) <= limit
        loaded = contacts.load(ids[:limit])
        inside = [one for one in loaded.values() if segment in one.state.standing.segments]
        last_read = ids[limit - 1] if len(ids) >= limit else known_to
        return [one for one in inside if one.state.merged_into is None], None if through else last_read

    return read


def _chosen(said: str, release: Release) -> Chosen:
    kind, _, name = said.partition(":")
    first = release.first_name("segment", name) if kind == SEGMENT else name
    known = {
        BAND: BANDS,
        STAGE: [stage.id for stage in release.funnel.stages],
        SEGMENT: list(release.segments),
    }
    if not said:
        return Chosen()
    if first not in known.get(kind, ()):
        raise Refused("unknown-list", "There is no such list of people (any more).", status=404)
    return Chosen(kind, first)


def _lists(release: Release) -> dict[str, list[dict[str, str]]]:
    """What a list can be of: what the address says for it, and what it is called."""
    segments = release.segments.items()
    return {
        BAND: [{"of": f"{BAND}:{band}", "title": band} for band in BANDS],
        STAGE: [{"of": f"{STAGE}:{one.id}", "title": one.title or one.id} for one in release.funnel.stages],
        SEGMENT: [
            {"of": f"{SEGMENT}:{name}", "title": one.title or release.present_name("segment", name)}
            for name, one in segments
        ],
    }


def _line(contact: Contact, release: Release) -> dict[str, Any]:
    standing, last = contact.state.standing, contact.state.facts.last
    titles = {stage.id: stage.title for stage in release.funnel.stages}
    return {
        "contact": contact.id,
        "who": name_of(contact.profile),
        "email": contact.profile.email,
        "temperature": standing.temperature,
        "grade": standing.grade if release.scoring.grade else None,
        "stage": (titles.get(standing.stage) or standing.stage) or None,
        "last_seen": iso(last) if last else None,
    }


def _cursor(place: Place) -> str:
    text = json.dumps([place.part, place.after], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _place(cursor: str) -> Place:
    """Where a list goes on. It is only a place in lists that may be read anyway; what is none is refused."""
    if not cursor:
        return Place()
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        part, after = json.loads(text)
        if type(part) is int and isinstance(after, str) and 0 <= part < len(BANDS) and len(after) <= _LONGEST_PLACE:
            after.encode()
            return Place(part, after)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        pass
    raise Refused("bad-cursor", "This is no place in the list. Please begin again with the first page.")
