"""Which scenarios are new, changed, or fail, and whether they failed before."""

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from authoring.compile import Bundle
from authoring.load import load
from authoring.plan.base import Base
from authoring.plan.model import Trial
from authoring.scenarios.model import Scenario, Scenarios
from authoring.scenarios.trial import Tried, tried
from functions.core import renaming
from functions.core.release import Release

_FOLDER = "scenarios/"


def trials(made: Bundle, base: Base) -> tuple[Trial, ...]:
    """The scenarios that are new, changed, gone or fail; those that are as they were and pass are left out."""
    was = _written(base.sources or {})
    earlier = None if base.release is None else renaming.authored(base.release, made.content.names)
    found = list(_those(made, earlier, was, known=base.sources is not None))
    now = {(name, one.name) for name, (_, file) in made.scenarios.items() for one in file.scenarios}
    for (file, name), (journey, _) in sorted(was.items()):
        if (file, name) not in now:
            found.append(Trial(journey, name, f"{_FOLDER}{file}.yaml", 0, "removed", passes=True))
    return tuple(found)


def _those(
    made: Bundle, earlier: Release | None, was: Mapping[tuple[str, str], tuple[str, Scenario]], *, known: bool
) -> Iterator[Trial]:
    for id, (document, file) in made.scenarios.items():
        report = tried(made.authored, {id: (document, file)})
        for one in report.tried:
            held = was.get((id, one.name))
            differs = "added" if held is None else "changed" if held[1] != one.life.scenario else "same"
            how = differs if known else "same"
            if how == "same" and one.passed:
                continue
            before = None if earlier is None else _before(earlier, file, one)
            path, line, _ = one.where()
            says = "" if one.passed else one.differences[0].message
            yield Trial(file.journey, one.name, path, line, how, one.passed, before, says)  # type: ignore[arg-type]


def _before(earlier: Release, file: Scenarios, one: Tried) -> bool | None:
    """Whether a scenario passes by earlier rules; None where they have no such journey, or what it names."""
    if file.journey not in earlier.journeys:
        return None
    alone = file.model_copy(update={"scenarios": [one.life.scenario]})
    try:
        return tried(earlier, {"before": (one.document, alone)}).passed
    except (KeyError, LookupError, ValueError):
        return None


def _written(sources: Mapping[str, str]) -> dict[tuple[str, str], tuple[str, Scenario]]:
    """Scenarios of files, by (file, name) with the journey; those that can't be read any more are left out."""
    found: dict[tuple[str, str], tuple[str, Scenario]] = {}
    for name, text in sources.items():
        if name.startswith(_FOLDER) and name.endswith(".yaml"):
            try:
                read = Scenarios.model_validate(load(name, text).data)
            except ValidationError:
                continue
            id = name.removeprefix(_FOLDER).removesuffix(".yaml")
            found |= {(id, one.name): (read.journey, one) for one in read.scenarios}
    return found
