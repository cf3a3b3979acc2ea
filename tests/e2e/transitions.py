"""What executions took, from their histories, as AWS bills it: each state that is entered, and each retry, is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authoring.scenarios.world import Run
from functions.core.alarm import name
from functions.core.enrollment import Enrollment
from local.stack import Stack

TIMED = ("passed", "limit", "no-day", "again", "enough")
"""Outcomes of a step at which a run stood until its time was over."""


@dataclass(frozen=True, slots=True)
class Taken:
    """State transitions of runs, and the waits at which they stood: ended by time, or by something that happened.
    `moved` is how often the moment that a wait waited for was another one."""

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


def taken(stack: Stack, stored: Enrollment, lived: Run) -> Taken:
    """What a run took: its executions on the stack, and its stops, which are those of virtual time."""
    executions = [name(stored, generation) for generation in range(1, stored.clock + 1)]
    counted = sum(transitions(history(stack, one)) for one in executions)
    timed = event = 0
    for stop in lived.stops:
        ended = next((one for one in lived.path if one.step == stop.step and one.at >= stop.at), None)
        if ended is not None and ended.outcome in TIMED:
            timed += 1
        else:
            event += 1
    return Taken(counted, timed, event)
