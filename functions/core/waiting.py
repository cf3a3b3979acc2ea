"""What a journey's wait waits for, other than a length of time: as authored. core/waits.py says what is over."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from functions.core.comparisons import Day, Days
from functions.core.conditions import Condition
from functions.core.definition import Definition, Duration
from functions.core.hours import Only, Time


class Until(Definition):
    """A wait that a condition ends, or the limit does."""

    until: Condition
    at_most: Duration


class UntilDate(Definition):
    """A wait until a day, or the day that a trait names, so long before or after it, at a time of day by the
    contact's clock. Whoever has no such day, or whose moment is over, goes on at once."""

    until_day: Day | None = Field(None, description="The day, such as 2027-03-08.")
    until_trait: str | None = Field(None, min_length=1, max_length=100, description="The trait that names the day.")
    before: Days | None = Field(None, description="So much earlier, in whole days.")
    after: Days | None = Field(None, description="So much later, in whole days.")
    at: Time = Field("09:00", description="The time of day, by the contact's clock.")

    @model_validator(mode="after")
    def _one_day(self) -> UntilDate:
        if (self.until_day is None) == (self.until_trait is None):
            raise ValueError("give exactly one of until_day and until_trait")
        if self.before and self.after:
            raise ValueError("give before or after, not both")
        return self


class UntilOpen(Definition):
    """A wait until days of the week and a time of day, by the contact's clock; over at once where it is such a time."""

    until_open: Only = Field(description='When: {on: [monday, …], between: ["09:00", "18:00"]}.')


def wait_kind(value: Any) -> str:
    """Which kind of wait is written: time, until, date or open."""
    if isinstance(value, Until):
        return "until"
    if isinstance(value, UntilDate):
        return "date"
    if isinstance(value, UntilOpen):
        return "open"
    if isinstance(value, dict):
        # A misspelt key is told among those that it is nearest to.
        begins = {str(key)[:7] for key in value}
        if begins & {"until_d", "until_t"}:
            return "date"
        return "open" if "until_o" in begins else "until"
    return "time"
