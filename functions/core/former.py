"""Journeys and campaigns that were live once and are no more: what they sent still counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from functions.core.release import Release

Kind = Literal["journey", "campaign"]
MOST: Final = 200
"""So many are remembered, those that went last."""


@dataclass(frozen=True, slots=True)
class Former:
    """One that a release had until `until` (ms): by its id, and by its name and its title then."""

    kind: Kind
    id: str
    name: str
    title: str
    until: int

    def to_plain(self) -> dict[str, Any]:
        """The stored shape."""
        return {"kind": self.kind, "id": self.id, "name": self.name, "title": self.title, "until": self.until}


def former_from(stored: Mapping[str, Any]) -> Former:
    """One of a stored shape."""
    return Former(stored["kind"], stored["id"], stored["name"], stored["title"], stored["until"])


def remember(replaced: "Release", before: Iterable[Former], now: int) -> list[Former]:
    """All to remember when `replaced` gives way at `now` (ms), whatever comes: its own, and those `before` it had gone.

    The next release may have most of them still: see gone.
    """
    known = {(one.kind, one.id): one for one in before}
    for id, journey in replaced.every_journey.items():
        name = replaced.present_name("journey", id)
        known["journey", id] = Former("journey", id, name, journey.title, now)
    for id, campaign in replaced.campaigns.items():
        name = replaced.present_name("campaign", id)
        known["campaign", id] = Former("campaign", id, name, campaign.title, now)
    return sorted(known.values(), key=lambda one: (-one.until, one.kind, one.id))[:MOST]


def gone(release: "Release", remembered: Iterable[Former]) -> list[Former]:
    """Of those remembered, the ones that a release does not have, those first that went last."""
    present = {"journey": release.every_journey, "campaign": release.campaigns}
    return [one for one in remembered if one.id not in present[one.kind]]
