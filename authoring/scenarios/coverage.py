"""Which ways through a journey its scenarios took: branches, how waits ended, how runs ended."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from authoring.definitions import steps_of
from authoring.load import Path
from authoring.scenarios.run import ways_of
from authoring.scenarios.world import Run
from functions.core.journey import Journey
from functions.core.steps import (
    Add,
    CallWebhook,
    Exit,
    Handoff,
    Holdout,
    If,
    Notify,
    Repeat,
    Send,
    Split,
    StartStep,
    Step,
    Switch,
    TagStep,
    Untag,
    Update,
    Wait,
)
from functions.core.tree import ways
from functions.core.waiting import Until, UntilDate

ENDS = "(ends)"


@dataclass(frozen=True, slots=True)
class Way:
    """One way through a journey: a step and an outcome of it, or (ends) and how a run ends."""

    step: str
    outcome: str

    def __str__(self) -> str:
        return f"ends: {self.outcome}" if self.step == ENDS else f"{self.step}: {self.outcome}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """The ways of a journey that scenarios took, and those that none took, in authored order."""

    taken: tuple[Way, ...]
    missing: tuple[Way, ...]

    @property
    def percent(self) -> int:
        """Of a hundred ways so many were taken, rounded down."""
        return len(self.taken) * 100 // (len(self.taken) + len(self.missing))


def covered(journey: Journey, runs: Iterable[Run]) -> Coverage:
    """What `runs` cover of a journey."""
    seen: set[Way] = set()
    for run in runs:
        seen |= {Way(passed.step, passed.outcome) for passed in run.path}
        if not run.enrollment.active:
            seen.add(Way(ENDS, _end(run)))
    every = list(_ways(journey))
    return Coverage(tuple(way for way in every if way in seen), tuple(way for way in every if way not in seen))


def places(journey: Journey) -> dict[str, Path]:
    """Where each step stands in the journey's file."""
    return {step.id: path for path, step in steps_of(journey.steps)}


def _end(run: Run) -> str:
    """How a run ended: done, goal, at a step that lets people leave, or because the exit rule held or time was over."""
    left = run.path and run.path[-1].outcome in ("exit", "held-out")
    return "by its exit rule" if run.enrollment.state == "exited" and not left else run.enrollment.state


def _ways(journey: Journey) -> Iterator[Way]:
    for _, step in steps_of(journey.steps):
        yield from (Way(step.id, outcome) for outcome in outcomes(step))
    if _leads_on(journey.steps):
        yield Way(ENDS, "done")
    if journey.goal is not None:
        yield Way(ENDS, "goal")
    if journey.exit is not None:
        yield Way(ENDS, "by its exit rule")


def outcomes(step: Step) -> Sequence[str]:
    """How a step can be passed, where there is more to say than that it was; [] elsewhere."""
    match step:
        case If() | Switch():
            return [name for _, name, _ in ways(step)]
        case Split() | Holdout():
            return ways_of(step)
        case Wait():
            match step.wait:
                case Until():
                    return ["until", "limit"]
                case UntilDate():
                    return ["passed", "no-day"] if step.wait.until_trait else ["passed"]
                case _:
                    return ["passed"]
        case Repeat():
            ends = [("until", step.until is not None), ("enough", step.at_most is not None)]
            return ["again", *(name for name, there in ends if there)]
        case Exit():
            return ["exit"]
        case Send() | Update() | TagStep() | Untag() | Add() | CallWebhook() | Notify() | Handoff() | StartStep():
            return []
        case _:
            assert_never(step)


def _leads_on(steps: Sequence[Step]) -> bool:
    """Whether anybody comes out at the end of steps."""
    for step in steps:
        match step:
            case Exit():
                return False
            case Repeat() if step.until is None and step.at_most is None:
                return False
            case If() | Switch() | Split() if not any(_leads_on(inside) for _, _, inside in ways(step)):
                return False
            case _:
                pass
    return True
