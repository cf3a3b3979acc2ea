"""How a journey differs, step by step, in sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from authoring.plan.model import Line
from functions.core.changes import inside
from functions.core.journey import Journey
from functions.core.release import Release
from functions.core.steps import Step
from functions.core.telling import of_start, of_step
from functions.core.tree import ways


@dataclass(frozen=True, slots=True)
class Told:
    """A step in words: where it stands ("in keen: then", "" at the top), what it does, and all that it says itself."""

    id: str
    where: str
    text: str
    own: Mapping[str, Any]


def told(steps: Sequence[Step], release: Release, where: str = "") -> Iterator[Told]:
    """Every step of a tree, depth first, in authored order."""
    for step in steps:
        yield Told(step.id, where, of_step(step, release), own(step))
        for _, way, within in ways(step):
            yield from told(within, release, f"in {step.id}: {way}")


def own(step: Step) -> Mapping[str, Any]:
    """What a step says itself, without the steps that stand in it."""
    plain = step.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for path, _, _ in ways(step):
        *ahead, last = path
        part: Any = plain
        for key in ahead:
            part = part[key]
        # The list of a repeated part is its own key, and says nothing but its steps.
        part.pop(last, None) if isinstance(part, dict) else None
    return plain


def added(journey: Journey, release: Release) -> tuple[Line, ...]:
    """A journey that is new: what starts it, and all of its steps."""
    steps = (Line("+", _said(one)) for one in told(journey.steps, release))
    return (Line("+", f"starts {of_start(journey.start, release)}"), *steps)


def changed(before: Journey, old: Release, after: Journey, new: Release) -> tuple[Line, ...]:
    """What differs between two versions of a journey whose steps are called by the same names."""
    return (*_head(before, old, after, new), *_steps(before, old, after, new))


def _head(before: Journey, old: Release, after: Journey, new: Release) -> Iterator[Line]:
    was, now = of_start(before.start, old), of_start(after.start, new)
    if was != now:
        yield Line("~", f"starts {was} → {now}")
    first, second = _plain(before), _plain(after)
    if was != now:
        first.pop("start", None)
        second.pop("start", None)
    for detail in inside(first, second, ""):
        yield Line("~", detail)


def _plain(journey: Journey) -> dict[str, Any]:
    return journey.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"steps"})


def _steps(before: Journey, old: Release, after: Journey, new: Release) -> Iterator[Line]:
    was = {one.id: one for one in told(before.steps, old)}
    now = {one.id: one for one in told(after.steps, new)}
    names, later = list(was), list(now)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, names, later, autojunk=False).get_opcodes():
        if tag == "equal":
            for name in later[j1:j2]:
                yield from _differs(was[name], now[name])
            continue
        yield from (Line("-", _said(was[name])) for name in names[i1:i2] if name not in now)
        for name in later[j1:j2]:
            if name not in was:
                yield Line("+", _said(now[name]))
            else:
                yield Line("~", f"{_said(now[name])} (stands elsewhere now)")
                yield from _differs(was[name], now[name], moved=True)


def _differs(was: Told, now: Told, *, moved: bool = False) -> Iterator[Line]:
    if was.text != now.text:
        yield Line("~", f"{_named(now)}: {was.text} → {now.text}")
    elif was.own != now.own:
        yield from (Line("~", f"{_named(now)}: {detail}") for detail in inside(dict(was.own), dict(now.own), ""))
    elif was.where != now.where and not moved:
        yield Line("~", f"{_said(now)} (stood {was.where or 'at the top'} before)")


def _said(one: Told) -> str:
    return f"{_named(one)}: {one.text}"


def _named(one: Told) -> str:
    return f"{one.id} ({one.where})" if one.where else one.id
