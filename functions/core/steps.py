"""The steps of a journey as authored: a tree, each step with an id that stays."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag, model_validator

from functions.core.channels import Content
from functions.core.comparisons import Scalar
from functions.core.conditions import Condition, TagName
from functions.core.definition import Definition, Duration, Id, Lasting
from functions.core.waiting import Until, UntilDate, UntilOpen, wait_kind

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
TraitName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\s.$][^.$]*$")]
"""The name of a trait that can be set: no dot leads into it."""


class Send(Lasting):
    """Send a template: an e-mail by its id, or another channel's as {sms: ID}; `topic` overrides the journey's."""

    id: Id
    send: Content
    topic: Id | None = None


class Wait(Lasting):
    """Wait for a time, until a condition holds with a limit, until a day, or until a time of the week."""

    id: Id
    wait: Annotated[
        Annotated[Duration, Tag("time")]
        | Annotated[Until, Tag("until")]
        | Annotated[UntilDate, Tag("date")]
        | Annotated[UntilOpen, Tag("open")],
        Discriminator(wait_kind),
    ]


class If(Lasting):
    """Go one way where the condition holds, the other where it does not."""

    id: Id
    if_: Condition = Field(alias="if")
    then: list[Step] = Field(default_factory=list)
    else_: list[Step] = Field(default_factory=list, alias="else")


class Case(Definition):
    """One way of a switch, for whoever it holds for."""

    id: Id
    when: Condition
    then: list[Step] = Field(default_factory=list)


def _own_ids(ways: Any) -> Any:
    names = [way.id for way in ways]
    if len(set(names)) < len(names):
        raise ValueError("each way needs an id of its own; change one of them")
    if "otherwise" in names:
        raise ValueError('no way can be called "otherwise"; choose another id')
    return ways


class Switch(Lasting):
    """Go the first way whose condition holds, `otherwise` where none does: an answer may be unknown."""

    id: Id
    switch: Annotated[list[Case], Field(min_length=1, max_length=50), AfterValidator(_own_ids)]
    otherwise: list[Step] = Field(description="Where none of them holds; [] to go on.")


class Share(Definition):
    """One way of a split, for so many of a hundred people."""

    id: Id
    percent: int = Field(ge=0, le=100, description="So many of a hundred; all ways together make a hundred.")
    then: list[Step] = Field(default_factory=list)


def _a_hundred(ways: list[Share]) -> list[Share]:
    if sum(way.percent for way in ways) != 100:
        raise ValueError(f"the ways make {sum(way.percent for way in ways)} percent; let them make 100")
    return ways


class Split(Lasting):
    """Go one of several ways by chance, the same for a person each time."""

    id: Id
    split: Annotated[
        list[Share], Field(min_length=2, max_length=20), AfterValidator(_own_ids), AfterValidator(_a_hundred)
    ]


class Holdout(Lasting):
    """Let so many of a hundred people, the same each time, leave here: what they do tells what the rest is worth."""

    id: Id
    holdout: int = Field(ge=1, le=90, description="So many of a hundred leave.")


class Change(Definition):
    """What is changed about a contact."""

    traits: dict[TraitName, Scalar | None] = Field(
        default_factory=dict, description="Values to set; null takes one away."
    )
    stage: Id | None = Field(None, description="The stage of the funnel that they are put at.")

    @model_validator(mode="after")
    def _something(self) -> Change:
        if not self.traits and self.stage is None:
            raise ValueError("say what changes: traits, stage, or both")
        return self


class Update(Lasting):
    """Change what is known about the contact."""

    id: Id
    update: Change


class TagStep(Lasting):
    """Put a tag on the contact."""

    id: Id
    tag: TagName


class Untag(Lasting):
    """Take a tag off the contact."""

    id: Id
    untag: TagName


class Points(Definition):
    """Points for one score."""

    score: Id
    points: int = Field(ge=-1000, le=1000, description="Below zero they are taken off.")


class Add(Lasting):
    """Add points to a score; they halve like all others."""

    id: Id
    add: Points


class CallWebhook(Lasting):
    """Call a webhook of marketing/webhooks/, signed and tried again; `keep` makes traits of its answer."""

    id: Id
    webhook: Id
    keep: dict[TraitName, Text] = Field(
        default_factory=dict, description="Traits from the JSON answered: {trait: path.into.the.answer}."
    )


class Notice(Definition):
    """A mail to people of the business; its texts may hold {{ contact.first_name }} and the like."""

    to: Id = Field(description="Who: a group of staff in sending.yaml.")
    subject: Text
    text: Text = "{{ contact.email | default('') }}"


class Notify(Lasting):
    """Tell people of the business."""

    id: Id
    notify: Notice


class Lead(Definition):
    """Why sales should look at a contact."""

    to: Id = Field(description="Who: a group of staff in sending.yaml.")
    reason: Text = Field(description="Why now, in words.")


class Handoff(Lasting):
    """Hand the contact to sales, with the reason."""

    id: Id
    handoff: Lead


class StartStep(Lasting):
    """Start another journey for the contact, by its own rule of re-entry."""

    id: Id
    start: Id


class Repeat(Lasting):
    """Do the steps again and again: until the condition holds, which is asked before each turn, or so many times.

    Each turn passes a wait. Without `until` and `at_most` only the goal, the exit rule or the end ends it.
    """

    id: Id
    repeat: list[Step] = Field(min_length=1)
    until: Condition | None = None
    at_most: int | None = Field(None, ge=1, le=100_000, description="So many turns.")


class Exit(Lasting):
    """Leave the journey here."""

    id: Id
    exit: Literal[True]


STEPS: Final[dict[str, type[Definition]]] = {
    "send": Send,
    "wait": Wait,
    "if": If,
    "switch": Switch,
    "split": Split,
    "holdout": Holdout,
    "update": Update,
    "tag": TagStep,
    "untag": Untag,
    "add": Add,
    "webhook": CallWebhook,
    "notify": Notify,
    "handoff": Handoff,
    "start": StartStep,
    "repeat": Repeat,
    "exit": Exit,
}


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
    | Annotated[Switch, Tag("switch")]
    | Annotated[Split, Tag("split")]
    | Annotated[Holdout, Tag("holdout")]
    | Annotated[Update, Tag("update")]
    | Annotated[TagStep, Tag("tag")]
    | Annotated[Untag, Tag("untag")]
    | Annotated[Add, Tag("add")]
    | Annotated[CallWebhook, Tag("webhook")]
    | Annotated[Notify, Tag("notify")]
    | Annotated[Handoff, Tag("handoff")]
    | Annotated[StartStep, Tag("start")]
    | Annotated[Repeat, Tag("repeat")]
    | Annotated[Exit, Tag("exit")],
    Discriminator(
        step_kind,
        custom_error_type="step_kind",
        custom_error_message="expected a step: one of " + ", ".join(STEPS),
    ),
]

Acting = Send | Update | TagStep | Untag | Add | CallWebhook | Notify | Handoff | StartStep
"""The steps that do something and go on."""

for _model in (Wait, If, Case, Switch, Share, Split, Repeat):
    _model.model_rebuild()
