"""A release: one immutable, validated set of everything the marketer wrote."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import Field, field_serializer, field_validator

from functions.core import answering
from functions.core.assets import Asset
from functions.core.bots import Bots
from functions.core.campaign import Campaign
from functions.core.channels import BY_EMAIL, CHANNELS
from functions.core.conditions import Condition
from functions.core.definition import Definition, Id
from functions.core.emails import Email
from functions.core.errors import Newer
from functions.core.forms import Form
from functions.core.funnel import Funnel
from functions.core.journey import Becomes, Journey
from functions.core.landing import Page
from functions.core.popups import Popup
from functions.core.privacy import Privacy
from functions.core.products import Product
from functions.core.publishing import Publishing
from functions.core.scoring import Scoring
from functions.core.segments import Segment
from functions.core.sending import Sending
from functions.core.steps import Handoff, Notify, Step
from functions.core.surveys import Survey
from functions.core.tracking import Tracking
from functions.core.tree import walk

FORMAT = 1
"""Version of the compiled shape; a reader refuses only what is newer than itself."""


class Release(Definition):
    """The compiled content. Its id is the SHA-256 of its canonical JSON."""

    format: int = FORMAT
    sending: Sending
    scoring: Scoring = Field(default_factory=Scoring)
    tracking: Tracking = Field(default_factory=Tracking)
    segments: dict[Id, Segment] = Field(default_factory=dict)
    funnel: Funnel = Field(default_factory=Funnel)
    journeys: dict[Id, Journey] = Field(default_factory=dict)
    forms: dict[Id, Form] = Field(default_factory=dict)
    emails: dict[Id, Email] = Field(default_factory=dict)
    products: list[Product] = Field(default_factory=list)
    templates: dict[str, dict[Id, Any]] = Field(default_factory=dict)
    campaigns: dict[Id, Campaign] = Field(default_factory=dict)
    popups: dict[Id, Popup] = Field(default_factory=dict)
    assets: dict[Id, Asset] = Field(default_factory=dict)
    surveys: dict[Id, Survey] = Field(default_factory=dict)
    pages: dict[Id, Page] = Field(default_factory=dict)
    privacy: Privacy = Field(default_factory=Privacy)
    bots: Bots = Field(default_factory=Bots)
    publishing: Publishing = Field(default_factory=Publishing)
    names: dict[str, str] = Field(default_factory=dict)
    """What is called otherwise now than at first, which is what it is stored under: `spelled` → its present name."""

    @field_validator("templates")
    @classmethod
    def _by_channel(cls, given: dict[str, dict[Id, Any]]) -> dict[str, dict[Id, Any]]:
        """What other channels than e-mail send, each template read as its channel's own kind."""
        return {
            channel: {id: CHANNELS[channel].template.model_validate(template) for id, template in of_channel.items()}
            for channel, of_channel in given.items()
        }

    @field_serializer("templates")
    def _plain(self, held: dict[str, dict[Id, Definition]]) -> dict[str, dict[Id, Any]]:
        return {
            channel: {
                id: template.model_dump(mode="json", by_alias=True, exclude_defaults=True)
                for id, template in of_channel.items()
            }
            for channel, of_channel in held.items()
        }

    def template(self, channel: str, id: str) -> Definition | None:
        """A template of a channel, None where there is none of this id."""
        return self.emails.get(id) if channel == BY_EMAIL else self.templates.get(channel, {}).get(id)

    def first_name(self, kind: str, name: str, inside: str = "") -> str:
        """The id under which something of a kind is stored that is called `name` now; of a step, `inside` is
        "journey ID", by the id under which that is stored."""
        return self._first_names.get(spelled(kind, name, inside), name)

    def present_name(self, kind: str, id: str, inside: str = "") -> str:
        """What something is called now that is stored as `id`; of a step, `inside` is "journey ID"."""
        return self.names.get(spelled(kind, id, inside), id)

    @cached_property
    def _first_names(self) -> Mapping[str, str]:
        parts = ((*stored.rpartition(" "), now) for stored, now in self.names.items())
        return {f"{kind} {now}": first for kind, _, first, now in parts}

    def step(self, journey: str, id: str) -> Step | None:
        """A step of an authored journey, None where there is none of this id."""
        known = self.journeys.get(journey)
        return None if known is None else next((one for one in walk(known.steps) if one.id == id), None)

    def said_to_staff(self, journey: str, step: str) -> Notify | Handoff | None:
        """The same for a step that writes to people of the business."""
        found = self.step(journey, step)
        return found if isinstance(found, Notify | Handoff) else None

    @cached_property
    def every_journey(self) -> Mapping[str, Journey]:
        """The authored journeys, and those that answer forms."""
        return {**self.journeys, **answering.journeys(self)}

    @cached_property
    def lines(self) -> Mapping[str, Condition]:
        """The journeys that start where a condition comes to hold, and the condition."""
        starts = {name: journey.start.when for name, journey in self.journeys.items()}
        return {name: when.becomes for name, when in starts.items() if isinstance(when, Becomes)}


def spelled(kind: str, id: str, inside: str = "") -> str:
    """How an id is spelled among all: "journey welcome", or within another's "journey welcome, step hello"."""
    return f"{inside}, {kind} {id}" if inside else f"{kind} {id}"


def canonical(release: Release) -> bytes:
    """The bytes that are stored and hashed: sorted keys, no spaces, UTF-8."""
    content: Mapping[str, Any] = release.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    # What has a serializer of its own is written even where it is the default; ids must not change for that.
    plain = {name: value for name, value in content.items() if name != "templates" or value}
    content = {"format": release.format, **plain}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def release_id(content: bytes) -> str:
    """The content address of canonical bytes: the first 32 hex digits of SHA-256."""
    return hashlib.sha256(content).hexdigest()[:32]


def load(content: bytes) -> Release:
    """The release stored as `content`. Raises Newer for a later format."""
    raw = json.loads(content)
    if raw.get("format", 0) > FORMAT:
        raise Newer(f"release format {raw['format']} is newer than this code reads ({FORMAT})")
    return Release.model_validate(raw)
