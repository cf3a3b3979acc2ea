"""The one condition language, as written in definition files and as evaluated everywhere.

`evaluate` answers `(holds, until)`: whether the condition holds now, and a moment (ms)
before which the answer cannot change unless an event arrives; None means never.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from functions.core.comparisons import Day, Number, PropertyComparison, TraitComparison, Wanted
from functions.core.definition import Definition, Duration, Id, kind_among
from functions.core.ids import digest

COUNTED_EXACTLY: Final = 10
"""So many occurrences, and fewer, are told apart to the millisecond; more of them by whole days."""
Band = Literal["cold", "warm", "hot"]
Letter = Literal["A", "B", "C", "D"]
TagName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\s#]+$")]
"""A tag: letters of any script, digits and hyphens, lower-case."""


class EventMatch(Definition):
    """Which events are meant: a name, optionally a form, optionally what properties must be like."""

    event: str = Field(min_length=1, max_length=200, description='Name of the event, such as "Page Viewed".')
    form: Id | None = Field(None, description="Only submissions of this form.")
    where: dict[str, Wanted] = Field(
        default_factory=dict,
        description="What properties must be: a value, or a comparison. A dot leads into what they hold.",
    )

    @cached_property
    def key(self) -> str:
        """Stands for what is matched: equal for equal matches."""
        where = {
            name: wanted.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            if isinstance(wanted, PropertyComparison)
            else wanted
            for name, wanted in self.where.items()
        }
        return digest(self.event, self.form or "", json.dumps(where, sort_keys=True, ensure_ascii=False))[:8]


class Period(Definition):
    """When the first or the last of some events was."""

    within: Duration | None = Field(None, description='Not longer ago, such as "30 days".')
    longer_ago_than: Duration | None = Field(None, description='Longer ago, such as "60 days".')
    before: Day | None = Field(None, description="On an earlier day than this one.")
    after: Day | None = Field(None, description="On a later day than this one.")

    @model_validator(mode="after")
    def _some_bound(self) -> Period:
        if not any((self.within, self.longer_ago_than, self.before, self.after)):
            raise ValueError("say when: within, longer_ago_than, before or after")
        return self


class EventCondition(EventMatch):
    """How often something happened, when first or last, or what a property of it adds up to."""

    at_least: Number | None = Field(
        None, description="So many times (once, without any bound), or such a sum, or more."
    )
    at_most: Number | None = Field(None, description="So many times, or such a sum, or less.")
    above: Number | None = Field(None, description="With sum: more than this.")
    below: Number | None = Field(None, description="With sum: less than this.")
    never: Literal[True] | None = Field(None, description="Not even once.")
    sum: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Add up this property instead of counting; texts that are numbers count as well.",
    )
    first: Period | None = Field(None, description="When it happened for the first time.")
    last: Period | None = Field(None, description="When it happened most recently.")
    within: Duration | None = Field(
        None,
        description='Counting back from now, such as "30 days"; ever, without it. Sums and more than ten occurrences '
        "are counted by calendar days in the business's time zone, today among them.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> EventCondition:
        bounds = [name for name in ("at_least", "at_most", "above", "below") if getattr(self, name) is not None]
        if self.first or self.last:
            if bounds or self.never or self.sum or self.within or (self.first and self.last):
                raise ValueError("first and last say when, and stand alone; put other bounds into an all")
        elif self.sum is not None:
            if not bounds or self.never:
                raise ValueError("a sum needs a bound: at_least, at_most, above or below")
        else:
            self._counts(bounds)
        if self.within and self.by_days and self.within % 86_400:
            raise ValueError("what is counted by calendar days needs whole days in within")
        return self

    def _counts(self, bounds: list[str]) -> None:
        if bounds and self.never:
            raise ValueError("use either never or a number")
        if "above" in bounds or "below" in bounds:
            raise ValueError("occurrences are counted with at_least and at_most; above and below are for sums")
        for name, least in (("at_least", 1), ("at_most", 0)):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int) and least <= value <= 100_000):
                raise ValueError(f"{name} must be a whole number from {least} to 100000")
        if self.at_least is not None and self.at_most is not None and self.at_most < self.at_least:
            raise ValueError("at_most must not be below at_least")

    @property
    def by_days(self) -> bool:
        """Whether whole calendar days are counted, rather than exact moments."""
        return self.sum is not None or max(self.at_least or 0, (self.at_most or 0) + 1) > COUNTED_EXACTLY


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
    """The contact's temperature band is this one, or one of these."""

    temperature: Band | list[Band]

    @property
    def wanted(self) -> tuple[str, ...]:
        """The bands that are meant."""
        return tuple(self.temperature) if isinstance(self.temperature, list) else (self.temperature,)


class GradeCondition(Definition):
    """The contact's grade (how well they fit) is this one, or one of these."""

    grade: Letter | list[Letter]

    @property
    def wanted(self) -> tuple[str, ...]:
        """The grades that are meant."""
        return tuple(self.grade) if isinstance(self.grade, list) else (self.grade,)


class StageCondition(Definition):
    """The contact stands at this stage of the funnel, or at one of these."""

    stage: Id | list[Id]
    or_later: Literal[True] | None = Field(None, description="Or at a stage that comes after it.")
    for_at_least: Duration | None = Field(None, description='Standing there so long already, such as "14 days".')

    @property
    def wanted(self) -> tuple[str, ...]:
        """The stages that are named."""
        return tuple(self.stage) if isinstance(self.stage, list) else (self.stage,)


class TagCondition(Definition):
    """The contact carries a tag."""

    tag: TagName


class TraitCondition(TraitComparison):
    """A trait is like this."""

    trait: str = Field(min_length=1, max_length=100, description="Its name, such as first_name; a dot leads into it.")


class ConsentCondition(Definition):
    """The contact agreed to a topic by e-mail and has not withdrawn."""

    consent: Id


class SegmentCondition(Definition):
    """The contact is in a segment (evaluated inline)."""

    segment: Id


class EmailCondition(Definition):
    """An e-mail (by its template) was sent to the contact, delivered, opened or clicked by a person, or bounced."""

    email: Id
    was: Literal["sent", "delivered", "opened", "clicked", "bounced"]
    link: str | None = Field(
        None, min_length=1, max_length=500, description="With clicked: the address has this in it."
    )
    within: Duration | None = Field(None, description='Counting back from now, such as "30 days"; ever, without it.')

    @model_validator(mode="after")
    def _consistent(self) -> EmailCondition:
        if self.link is not None and self.was != "clicked":
            raise ValueError("link is for clicks alone; write was: clicked")
        return self


class JourneyCondition(Definition):
    """The contact is in a journey now, or has entered it or come out of it."""

    journey: Id
    is_: Literal["in"] | None = Field(None, alias="is", description="It goes on now.")
    was: Literal["entered", "ended", "finished", "exited", "goal"] | None = Field(
        None,
        description="It was entered; it ended in any way; it was finished to its last step; it was left before; "
        "or its goal was reached.",
    )
    within: Duration | None = Field(None, description="With was: counting back from now; ever, without it.")

    @model_validator(mode="after")
    def _one_bound(self) -> JourneyCondition:
        if (self.is_ is None) == (self.was is None):
            raise ValueError("give exactly one of is and was")
        if self.is_ and self.within:
            raise ValueError("within goes with was")
        return self


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
    "grade": GradeCondition,
    "stage": StageCondition,
    "tag": TagCondition,
    "trait": TraitCondition,
    "consent": ConsentCondition,
    "segment": SegmentCondition,
    "email": EmailCondition,
    "journey": JourneyCondition,
    "opened": OpenedCondition,
    "clicked": ClickedCondition,
    "all": AllCondition,
    "any": AnyCondition,
    "not": NotCondition,
}


def kind_of(value: Any) -> str | None:
    """The key that names the kind of condition, or None where no kind is named."""
    return kind_among(KINDS, value)


Condition = Annotated[
    Annotated[EventCondition, Tag("event")]
    | Annotated[ScoreCondition, Tag("score")]
    | Annotated[TemperatureCondition, Tag("temperature")]
    | Annotated[GradeCondition, Tag("grade")]
    | Annotated[StageCondition, Tag("stage")]
    | Annotated[TagCondition, Tag("tag")]
    | Annotated[TraitCondition, Tag("trait")]
    | Annotated[ConsentCondition, Tag("consent")]
    | Annotated[SegmentCondition, Tag("segment")]
    | Annotated[EmailCondition, Tag("email")]
    | Annotated[JourneyCondition, Tag("journey")]
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
