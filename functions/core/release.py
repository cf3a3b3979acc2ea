"""A release: one immutable, validated set of everything the marketer wrote."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from pydantic import Field

from functions.core import confirm
from functions.core.bots import Bots
from functions.core.definition import Definition, Id
from functions.core.emails import Email
from functions.core.errors import Newer
from functions.core.forms import Form
from functions.core.funnel import Funnel
from functions.core.journey import Journey
from functions.core.privacy import Privacy
from functions.core.scoring import Scoring
from functions.core.segments import Segment
from functions.core.sending import Sending
from functions.core.tracking import Tracking

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
    privacy: Privacy = Field(default_factory=Privacy)
    bots: Bots = Field(default_factory=Bots)

    @cached_property
    def every_journey(self) -> Mapping[str, Journey]:
        """The authored journeys, and those that ask for confirmation of what forms ask."""
        return {**self.journeys, **confirm.journeys(self.forms)}


def canonical(release: Release) -> bytes:
    """The bytes that are stored and hashed: sorted keys, no spaces, UTF-8."""
    content: Mapping[str, Any] = release.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    content = {"format": release.format, **content}
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
