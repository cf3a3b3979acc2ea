"""Journeys and campaigns that were live once and are no more: what they sent still counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from functions.core.release import Release

Kind = Literal["journey", "campaign"]
MOST: Final = 200
"""So many are remembered besides those of the last release, those that went last."""


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
    own = [
        *(_of(replaced, "journey", id, journey.title, now) for id, journey in replaced.every_journey.items()),
        *(_of(replaced, "campaign", id, campaign.title, now) for id, campaign in replaced.campaigns.items()),
    ]
    return [*own, *sorted(gone(replaced, before), key=lambda one: -one.until)[:MOST]]


def _of(release: "Release", kind: Kind, id: str, title: str, until: int) -> Former:
    return Former(kind, id, release.present_name(kind, id), title, until)


def gone(release: "Release", remembered: Iterable[Former]) -> list[Former]:
    """Of those remembered, the ones that a release does not have, those first that went last."""
    present = {"journey": release.every_journey, "campaign": release.campaigns}
    return [one for one in remembered if one.id not in present[one.kind]]
