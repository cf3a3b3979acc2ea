"""Scores, temperature, grade, and tags from what people do: rules as authored, points as a view of facts."""

from pydantic import Field, model_validator

from functions.core.conditions import Condition, EventMatch, TagName
from functions.core.definition import Definition, Duration, Id, Lasting

DAY = 86_400


class Rule(Lasting):
    """So many points for each matching event, at most so many events in a period, or for the first one alone."""

    id: Id
    when: EventMatch
    points: int = Field(ge=-1000, le=1000, description="Below zero they are taken off.")
    at_most_per_day: int | None = Field(None, ge=1, le=1000, description="Events a day that count; all, without it.")
    at_most_per_week: int | None = Field(None, ge=1, le=1000, description="Events a week (from Monday) that count.")
    at_most_per_month: int | None = Field(None, ge=1, le=1000, description="Events a calendar month that count.")
    once: bool = Field(False, description="Only the first event of all counts.")

    @model_validator(mode="after")
    def _once_alone(self) -> "Rule":
        if self.once and (self.at_most_per_day or self.at_most_per_week or self.at_most_per_month):
            raise ValueError("once needs no at_most_per_…")
        return self


class Score(Lasting):
    """A named score: rules whose points halve every half-life."""

    title: str = ""
    half_life: Duration = 30 * DAY
    rules: list[Rule] = Field(default_factory=list)

    @model_validator(mode="after")
    def _whole_days(self) -> "Score":
        if self.half_life % DAY:
            raise ValueError("half_life must be whole days")
        return self


class Band(Definition):
    """Where a temperature band is entered, and below which it is left again (hysteresis)."""

    at_least: int = Field(description="Points at which the band is entered.")
    until_below: int = Field(description="Points below which it is left; not above at_least.")

    @model_validator(mode="after")
    def _ordered(self) -> "Band":
        if self.until_below > self.at_least:
            raise ValueError("until_below must not be above at_least")
        return self


class Temperature(Definition):
    """Bands over one score; whoever is in neither is cold."""

    score: Id
    warm: Band
    hot: Band

    @model_validator(mode="after")
    def _ordered(self) -> "Temperature":
        if self.hot.at_least <= self.warm.at_least:
            raise ValueError("hot must start above warm")
        if self.hot.until_below < self.warm.until_below:
            raise ValueError("hot must not be kept below where warm is left")
        return self


class Fit(Lasting):
    """So many points of fit while a condition holds."""

    id: Id
    when: Condition
    points: int = Field(ge=-1000, le=1000, description="Below zero they are taken off.")


class Grade(Definition):
    """How well a contact fits, from what is known about them: A, B, C, or D for all others."""

    rules: list[Fit] = Field(min_length=1)
    a: int = Field(description="Points of fit for an A.")
    b: int = Field(description="Points of fit for a B; fewer than for an A.")
    c: int = Field(description="Points of fit for a C; fewer than for a B.")

    @model_validator(mode="after")
    def _ordered(self) -> "Grade":
        if not self.a > self.b > self.c:
            raise ValueError("a must need more points than b, and b more than c")
        return self


class TagRule(Lasting):
    """A tag for whoever does something: this one, or one named by a property, such as a page's topic."""

    id: Id
    when: EventMatch
    tag: TagName | None = Field(None, description="The tag.")
    from_: str | None = Field(
        None,
        alias="from",
        min_length=1,
        max_length=100,
        description="The property whose value, or values, are the tag.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> "TagRule":
        if (self.tag is None) == (self.from_ is None):
            raise ValueError("give exactly one of tag and from")
        return self


class Scoring(Definition):
    """scoring.yaml"""

    scores: dict[Id, Score] = Field(default_factory=dict)
    temperature: Temperature | None = None
    grade: Grade | None = None
    tags: list[TagRule] = Field(default_factory=list)
