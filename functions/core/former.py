"""Journeys and campaigns that were live once and are no more: what they sent still counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from functions.core.campaign import Campaign
    from functions.core.journey import Journey
    from functions.core.release import Release

Kind = Literal["journey", "campaign"]
MOST: Final = 200
"""So many are remembered besides those of the last release, those that went last."""


@dataclass(frozen=True, slots=True)
class Former:
    """One that `release` (by id) had until `until` (ms): by its own id, and by its name and its title then."""

    kind: Kind
    id: str
    name: str
    title: str
    release: str
    until: int

    def to_plain(self) -> dict[str, Any]:
        """The stored shape."""
        said = {"kind": self.kind, "id": self.id, "name": self.name, "title": self.title}
        return {**said, "release": self.release, "until": self.until}


def former_from(stored: Mapping[str, Any]) -> Former:
    """One of a stored shape."""
    return Former(stored["kind"], stored["id"], stored["name"], stored["title"], stored["release"], stored["until"])


def remember(replaced: "Release", release: str, before: Iterable[Former], now: int) -> list[Former]:
    """All to remember when `replaced`, by its id `release`, gives way at `now` (ms), whatever comes: its own, and those
    `before` it that had gone.

    The next release may have most of them still: see gone.
    """
    own = [
        Former(kind, id, replaced.present_name(kind, id), one.title, release, now)
        for kind, of_kind in held(replaced).items()
        for id, one in of_kind.items()
    ]
    return [*own, *sorted(gone(replaced, before), key=lambda one: -one.until)[:MOST]]


def held(release: "Release") -> "Mapping[Kind, Mapping[str, Journey | Campaign]]":
    """What sends in a release, by kind and id."""
    return {"journey": release.every_journey, "campaign": release.campaigns}


def gone(release: "Release", remembered: Iterable[Former]) -> list[Former]:
    """Of those remembered, the ones that a release does not have, those first that went last."""
    present = held(release)
    return [one for one in remembered if one.id not in present[one.kind]]
