"""How many people are at each step of a journey, and which way how many went: from the rows of its runs."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from functions import settings
from functions.aws import dynamodb
from functions.core.enrollment import PATH_KEPT, Enrollment
from functions.core.journey_facts import goes_on_elsewhere
from functions.core.prices import DYNAMODB_READ_UNIT
from functions.tables import enrollments

SAMPLE: Final = 50_000
"""So many rows of the contacts table are looked at where there are more."""
ROWS_A_PART: Final = 5_000
READERS: Final = 4
_UNIT: Final = 4096


@dataclass(slots=True)
class Heads:
    """Runs by how they stand, those that wait by step, and passages by step and outcome. `cut` runs passed more
    steps than are kept. `parts` of so many `of` the table were read: counts are of these."""

    states: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    cut: int = 0
    rows: int = 0
    parts: int = 0
    of: int = 0

    @property
    def runs(self) -> int:
        """All runs."""
        return self.states.total()

    @property
    def whole(self) -> bool:
        """Whether everybody was counted."""
        return self.parts >= self.of

    def add(self, run: Enrollment) -> None:
        """Count one run, unless it goes on as another person's."""
        if goes_on_elsewhere(run):
            return
        self.states[run.state] += 1
        if run.waiting is not None:
            self.waiting[run.waiting.step] += 1
        for passage in run.path:
            self.passed[passage.step, passage.outcome] += 1
        self.cut += len(run.path) >= PATH_KEPT

    def through(self, step: str) -> int:
        """How often a step was passed, in whatever way."""
        return sum(many for (one, _), many in self.passed.items() if one == step)

    def share(self, step: str, outcome: str) -> float | None:
        """The share of those who passed a step that went a way; None where nobody passed it."""
        passed = self.through(step)
        return self.passed[step, outcome] / passed if passed else None


@dataclass(frozen=True, slots=True)
class Plan:
    """The reading that counting takes: `parts` of the contacts table, all of them where `whole`."""

    rows: int
    parts: int
    read: int
    read_units: float

    @property
    def dollars(self) -> float:
        """What reading costs, about."""
        return self.read_units * DYNAMODB_READ_UNIT


def plan(*, sample: int | None = SAMPLE) -> Plan:
    """How the table is to be read; all of it with a sample of None."""
    rows, size = dynamodb.size_of(settings.contacts_table())
    parts = max(READERS, -(-rows // ROWS_A_PART))
    read = parts if sample is None else min(parts, max(READERS, -(-sample // ROWS_A_PART)))
    return Plan(rows, parts, read, size / _UNIT / 2 * read / parts)


def count(journey: str, wanted: Plan, seen: Callable[[int, int], None] | None = None) -> Heads:
    """The runs of a journey, earlier ones of the same people among them. `seen` is told runs and rows so far."""
    heads, progress = Heads(of=wanted.parts), seen or (lambda runs, rows: None)
    with ThreadPoolExecutor(READERS) as readers:
        for runs, rows in readers.map(lambda part: _part(journey, part, wanted.parts), range(wanted.read)):
            for run in runs:
                heads.add(run)
            heads.rows += rows
            heads.parts += 1
            progress(heads.runs, heads.rows)
    return heads


def _part(journey: str, part: int, parts: int) -> tuple[list[Enrollment], int]:
    pages = list(enrollments.pages(journey, (part, parts), earlier=True))
    return [run for runs, _ in pages for run in runs], sum(rows for _, rows in pages)
