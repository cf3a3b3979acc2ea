"""Asking for a journey: the event that does, and who may have recorded it. Pure."""

from typing import Final

from functions.core.event import JOURNEY_REQUESTED, SYSTEM, Event
from functions.core.identity import SELF, kind_of
from functions.core.journey import Journey, Requested

WANTED: Final = "wanted"
"""The property that names the journey asked for."""
BY_STEP: Final = "step"
APART_MS: Final = 60_000
"""A step starts a journey for the same person again so long after the last time at the earliest: journeys that start
each other in a circle without a wait come round once, and end."""


def wanted_by(event: Event) -> str | None:
    """The journey that an event asks for; None where it asks for none. A stranger's never does: only what this
    deployment, or its owner's own systems, recorded, is of that kind."""
    wanted = event.properties.get(WANTED)
    asks = event.kind == SYSTEM and event.name == JOURNEY_REQUESTED
    return wanted if asks and isinstance(wanted, str) else None


def asked_by(event: Event) -> str:
    """BY_STEP where a step of a journey asks, "" for everybody else."""
    by_a_run = kind_of(event.source) == SELF and "enrollment" in event.properties
    return BY_STEP if by_a_run and wanted_by(event) is not None else ""


def is_on_request(journey: Journey) -> bool:
    """Whether a journey is one that is asked for."""
    return isinstance(journey.start.when, Requested)
