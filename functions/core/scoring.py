"""Scores and temperature: rules as authored, points as a view of facts."""

from pydantic import Field, model_validator

from functions.core.conditions import EventMatch
from functions.core.definition import Definition, Duration, Id

DAY = 86_400


class Rule(Definition):
    """So many points for each matching event, at most so many events a day."""

    id: Id
    when: EventMatch
    points: int = Field(ge=-1000, le=1000, description="Below zero they are taken off.")
    at_most_per_day: int | None = Field(None, ge=1, le=1000, description="Events a day that count; all, without it.")


class Score(Definition):
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


class Scoring(Definition):
    """scoring.yaml"""

    scores: dict[Id, Score] = Field(default_factory=dict)
    temperature: Temperature | None = None
