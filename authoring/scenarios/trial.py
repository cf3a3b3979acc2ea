"""Trying the scenarios of a folder: what passes, what differs and where, and which ways no scenario takes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from authoring.load import Document, Path
from authoring.problems import Problem, choose
from authoring.scenarios.coverage import Coverage, Way, covered, places
from authoring.scenarios.expect import Difference, differences
from authoring.scenarios.model import Scenarios
from authoring.scenarios.run import Life, live
from authoring.scenarios.world import Rules
from functions.core.release import Release

Written = Mapping[str, tuple[Document, Scenarios]]
"""Files of scenarios by their ids, each with its document."""


class NoSuchScenario(ValueError):
    """There is no scenario of that journey, or in that file."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One scenario that was lived, and what was otherwise than expected."""

    document: Document
    place: int
    life: Life
    differences: tuple[Difference, ...]

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.life.scenario.name

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.differences

    def where(self, path: Path = ("name",)) -> tuple[str, int, int]:
        """File, line and column of a place in the scenario."""
        return (self.document.file, *self.document.at(("scenarios", self.place, *path)))


@dataclass(frozen=True, slots=True)
class Report:
    """What came of trying scenarios, and how far they cover each journey that has any."""

    tried: tuple[Tried, ...]
    coverage: Mapping[str, Coverage]

    @property
    def passed(self) -> bool:
        """Whether all of them passed."""
        return all(one.passed for one in self.tried)


def chosen(written: Written, wanted: str | None) -> Written:
    """The files that a journey's id or a file's name means; all of them for None. Raises NoSuchScenario."""
    if wanted is None:
        return written
    file = wanted.replace("\\", "/").rpartition("/")[2]
    found = {
        name: one
        for name, one in written.items()
        if one[1].journey == wanted or (wanted.endswith(".yaml") and file == f"{name}.yaml")
    }
    if not found:
        journeys = sorted({one.journey for _, one in written.values()})
        mend = choose(wanted, journeys, none="Write scenarios/ID.yaml")
        raise NoSuchScenario(f'there is no scenario of "{wanted}". {mend}')
    return found


def tried(release: Release, written: Written) -> Report:
    """Live every scenario, and compare."""
    rules, found = Rules.of(release), list[Tried]()
    for document, scenarios in written.values():
        for place, scenario in enumerate(scenarios.scenarios):
            life = live(rules, scenarios.journey, scenario)
            found.append(Tried(document, place, life, tuple(differences(life))))
    lives: dict[str, list[Life]] = {}
    for one in found:
        lives.setdefault(one.life.journey, []).append(one.life)
    coverage = {
        journey: covered(release.journeys[journey], [run for life in those for run in life.runs])
        for journey, those in sorted(lives.items())
    }
    return Report(tuple(found), coverage)


def failing(release: Release, written: Written) -> Sequence[Problem]:
    """A warning for each scenario that does not come out as expected."""
    return [_warning(one) for one in tried(release, written).tried if not one.passed]


def _warning(one: Tried) -> Problem:
    first = one.differences[0]
    message = f'the scenario "{one.name}" fails: {first.message}'
    mend = f"See samovar test {one.life.journey}; mend the journey, or what is expected of it"
    path: Path = ("scenarios", one.place, *first.path)
    return one.document.problem(path, message, mend, code="scenario-fails", severity="warning")


def missing(release: Release, coverage: Mapping[str, Coverage]) -> Iterable[tuple[str, Way, Path]]:
    """Every way that no scenario takes: its journey, itself, and where its step stands in the journey's file."""
    for journey, found in coverage.items():
        steps = places(release.journeys[journey])
        for way in found.missing:
            yield journey, way, steps.get(way.step, ())
