"""Journeys as authored: what starts one, what ends it, and a tree of steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, PlainSerializer, Tag, model_validator

from functions.core.comparisons import Day
from functions.core.conditions import Condition, EventMatch
from functions.core.definition import Definition, Duration, Id, Lasting, parse_duration, spell_duration
from functions.core.hours import Hours, Time, Weekday, ever_open
from functions.core.steps import Repeat, Step
from functions.core.tree import ways


class Becomes(Definition):
    """A line is crossed: a condition comes to hold that did not hold before, by what somebody does or by time.

    Segments entered or left, scores and temperatures reached, stages, birthdays and trial ends are such lines.
    """

    becomes: Condition


class Schedule(Definition):
    """By the calendar, for everybody who is in a segment at that moment."""

    every: Weekday | Literal["day", "month"] = Field(description="day, month, or a day of the week.")
    day: int | None = Field(None, ge=1, le=31, description="With every: month: its day; the last where it is shorter.")
    at: Time = Field("09:00", description="The time of day, by the business's clock.")
    segment: Id

    @model_validator(mode="after")
    def _day_of_month(self) -> Schedule:
        if self.every == "month" and self.day is None:
            raise ValueError("every month needs its day; write day: 1, up to day: 31")
        if self.every != "month" and self.day is not None:
            raise ValueError("a day of the month goes with every: month alone; remove day, or write month")
        return self


class Requested(Definition):
    """Somebody asks for it: a call of the API with a secret key, a step `start` of another journey, a person."""

    requested: Literal[True]


TRIGGERS: Final[dict[str, type[Definition]]] = {
    "event": EventMatch,
    "becomes": Becomes,
    "every": Schedule,
    "requested": Requested,
}


def trigger_kind(value: Any) -> str | None:
    """The key that names the kind of trigger, or None where no kind is named."""
    if isinstance(value, Definition):
        return next((kind for kind, model in TRIGGERS.items() if type(value) is model), None)
    if isinstance(value, dict):
        return next((kind for kind in TRIGGERS if kind in value), None)
    return None


Trigger = Annotated[
    Annotated[EventMatch, Tag("event")]
    | Annotated[Becomes, Tag("becomes")]
    | Annotated[Schedule, Tag("every")]
    | Annotated[Requested, Tag("requested")],
    Discriminator(
        trigger_kind,
        custom_error_type="trigger_kind",
        custom_error_message="expected what starts the journey: one of " + ", ".join(TRIGGERS),
    ),
]


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


class ByProperty(Definition):
    """Runs are told apart by a property of the event that starts them, such as an order's id."""

    property: str = Field(min_length=1, max_length=100)


Per = Annotated[
    Annotated[Literal["contact", "event"], Tag("word")] | Annotated[ByProperty, Tag("property")],
    Discriminator(lambda value: "property" if isinstance(value, dict | ByProperty) else "word"),
]


class Start(Definition):
    """What enrolls a contact, whom, and whether they may come again."""

    when: Trigger
    only_if: Condition | None = Field(None, description="Whoever this does not hold for is not enrolled.")
    again: Again = "never"
    one_per: Per = Field(
        "contact",
        description="How many runs a person may have side by side: one (contact), one for each event that starts it "
        "(event), or one for each value of a property of that event, as in {property: order_id}.",
    )

    @model_validator(mode="after")
    def _something_to_tell_apart(self) -> Start:
        if self.one_per != "contact" and not isinstance(self.when, EventMatch):
            raise ValueError("one_per is for journeys that an event starts; remove it, or start with an event")
        return self


class Limit(Definition):
    """At most so many of the journey's messages to one person within a time; the rest is withheld."""

    at_most: int = Field(ge=1, le=50)
    within: Duration


class Journey(Lasting):
    """marketing/journeys/ID.yaml"""

    title: str = ""
    topic: Id
    start: Start
    goal: EventMatch | None = Field(None, description="An event after entry that ends the journey as reached.")
    exit: Condition | None = Field(None, description="Leaves the journey as soon as it holds.")
    ends: Day | None = Field(
        None, description="From this day on, where the business is, nobody enters, and whoever is inside leaves."
    )
    hours: Annotated[list[Hours], AfterValidator(ever_open)] = Field(
        default_factory=list, description="When its messages go out, besides what sending.yaml says."
    )
    limit: Limit | None = Field(None, description="How many of its messages one person gets.")
    steps: list[Step] = Field(min_length=1)

    @cached_property
    def repeated(self) -> Mapping[str, str]:
        """The innermost repeated part that each step stands in, by the step's id; of those that stand in one."""
        return dict(_repeated(self.steps, ""))

    def conditions(self) -> list[tuple[tuple[str | int, ...], Condition]]:
        """The conditions that stand outside its steps, and where."""
        found: list[tuple[tuple[str | int, ...], Condition]] = []
        if isinstance(self.start.when, Becomes):
            found.append((("start", "when", "becomes"), self.start.when.becomes))
        if self.start.only_if is not None:
            found.append((("start", "only_if"), self.start.only_if))
        if self.exit is not None:
            found.append((("exit",), self.exit))
        return found

    def matches(self) -> list[tuple[tuple[str | int, ...], EventMatch]]:
        """The events that it starts with or that are its goal, and where they stand."""
        found: list[tuple[tuple[str | int, ...], EventMatch]] = []
        if isinstance(self.start.when, EventMatch):
            found.append((("start", "when"), self.start.when))
        if self.goal is not None:
            found.append((("goal",), self.goal))
        return found


def _repeated(steps: Sequence[Step], inside: str) -> Iterator[tuple[str, str]]:
    for step in steps:
        if inside:
            yield step.id, inside
        for _, _, within in ways(step):
            yield from _repeated(within, step.id if isinstance(step, Repeat) else inside)


for _model in (Start, Journey):
    _model.model_rebuild()
