"""Conditions that nobody can ever fulfil, as far as that can be seen at a glance."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from authoring.load import Document, Path
from authoring.problems import Problem
from functions.core import conditions as c
from functions.core.comparisons import Comparison
from functions.core.definition import spell_duration

_MEND = "Change one of them"


def never_holds(document: Document, path: Path, asked: c.Condition | c.EventMatch) -> Iterator[Problem]:
    """Bounds of one condition that exclude each other; not those of the parts inside it."""
    for place, message, mend in _contradictions(asked):
        yield document.problem((*path, *place), message, mend, code="never-holds")


def _contradictions(asked: c.Condition | c.EventMatch) -> Iterator[tuple[Path, str, str]]:
    match asked:
        case c.EventMatch():
            for name, wanted in asked.where.items():
                if isinstance(wanted, Comparison):
                    yield from _bounds(("where", name), wanted.bounds())
            if isinstance(asked, c.EventCondition):
                yield from _counted(asked)
        case c.TraitCondition():
            yield from _bounds((), asked.bounds())
        case c.ScoreCondition():
            if asked.below is not None and asked.below <= 0:
                yield ("below",), "no score is ever below zero", "Write a number above zero"
        case c.TemperatureCondition() | c.GradeCondition() | c.StageCondition():
            if not asked.wanted:
                yield (str(c.kind_of(asked)),), "the list is empty", "Write at least one entry after a hyphen"
        case _:
            pass


def _counted(asked: c.EventCondition) -> Iterator[tuple[Path, str, str]]:
    if asked.sum is not None:
        names = ("at_least", "at_most", "above", "below")
        yield from _bounds((), {name: value for name in names if (value := getattr(asked, name)) is not None})
    for word, period in (("first", asked.first), ("last", asked.last)):
        if period is None:
            continue
        if period.within and period.longer_ago_than and period.longer_ago_than >= period.within:
            message = f"it can't be within {spell_duration(period.within)} and longer ago than "
            yield (word,), message + spell_duration(period.longer_ago_than), _MEND
        yield from _days((word,), period.before, period.after)


def _bounds(path: Path, bounds: Mapping[str, Any]) -> Iterator[tuple[Path, str, str]]:
    low = max(
        ((value, name == "above", name) for name, value in bounds.items() if name in ("at_least", "above")),
        default=None,
    )
    high = min(
        ((value, name != "below", name) for name, value in bounds.items() if name in ("at_most", "below")), default=None
    )
    if low and high and (low[0] > high[0] or (low[0] == high[0] and (low[1] or not high[1]))):
        yield path, f"no number is {_spoken(low[2])} {low[0]} and {_spoken(high[2])} {high[0]}", _MEND
    yield from _days(path, bounds.get("before"), bounds.get("after"))
    starts, contains = bounds.get("in_the_last"), bounds.get("longer_ago_than")
    if starts and contains and contains >= starts:
        message = f"no day is in the last {spell_duration(starts)} and longer ago than {spell_duration(contains)}"
        yield path, message, _MEND


def _days(path: Path, before: Any, after: Any) -> Iterator[tuple[Path, str, str]]:
    both_days = isinstance(before, date) and isinstance(after, date)
    if (both_days and before - after < timedelta(days=2)) or (before == after == "today"):
        yield path, f"no day is after {after} and before {before}", _MEND


def _spoken(name: str) -> str:
    return name.replace("_", " ")
