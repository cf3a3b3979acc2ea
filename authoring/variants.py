"""What is known of the variants of a page, counted from what each visitor saw."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.core import experiments
from functions.core.bandit import Results, results
from functions.core.experiments import Test
from functions.tables import experiments as table


@dataclass(frozen=True, slots=True)
class Tried:
    """A test as it stands: its newest epoch, whose shares they are, and results, whole and by each part that varies."""

    test: str
    epoch: int
    shares: Mapping[str, float]
    results: Results
    parts: Mapping[str, Results]


def tried(test: Test) -> Tried:
    """Count a test anew. Raises nothing where nobody came yet: then everybody is shown all alike."""
    standing, exposures = table.load(test)
    done = experiments.epochs(standing or [experiments.Standing(1, test.even(), 0)], exposures)
    varied = {
        part: place
        for place, part in enumerate(test.parts)
        if 1 < len({name.split("/")[place] for name in test.variants}) < len(test.variants)
    }
    return Tried(
        test.id,
        standing[-1].number if standing else 1,
        standing[-1].shares if standing else test.even(),
        results(done),
        {part: results(done, place) for part, place in varied.items()},
    )
