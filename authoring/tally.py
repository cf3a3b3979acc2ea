"""Counting who moves: sums over contacts that can be joined, and what a sample says of everybody."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from functions.core.contact import Standing

SHOWN: Final = 5
"""So many contacts are named for each line, those of the lowest ids."""
_SURE: Final = 1.96
"""Nineteen samples of twenty lie within so many standard deviations."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One contact: where they stand, and where they would; points of the scores whose rules differ. `kept` is a
    band that they keep though they would not enter it."""

    contact: str
    before: Standing
    after: Standing
    points_before: Mapping[str, int]
    points_after: Mapping[str, int]
    kept: str = ""
    recounted: bool = False


@dataclass(slots=True)
class Crossing:
    """A segment, or the line that starts a journey: how many are in it now and would be then; some of those who enter
    and leave."""

    now: int = 0
    then: int = 0
    enters: int = 0
    leaves: int = 0
    entering: dict[str, str | None] = field(default_factory=dict)
    leaving: dict[str, str | None] = field(default_factory=dict)

    def add(self, contact: str, shown_as: str | None, was: bool, will: bool) -> None:
        """Count one contact, who was inside or will be."""
        self.now, self.then = self.now + was, self.then + will
        if will and not was:
            self.enters += 1
            self.entering = _few(self.entering | {contact: shown_as})
        if was and not will:
            self.leaves += 1
            self.leaving = _few(self.leaving | {contact: shown_as})

    def join(self, other: "Crossing") -> None:
        self.now, self.then = self.now + other.now, self.then + other.then
        self.enters, self.leaves = self.enters + other.enters, self.leaves + other.leaves
        self.entering = _few(self.entering | other.entering)
        self.leaving = _few(self.leaving | other.leaving)


@dataclass(slots=True)
class Shift:
    """A score: how many contacts have how many points now and then; how many rise and fall."""

    now: Counter[int] = field(default_factory=Counter)
    then: Counter[int] = field(default_factory=Counter)
    rise: int = 0
    fall: int = 0


@dataclass(slots=True)
class Tally:
    """What was counted of some contacts. `journeys` are those that start by a line, and whoever stands behind it;
    `moves` count (before, after) of temperature, grade and stage."""

    contacts: int = 0
    rows: int = 0
    parts: int = 0
    recounted: int = 0
    kept: int = 0
    segments: dict[str, Crossing] = field(default_factory=dict)
    journeys: dict[str, Crossing] = field(default_factory=dict)
    moves: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    scores: dict[str, Shift] = field(default_factory=dict)

    def add(self, moved: Moved, shown_as: str | None = None) -> None:
        """Count one contact, shown by their address as well where one is given."""
        self.contacts += 1
        self.recounted += moved.recounted
        self.kept += bool(moved.kept)
        for crossings, before, after in (
            (self.segments, moved.before.segments, moved.after.segments),
            (self.journeys, moved.before.journeys, moved.after.journeys),
        ):
            for name in {*before, *after}:
                crossings.setdefault(name, Crossing()).add(moved.contact, shown_as, name in before, name in after)
        for line in ("temperature", "grade", "stage"):
            pair = getattr(moved.before, line), getattr(moved.after, line)
            self.moves.setdefault(line, Counter())[pair] += 1
        for name in {*moved.points_before, *moved.points_after}:
            held, would = moved.points_before.get(name, 0), moved.points_after.get(name, 0)
            shift = self.scores.setdefault(name, Shift())
            shift.now[held] += 1
            shift.then[would] += 1
            shift.rise, shift.fall = shift.rise + (would > held), shift.fall + (would < held)

    def join(self, other: "Tally") -> None:
        """Add what was counted of other contacts."""
        for name in ("contacts", "rows", "parts", "recounted", "kept"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name, crossing in other.segments.items():
            self.segments.setdefault(name, Crossing()).join(crossing)
        for name, crossing in other.journeys.items():
            self.journeys.setdefault(name, Crossing()).join(crossing)
        for line, moves in other.moves.items():
            self.moves.setdefault(line, Counter()).update(moves)
        for name, theirs in other.scores.items():
            shift = self.scores.setdefault(name, Shift())
            shift.now.update(theirs.now)
            shift.then.update(theirs.then)
            shift.rise, shift.fall = shift.rise + theirs.rise, shift.fall + theirs.fall


@dataclass(frozen=True, slots=True)
class Scale:
    """What a count in `parts` of `of` parts of the table says of all: `contacts` were counted."""

    contacts: int
    parts: int
    of: int

    @property
    def whole(self) -> bool:
        """Whether everybody was counted."""
        return self.parts >= self.of

    @property
    def everybody(self) -> int:
        """About how many contacts there are."""
        return self.up(self.contacts)

    def up(self, count: int) -> int:
        """About how many of everybody, where so many were counted."""
        return count if self.whole or not self.parts else round(count * self.of / self.parts)

    def margin(self, count: int) -> int:
        """By how many that may be wrong, up or down, nineteen times of twenty."""
        if self.whole or not self.contacts:
            return 0
        # How many everybody are is estimated from the same parts: all of those who were met are no sure number
        # either. So it is the upper bound of a Poisson count (by its score interval), right for none and few as well.
        share = self.parts / self.of
        deviation = _SURE * math.sqrt(count + _SURE**2 / 4) + _SURE**2 / 2
        return math.ceil(deviation * math.sqrt(1 - share) / share)

    @property
    def widest(self) -> float:
        """The margin of a share of one half, in hundredths of everybody."""
        if self.whole or not self.contacts:
            return 0.0
        return 100 * _SURE * math.sqrt(0.25 / self.contacts * (1 - self.parts / self.of))


def quantile(counted: Counter[int], share: float) -> int:
    """The value that so large a share of what was counted does not exceed; 0 of nothing."""
    left = share * counted.total()
    for value in sorted(counted):
        left -= counted[value]
        if left <= 0:
            return value
    return 0


def mean(counted: Counter[int]) -> float:
    """The mean of what was counted; 0 of nothing."""
    total = counted.total()
    return sum(value * count for value, count in counted.items()) / total if total else 0.0


def _few(named: dict[str, Any]) -> dict[str, Any]:
    return {contact: named[contact] for contact in sorted(named)[:SHOWN]}
