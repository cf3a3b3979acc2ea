"""Who is in which journey now, and where: read through the whole table, since nothing keeps such a list."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from functions.tables import enrollments


@dataclass(slots=True)
class InFlight:
    """How many runs wait at a step, by (journey, release, step); runs that are on their way have the step "". `aside`
    are those of them that a mistake keeps, by (journey, step, code of the mistake)."""

    waiting: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    aside: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    rows: int = 0

    def of(self, journey: str) -> Counter[tuple[str, str]]:
        """Those of one journey, by (release, step)."""
        found: Counter[tuple[str, str]] = Counter()
        for (name, release, step), many in self.waiting.items():
            if name == journey:
                found[release, step] += many
        return found


def count(journey: str = "", looked: Callable[[int], None] = lambda rows: None) -> InFlight:
    """Everybody in flight, or those in one journey. `looked` is told how many rows were read so far."""
    found = InFlight()
    for runs, rows in enrollments.pages(journey):
        for run in runs:
            if run.active:
                found.waiting[run.journey, run.release, run.waiting.step if run.waiting else ""] += 1
            if run.failure is not None and run.aside:
                found.aside[run.journey, run.failure.step, run.failure.code] += 1
        found.rows += rows
        looked(found.rows)
    return found
