"""Checks of scoring.yaml, segments.yaml and funnel.yaml against everything that is defined."""

from collections.abc import Iterator
from itertools import pairwise

from authoring.asking import Asking
from authoring.definitions import Definitions, duplicates
from authoring.load import Document, Path
from authoring.problems import Problem
from functions.core.funnel import Funnel
from functions.core.scoring import Grade, Rule, Scoring
from functions.core.segments import Segments


def scoring(document: Document, scoring: Scoring, known: Definitions) -> Iterator[Problem]:
    """Rules of scores, of the grade and of tags."""
    asking = Asking(known)
    for name, score in scoring.scores.items():
        base: Path = ("scores", name, "rules")
        yield from duplicates(document, [((*base, i, "id"), rule.id) for i, rule in enumerate(score.rules)])
        for index, rule in enumerate(score.rules):
            yield from asking.match(document, (*base, index, "when"), rule.when)
            yield from _caps(document, (*base, index), rule)
    if scoring.temperature:
        yield from asking.score(document, ("temperature", "score"), scoring.temperature.score)
    if scoring.grade:
        yield from _grade(document, scoring.grade, asking)
    yield from duplicates(document, [(("tags", i, "id"), rule.id) for i, rule in enumerate(scoring.tags)])
    for index, tag in enumerate(scoring.tags):
        yield from asking.match(document, ("tags", index, "when"), tag.when)


def _caps(document: Document, path: Path, rule: Rule) -> Iterator[Problem]:
    """A cap that a shorter period's cap lies above says nothing."""
    caps = [(name, cap) for name in _CAPS if (cap := getattr(rule, name)) is not None]
    for (shorter, low), (longer, high) in pairwise(caps):
        if low > high:
            message = f"{shorter} is {low}, and {longer} lets no more than {high} count"
            mend = f"Remove {shorter}, or make it less than {high + 1}"
            yield document.problem((*path, shorter), message, mend, code="useless-cap", severity="warning")


def _grade(document: Document, grade: Grade, asking: Asking) -> Iterator[Problem]:
    yield from duplicates(document, [(("grade", "rules", i, "id"), rule.id) for i, rule in enumerate(grade.rules)])
    for index, rule in enumerate(grade.rules):
        yield from asking.condition(document, ("grade", "rules", index, "when"), rule.when)
    most = sum(max(0, rule.points) for rule in grade.rules)
    for letter in ("a", "b", "c"):
        if getattr(grade, letter) > most:
            message = f"nobody can have {_ARTICLES[letter]}: all rules together give {most} points"
            mend = f"Ask for {most} points or fewer, or let the rules give more"
            yield document.problem(("grade", letter), message, mend, code="never-holds")


def segments(document: Document, segments: Segments, known: Definitions) -> Iterator[Problem]:
    """Every segment's condition."""
    asking = Asking(known)
    for name, segment in segments.segments.items():
        yield from asking.condition(document, ("segments", name, "when"), segment.when)


def funnel(document: Document, funnel: Funnel, known: Definitions) -> Iterator[Problem]:
    """Every stage's condition."""
    asking = Asking(known)
    yield from duplicates(document, [(("stages", i, "id"), stage.id) for i, stage in enumerate(funnel.stages)])
    for index, stage in enumerate(funnel.stages):
        yield from asking.condition(document, ("stages", index, "when"), stage.when)
    last = len(funnel.stages) - 1
    if last >= 0 and (target := funnel.stages[last].target) and target.go_on is not None:
        path: Path = ("stages", last, "target", "go_on")
        message = "nobody goes on from the last stage"
        yield document.problem(path, message, "Remove go_on there, or add a stage after it", code="last-stage")


_CAPS = ("at_most_per_day", "at_most_per_week", "at_most_per_month")
_ARTICLES = {"a": "an A", "b": "a B", "c": "a C"}
