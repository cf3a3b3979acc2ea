"""Ways to break the demo, and what must be said of each."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from authoring.compile import bundle
from authoring.problems import CODES, Invalid, Problem
from tests.unit.authoring.folders import Folder

JOURNEY = "journeys/welcome.yaml"


def problems_in(folder: Folder) -> tuple[Problem, ...]:
    with pytest.raises(Invalid) as caught:
        bundle(folder.root)
    return caught.value.problems


def problems_with(file: str, folder: Folder, text: str) -> list[Problem]:
    """What is said of a file once this stands in it."""
    folder.write(file, text)
    return [problem for problem in problems_in(folder) if problem.file == file]


@dataclass(frozen=True)
class Broken:
    """One way to break the demo: the edit, what the first problem must say, and how many follow from it."""

    file: str
    edit: Callable[[Folder], None]
    at: str | int
    field: str
    message: str
    mend: str
    more: int = 0


def swap(old: str, new: str, file: str = JOURNEY) -> Callable[[Folder], None]:
    return lambda folder: folder.swap(file, old, new)


def check(folder: Folder, broken: Broken) -> None:
    """Break the demo: the first problem names file, line, field and the mend."""
    broken.edit(folder)
    problem, *more = problems_in(folder)
    assert len(more) == broken.more, [str(other) for other in more]
    line = folder.line(broken.file, broken.at) if isinstance(broken.at, str) else broken.at
    assert (problem.file, problem.line, problem.field) == (broken.file, line, broken.field)
    assert problem.column >= 1
    assert broken.message in problem.message
    assert problem.mend
    assert broken.mend in problem.mend
    assert problem.code in CODES
