"""The one condition language, as written in definition files and as evaluated everywhere.

`evaluate` answers `(holds, until)`: whether the condition holds now, and a moment (ms)
before which the answer cannot change unless an event arrives; None means never.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from functions.core.definition import Definition, Duration, Id

Scalar = str | int | float | bool


class EventMatch(Definition):
    """Which events are meant: a name, optionally a form, optionally property values."""

    event: str = Field(min_length=1, max_length=200, description='Name of the event, such as "Page Viewed".')
    form: Id | None = Field(None, description="Only submissions of this form.")
    where: dict[str, Scalar] = Field(default_factory=dict, description="Properties that must have these values.")


class EventCondition(EventMatch):
    """An event happened at least so often, or never, within a time (or ever)."""

    at_least: int | None = Field(None, ge=1, le=10, description="So many times; once, without it.")
    never: Literal[True] | None = Field(None, description="Not even once.")
    within: Duration | None = Field(None, description='Counting back from now, such as "30 days"; ever, without it.')

    @model_validator(mode="after")
    def _one_bound(self) -> EventCondition:
        if self.at_least is not None and self.never:
            raise ValueError("use either at_least or never")
        return self


class ScoreCondition(Definition):
    """A score is at least, or below, a number of points."""

    score: Id
    at_least: int | None = Field(None, description="So many points or more.")
    below: int | None = Field(None, description="Fewer points than that.")

    @model_validator(mode="after")
    def _one_bound(self) -> ScoreCondition:
        if (self.at_least is None) == (self.below is None):
            raise ValueError("give exactly one of at_least and below")
        return self


class TemperatureCondition(Definition):
    """The contact's temperature band is this one."""

    temperature: Literal["cold", "warm", "hot"]


class TagCondition(Definition):
    """The contact carries a tag."""

    tag: Id


class TraitCondition(Definition):
    """A trait equals a value, is one of several, or is known at all."""

    trait: str = Field(min_length=1, max_length=100, description="Its name, such as first_name.")
    is_: Scalar | None = Field(None, alias="is", description="It has this value.")
    one_of: list[Scalar] | None = Field(None, description="It has one of these values.")
    known: bool | None = Field(None, description="Whether there is any value.")

    @model_validator(mode="after")
    def _one_bound(self) -> TraitCondition:
        if sum(bound is not None for bound in (self.is_, self.one_of, self.known)) != 1:
            raise ValueError("give exactly one of is, one_of and known")
        return self


class ConsentCondition(Definition):
    """The contact agreed to a topic by e-mail and has not withdrawn."""

    consent: Id


class SegmentCondition(Definition):
    """The contact is in a segment (evaluated inline)."""

    segment: Id


class OpenedCondition(Definition):
    """Inside a journey: the message that a send step sent was opened by a person."""

    opened: Id


class ClickedCondition(Definition):
    """Inside a journey: a link in the message that a send step sent was clicked by a person."""

    clicked: Id


class AllCondition(Definition):
    """Every part holds."""

    all: list[Condition] = Field(min_length=1)


class AnyCondition(Definition):
    """At least one part holds."""

    any: list[Condition] = Field(min_length=1)


class NotCondition(Definition):
    """The part does not hold."""

    not_: Condition = Field(alias="not")


KINDS: dict[str, type[Definition]] = {
    "event": EventCondition,
    "score": ScoreCondition,
    "temperature": TemperatureCondition,
    "tag": TagCondition,
    "trait": TraitCondition,
    "consent": ConsentCondition,
    "segment": SegmentCondition,
    "opened": OpenedCondition,
    "clicked": ClickedCondition,
    "all": AllCondition,
    "any": AnyCondition,
    "not": NotCondition,
}


def kind_of(value: Any) -> str | None:
    """The key that names the kind of condition, or None where no kind is named."""
    if isinstance(value, Definition):
        return next((kind for kind, model in KINDS.items() if type(value) is model), None)
    if isinstance(value, dict):
        return next((kind for kind in KINDS if kind in value), None)
    return None


Condition = Annotated[
    Annotated[EventCondition, Tag("event")]
    | Annotated[ScoreCondition, Tag("score")]
    | Annotated[TemperatureCondition, Tag("temperature")]
    | Annotated[TagCondition, Tag("tag")]
    | Annotated[TraitCondition, Tag("trait")]
    | Annotated[ConsentCondition, Tag("consent")]
    | Annotated[SegmentCondition, Tag("segment")]
    | Annotated[OpenedCondition, Tag("opened")]
    | Annotated[ClickedCondition, Tag("clicked")]
    | Annotated[AllCondition, Tag("all")]
    | Annotated[AnyCondition, Tag("any")]
    | Annotated[NotCondition, Tag("not")],
    Discriminator(
        kind_of,
        custom_error_type="condition_kind",
        custom_error_message="expected a condition: one of " + ", ".join(KINDS),
    ),
]

for _model in (AllCondition, AnyCondition, NotCondition):
    _model.model_rebuild()
