"""marketing/scenarios/ID.yaml as authored: a person, what happens, and what is expected of a journey."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag, model_validator

from authoring.scenarios.moments import Moment, Wall
from functions.core.conditions import TagName
from functions.core.definition import Definition, Duration, Id
from functions.core.policy import REASONS

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\r\n]+$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _reason(code: str) -> str:
    if code not in REASONS:
        raise ValueError(f'"{code}" is no reason to withhold; use one of: {", ".join(REASONS)}')
    return code


Reason = Annotated[str, AfterValidator(_reason)]
"""Why a message is withheld: one of policy.REASONS."""


class Person(Definition):
    """Whom it happens to, as they are known when it starts."""

    traits: dict[Name, Any] = Field(
        default_factory=dict, description="What is known of them. Without email they have somebody@example.com."
    )
    tags: list[TagName] = Field(default_factory=list)
    consents: list[Id] = Field(default_factory=list, description="The topics that they agreed to.")
    locale: str | None = Field(None, description="Their language and region, such as tr or de-CH.")
    time_zone: str | None = Field(None, description="Where they live, such as Europe/Berlin.")
    push: bool = Field(False, description="Whether their browser takes notifications.")


class Happening(Definition):
    """Something that happens, at a moment."""

    at: Moment


class Event(Happening):
    """An event of theirs, as your site or shop sends it."""

    event: Name
    properties: dict[Name, Any] = Field(default_factory=dict)


class FormSent(Happening):
    """They send a form. What its fields refuse fails the scenario."""

    form: Id
    answers: dict[Name, Any] = Field(default_factory=dict, description="What they type, by field.")
    consents: list[str] = Field(default_factory=list, description="The boxes that they tick.")


class Confirmed(Happening):
    """They confirm what the form asked by mail (double opt-in)."""

    confirmed: Id = Field(description="The form.")


class Opened(Happening):
    """They open what a step sent last."""

    opened: Id = Field(description="The send step.")


class Clicked(Happening):
    """They click a link in what a step sent last."""

    clicked: Id = Field(description="The send step.")
    link: str = Field("", description="Where the link leads.")


class Bounced(Happening):
    """What a step sent last comes back for good: nothing more goes to that address."""

    bounced: Id = Field(description="The send step.")


class Unsubscribed(Happening):
    """They leave a topic."""

    unsubscribed: str = Field(description="The topic, or everything.")


class Known(Happening):
    """Something becomes known of them; null takes it away."""

    traits: dict[Name, Any]


class Tagged(Happening):
    """A tag is put on them by hand."""

    tag: TagName


class Untagged(Happening):
    """A tag is taken off them by hand."""

    untag: TagName


class JourneyAsked(Happening):
    """Somebody asks for a journey: the API, or a person."""

    requested: Id = Field(description="The journey.")
    properties: dict[Name, Any] = Field(default_factory=dict)


HAPPENINGS: Final[dict[str, type[Happening]]] = {
    "event": Event,
    "form": FormSent,
    "confirmed": Confirmed,
    "opened": Opened,
    "clicked": Clicked,
    "bounced": Bounced,
    "unsubscribed": Unsubscribed,
    "traits": Known,
    "tag": Tagged,
    "untag": Untagged,
    "requested": JourneyAsked,
}


def happening_kind(value: Any) -> str | None:
    """The key that names the kind of happening, or None where no kind is named."""
    if isinstance(value, Happening):
        return next((kind for kind, model in HAPPENINGS.items() if type(value) is model), None)
    if isinstance(value, dict):
        return next((kind for kind in HAPPENINGS if kind in value), None)
    return None


AnyHappening = Annotated[
    Annotated[Event, Tag("event")]
    | Annotated[FormSent, Tag("form")]
    | Annotated[Confirmed, Tag("confirmed")]
    | Annotated[Opened, Tag("opened")]
    | Annotated[Clicked, Tag("clicked")]
    | Annotated[Bounced, Tag("bounced")]
    | Annotated[Unsubscribed, Tag("unsubscribed")]
    | Annotated[Known, Tag("traits")]
    | Annotated[Tagged, Tag("tag")]
    | Annotated[Untagged, Tag("untag")]
    | Annotated[JourneyAsked, Tag("requested")],
    Discriminator(
        happening_kind,
        custom_error_type="happening_kind",
        custom_error_message="expected something that happens: one of " + ", ".join(HAPPENINGS),
    ),
]


class Expected(Definition):
    """A message of the journey: what is sent by which channel, when, and what it says."""

    email: Id | None = None
    sms: Id | None = None
    push: Id | None = None
    webhook: Id | None = None
    staff: Id | None = Field(None, description="The step whose mail goes to people of the business.")
    at: Moment | None = None
    within: Duration | None = Field(None, description="So much earlier or later than `at` will do.")
    subject: str | None = Field(None, description="What its subject, or a notification's title, contains.")
    text: str | None = Field(None, description="What it says somewhere.")
    withheld: Reason | None = Field(None, description="It is not sent, for this reason, such as no-consent.")

    @property
    def what(self) -> tuple[str, str]:
        """The channel, and the template or step."""
        return next((name, value) for name in CHANNELS if (value := getattr(self, name)) is not None)

    @model_validator(mode="after")
    def _one(self) -> Expected:
        if sum(getattr(self, name) is not None for name in CHANNELS) != 1:
            raise ValueError(f"say what is sent; give one of {', '.join(CHANNELS)}")
        if self.within is not None and self.at is None:
            raise ValueError("within says how near to at; give at as well")
        return self


CHANNELS: Final = ("email", "sms", "push", "webhook", "staff")
Ending = Literal["done", "goal", "exited", "waiting"]


class WaitSeen(Definition):
    """A stop at a wait, or at a repeated part whose turns take no time."""

    step: Id
    at: Moment | None = Field(None, description="When it begins.")
    until: Moment | None = Field(None, description="When it ends at the latest.")


class RunSeen(Definition):
    """One run of the journey."""

    path: list[Id | dict[Id, Line]] | None = Field(
        None, description="Every step passed, in order: its id, or {id: outcome} such as {clicked: limit}."
    )
    waits: list[WaitSeen] = Field(
        default_factory=list, description="Stops in the order they are come to; those at steps not named go unsaid."
    )
    ends: Ending | None = Field(None, description="done, goal, exited, or waiting where it goes on.")
    ends_at: Moment | None = Field(None, description="When it ends.")


class LeadSeen(Definition):
    """A lead handed to sales."""

    to: Id = Field(description="The group of staff.")
    reason: str | None = Field(None, description="What the reason contains.")
    at: Moment | None = None


class Expectation(RunSeen):
    """What is expected. What is left out is not looked at; an empty list says that there is nothing.

    `path`, `waits` and `ends` are those of the one run there is; where there are several, `runs` says each.
    """

    messages: list[Expected] | None = Field(
        None, description="Every message of the journey, in the order they are decided; mail to staff where named."
    )
    entered: bool | None = Field(None, description="Whether the journey is entered at all.")
    runs: list[RunSeen] | None = Field(None, description="Each run of the journey, in the order they were entered.")
    leads: list[LeadSeen] | None = Field(None, description="Every lead handed to sales.")
    tags: list[TagName] = Field(default_factory=list, description="Tags that they have in the end.")
    without_tags: list[TagName] = Field(default_factory=list, description="Tags that they don't have in the end.")
    traits: dict[Name, Any] = Field(default_factory=dict, description="What is known of them in the end.")


class Scenario(Definition):
    """One life of one person, and what is to become of it."""

    name: Line
    contact: Person = Field(default_factory=Person)
    starts: Wall = Field(
        "2027-03-01 09:00", description="When it starts, by the business's clock; a Monday without it."
    )
    by_chance: dict[Id, str] = Field(
        default_factory=dict, description="Which way chance takes at a split, or held-out or goes-on at a holdout."
    )
    events: list[AnyHappening] = Field(default_factory=list, description="What happens.")
    until: Moment | None = Field(
        None, description="When to stop looking; without it, when nothing more would happen within a year."
    )
    expect: Expectation


class Scenarios(Definition):
    """marketing/scenarios/ID.yaml"""

    journey: Id = Field(description="The journey that is tried.")
    scenarios: list[Scenario] = Field(min_length=1)
