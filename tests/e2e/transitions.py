"""What executions took, from their histories, as AWS bills it: each state that is entered, and each retry, is one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from authoring.scenarios.world import Run
from functions.core.alarm import name
from functions.core.enrollment import Enrollment
from functions.tables import enrollments
from local.stack import Stack
from tests.e2e.played import Story
from tests.lives import in_order


@dataclass(frozen=True, slots=True)
class Taken:
    """State transitions of runs, and what they are allowed for: waits that time ended, those that something else
    ended, and how often one was to wait for another moment (twice where its alarm had rung by then)."""

    transitions: int = 0
    timed: int = 0
    event: int = 0
    moved: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(*(getattr(self, part) + getattr(other, part) for part in self.__slots__))

    @property
    def allowed(self) -> int:
        """Two for a wait that time ends, one for a wait that an event ends, one whenever a wait is moved."""
        return 2 * self.timed + self.event + self.moved


def history(stack: Stack, execution: str) -> list[Mapping[str, Any]]:
    """The events of an execution, oldest first."""
    arn = stack.state_machine_arn.replace(":stateMachine:", ":execution:") + f":{execution}"
    pages = stack.client("stepfunctions").get_paginator("get_execution_history")
    return [event for page in pages.paginate(executionArn=arn) for event in page["events"]]


def transitions(events: list[Mapping[str, Any]]) -> int:
    """How many state transitions a history shows."""
    entered = sum(event["type"].endswith("StateEntered") for event in events)
    # A retry schedules the task of the state once more, without entering it in the history.
    tasks = sum(event["type"] == "TaskStateEntered" for event in events)
    return entered + sum(event["type"] == "TaskScheduled" for event in events) - tasks


def taken_by(stack: Stack, story: Story) -> Iterator[tuple[Enrollment, Taken]]:
    """The runs of a story's person on the stack, and what each took."""
    assert story.life is not None
    rows = in_order([*enrollments.earlier(story.contact), *enrollments.of(story.contact)], lambda row: row)
    lives = in_order(story.life.world.runs, lambda run: run.enrollment)
    for row, life in zip(rows, lives, strict=True):
        one = taken(stack, row, life)
        if row.journey == story.journey:
            # What a program answers in virtual time before it is waited for is waited for on the stack.
            one += Taken(event=len(story.only_virtual))
        yield row, one


def taken(stack: Stack, stored: Enrollment, lived: Run) -> Taken:
    """What a run took: its executions on the stack, and its waits, which are those of virtual time."""
    executions = [name(stored, generation) for generation in range(1, stored.clock + 1)]
    counted = sum(transitions(history(stack, one)) for one in executions)
    timed = sum(stop.timed for stop in lived.stops)
    moved = sum(stop.moved + stop.in_vain for stop in lived.stops)
    # Where somebody still waits, the execution has entered its state for that once.
    return Taken(counted, timed, len(lived.stops) - timed, moved)
