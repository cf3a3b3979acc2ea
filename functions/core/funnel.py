"""The funnel: the stages that a business sees its people go through."""

from pydantic import Field, model_validator

from functions.core.conditions import Condition
from functions.core.definition import Definition, Duration, Id, Lasting


class Target(Definition):
    """What the business wants of a stage: that so many people go on from it, within a time."""

    within: Duration | None = Field(None, description="How long people should stand there at most.")
    go_on: int | None = Field(None, ge=1, le=100, description="How many of a hundred should go on to a later stage.")

    @model_validator(mode="after")
    def _some_target(self) -> "Target":
        if self.within is None and self.go_on is None:
            raise ValueError("say what the target is: within, go_on, or both")
        return self


class Stage(Lasting):
    """A stage: people stand at the last one whose condition holds."""

    id: Id
    title: str = ""
    when: Condition
    owner: str = Field("", max_length=100, description="Who looks after the people there, such as marketing or sales.")
    target: Target | None = None


class Funnel(Definition):
    """funnel.yaml"""

    title: str = ""
    forward_only: bool = Field(False, description="Nobody goes back to an earlier stage, whatever happens.")
    stages: list[Stage] = Field(default_factory=list)

    def place(self, stage: str) -> int:
        """Where a stage stands among the others, -1 for none."""
        return next((place for place, one in enumerate(self.stages) if one.id == stage), -1)
