"""The tree that a journey's steps make: what stands inside what, and what each asks. Pure."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from functions.core.conditions import Condition
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
from functions.core.waiting import Until

Way = tuple[tuple[str | int, ...], str, Sequence[Step]]
"""Where in a step other steps stand (a path of keys), what leads there, and the steps."""


def ways(step: Step) -> list[Way]:
    """The ways that lead on inside a step, in authored order: the outcome that goes each, and its steps."""
    match step:
        case If():
            return [(("then",), "then", step.then), (("else",), "else", step.else_)]
        case Switch():
            cases: list[Way] = [(("switch", place, "then"), one.id, one.then) for place, one in enumerate(step.switch)]
            return [*cases, (("otherwise",), "otherwise", step.otherwise)]
        case Split():
            return [(("split", place, "then"), one.id, one.then) for place, one in enumerate(step.split)]
        case Repeat():
            return [(("repeat",), "again", step.repeat)]
        case (
            Send()
            | Wait()
            | Holdout()
            | Update()
            | TagStep()
            | Untag()
            | Add()
            | CallWebhook()
            | Notify()
            | Handoff()
            | StartStep()
            | Exit()
        ):
            return []
        case _:
            assert_never(step)


def walk(steps: Sequence[Step]) -> Iterator[Step]:
    """Every step of a tree, depth first, in authored order."""
    for step in steps:
        yield step
        for _, _, inside in ways(step):
            yield from walk(inside)


def asked_by(step: Step) -> list[tuple[tuple[str | int, ...], Condition]]:
    """The conditions that a step itself asks, not those inside it, and where in it they stand."""
    match step:
        case If():
            return [(("if",), step.if_)]
        case Wait() if isinstance(step.wait, Until):
            return [(("wait", "until"), step.wait.until)]
        case Switch():
            return [(("switch", place, "when"), one.when) for place, one in enumerate(step.switch)]
        case Repeat() if step.until is not None:
            return [(("until",), step.until)]
        case _:
            return []
