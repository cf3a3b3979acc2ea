"""Journeys as authored: a trigger, a goal, and a tree of steps with stable ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag

from functions.core.channels import Content
from functions.core.conditions import Condition, EventMatch
from functions.core.definition import Definition, Duration, Id, parse_duration, spell_duration


class Start(Definition):
    """What enrolls a contact, and whether they may come again."""

    when: EventMatch
    again: Again = "never"


def _parse_again(value: Any) -> Any:
    if value in ("never", "always") or not isinstance(value, str) or not value.startswith("after "):
        if value not in ("never", "always"):
            raise ValueError('expected never, always, or "after 30 days"')
        return value
    return parse_duration(value.removeprefix("after "))


Again = Annotated[
    Literal["never", "always"] | int,
    BeforeValidator(_parse_again, json_schema_input_type=str),
    PlainSerializer(
        lambda value: value if isinstance(value, str) else f"after {spell_duration(value)}", return_type=str
    ),
    Field(description='never, always, or "after 30 days" since the last time it started.'),
]
"""Re-entry rule: a word, or seconds since the last entry."""


class Send(Definition):
    """Send a template: an e-mail by its id, or another channel's as {sms: ID}; `topic` overrides the journey's."""

    id: Id
    send: Content
    topic: Id | None = None


class Until(Definition):
    """A wait that a condition ends, or the limit does."""

    until: Condition
    at_most: Duration


def _wait_kind(value: Any) -> str:
    return "until" if isinstance(value, dict | Until) else "time"


class Wait(Definition):
    """Wait for a time, or until a condition holds with a limit."""

    id: Id
    wait: Annotated[
        Annotated[Duration, Tag("time")] | Annotated[Until, Tag("until")],
        Discriminator(_wait_kind),
    ]


class If(Definition):
    """Go one way where the condition holds, the other where it does not."""

    id: Id
    if_: Condition = Field(alias="if")
    then: list[Step] = Field(default_factory=list)
    else_: list[Step] = Field(default_factory=list, alias="else")


class TagStep(Definition):
    """Put a tag on the contact."""

    id: Id
    tag: Id


class Exit(Definition):
    """Leave the journey here."""

    id: Id
    exit: Literal[True]


STEPS: dict[str, type[Definition]] = {"send": Send, "wait": Wait, "if": If, "tag": TagStep, "exit": Exit}


def step_kind(value: Any) -> str | None:
    """The key that names the kind of step, or None where no kind is named."""
    if isinstance(value, Definition):
        return next((kind for kind, model in STEPS.items() if type(value) is model), None)
    if isinstance(value, dict):
        return next((kind for kind in STEPS if kind in value), None)
    return None


Step = Annotated[
    Annotated[Send, Tag("send")]
    | Annotated[Wait, Tag("wait")]
    | Annotated[If, Tag("if")]
    | Annotated[TagStep, Tag("tag")]
    | Annotated[Exit, Tag("exit")],
    Discriminator(
        step_kind,
        custom_error_type="step_kind",
        custom_error_message="expected a step: one of " + ", ".join(STEPS),
    ),
]


class Journey(Definition):
    """marketing/journeys/ID.yaml"""

    title: str = ""
    topic: Id
    start: Start
    goal: EventMatch | None = Field(None, description="An event after entry that ends the journey as reached.")
    exit: Condition | None = Field(None, description="Leaves the journey as soon as it holds.")
    steps: list[Step] = Field(min_length=1)


for _model in (Start, Wait, If, Journey):
    _model.model_rebuild()


def walk(steps: list[Step]) -> Iterator[Step]:
    """Every step of a tree, depth first, in authored order."""
    for step in steps:
        yield step
        if isinstance(step, If):
            yield from walk(step.then)
            yield from walk(step.else_)
