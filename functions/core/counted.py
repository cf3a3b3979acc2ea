"""A thing that is counted, and what of it is in the numbers already. Pure.

A *unit* is one thing that is counted: a message, a run of a journey, somebody's place in a segment, where somebody
stands, one event. It says all that the thing amounts to, as it stands (core/counting says what that is); what of it was
counted already is the unit's own row (tables/counts.py), so that whatever comes again, late or in part is counted once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

NOW: Final = "0"
"""The day of a number that says how things stand, and not what happened."""
NEVER: Final = 2**62
"""The version of a unit whose thing is erased: nothing is newer."""
_NONE: "Mapping[Place, int]" = MappingProxyType({})


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a number stands: of which subject ("journey/welcome"), on which day (2026-12-05, or NOW), of which part of
    it (a step, a stage; "" for the whole), and what it counts."""

    subject: str
    day: str
    part: str
    measure: str


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that is counted. `version` grows with it; 0 where it never changes but only gains.

    `adds` stays for good: each place once for this unit, however often it is said; `exactly`, and nothing that was said
    before; `first`, and nothing where anything of it is counted. `once` is added each time a newer version says it.
    `stands` holds as long as the newest version says so.
    """

    id: str
    version: int = 0
    adds: Mapping[Place, int] = field(default_factory=lambda: _NONE)
    once: Mapping[Place, int] = field(default_factory=lambda: _NONE)
    stands: Mapping[Place, int] = field(default_factory=lambda: _NONE)
    exactly: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of a unit so far: up to which version, for good, and as it stands."""

    version: int = 0
    adds: Mapping[Place, int] = field(default_factory=lambda: _NONE)
    stands: Mapping[Place, int] = field(default_factory=lambda: _NONE)


def join(counted: Counted, unit: Unit) -> tuple[Counted, dict[Place, int]]:
    """What is counted of a unit after it was looked at again, and by how much each number changes: by nothing where
    this was known already."""
    if counted.version == NEVER or 0 < unit.version <= counted.version or (unit.first and counted.adds):
        return counted, {}
    changes: dict[Place, int] = {}
    adds = dict(unit.adds if unit.exactly else counted.adds)
    if unit.exactly:
        changes = _difference(unit.adds, counted.adds)
    for place, many in unit.adds.items():
        if place not in adds:
            adds[place] = changes[place] = many
    for place, many in unit.once.items():
        adds[place] = adds.get(place, 0) + many
        changes[place] = changes.get(place, 0) + many
    stands = counted.stands
    if unit.version:
        stands = dict(unit.stands)
        changes |= _difference(stands, counted.stands)
        for place in stands:
            if place in adds:
                # It was counted for good by an earlier version of this.
                changes[place] = changes.get(place, 0) - adds.pop(place)
    return Counted(max(unit.version, counted.version), adds, stands), changes


def _difference(new: Mapping[Place, int], old: Mapping[Place, int]) -> dict[Place, int]:
    return {place: less for place in {*new, *old} if (less := new.get(place, 0) - old.get(place, 0))}
