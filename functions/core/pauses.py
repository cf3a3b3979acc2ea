"""What holds messages back that are on their way: one big switch, a brake on marketing, single campaigns, and whole
journeys, in which nobody moves either.

A pause loses nothing: what it holds is deferred, until it ends or the message's own time is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from functions.core.reputation import Counts

EVERYTHING: Final = "everything"
MARKETING: Final = "marketing"
"""What can be paused beside campaigns' runs, which are named "campaign--ID/RUN" as messages name them, and journeys."""
_JOURNEY: Final = "journey--"

_NONE: Mapping[str, "Pause"] = MappingProxyType({})
_NOTHING: Mapping[str, Counts] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when (ms), why in words, and by whom: a person's name, or "samovar". `until` ends it by itself
    (ms; None: a person does)."""

    since: int
    why: str
    by: str
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Pauses:
    """Everything that holds messages back now, and the campaigns' runs whose messages shall never go out.

    `resumed` is when (ms) a person last let marketing go on, and `excused` what had been counted by then,
    day by day. `told` is the beginning (ms) of the latest pause of Samovar's own that the owner was told of.
    """

    version: int = 0
    held: Mapping[str, Pause] = field(default_factory=lambda: _NONE)
    cancelled: frozenset[str] = frozenset()
    resumed: int = 0
    excused: Mapping[str, Counts] = field(default_factory=lambda: _NOTHING)
    told: int = 0

    def standing(self, name: str, now: int) -> Pause | None:
        """The pause of this name, if it has not ended by itself at `now` (ms)."""
        pause = self.held.get(name)
        return pause if pause is not None and (pause.until is None or pause.until > now) else None

    def holding(self, place: str, *, transactional: bool, now: int) -> Pause | None:
        """What holds a message back that is sent by `place` ("journey/step") at `now` (ms)."""
        journey = of_journey(place.partition("/")[0])
        names = (EVERYTHING, *(() if transactional else (MARKETING,)), place, journey)
        return next((pause for name in names if (pause := self.standing(name, now))), None)

    def journeys(self, now: int) -> frozenset[str]:
        """The journeys that are paused at `now` (ms)."""
        return frozenset(journey for name in self.held if (journey := journey_of(name)) and self.standing(name, now))


def of_journey(journey: str) -> str:
    """The name under which a journey is paused."""
    return _JOURNEY + journey


def journey_of(name: str) -> str | None:
    """The journey that is paused under a name, None for whatever else is."""
    return name.removeprefix(_JOURNEY) if name.startswith(_JOURNEY) else None


def hold(pauses: Pauses, name: str, pause: Pause) -> Pauses:
    """With one more pause. One that stands already stays as it is."""
    if pauses.standing(name, pause.since):
        return pauses
    return replace(pauses, held={**pauses.held, name: pause})


def release(pauses: Pauses, name: str) -> Pauses:
    """Without the pause of this name."""
    return replace(pauses, held={other: pause for other, pause in pauses.held.items() if other != name})


def excuse(pauses: Pauses, now: int, counted: Mapping[str, Counts]) -> Pauses:
    """A person lets marketing go on at `now` (ms), knowing what was counted."""
    return replace(pauses, resumed=now, excused=dict(counted))


def cancel(pauses: Pauses, place: str) -> Pauses:
    """The messages of this place never go out. It is paused no more."""
    return replace(release(pauses, place), cancelled=pauses.cancelled | {place})


def forget(pauses: Pauses, place: str) -> Pauses:
    """As if nothing had ever been said about this place: when none of its messages is on its way any more."""
    return replace(release(pauses, place), cancelled=pauses.cancelled - {place})
