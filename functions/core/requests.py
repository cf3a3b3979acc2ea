"""Asking for a journey: the event that does, and who may have recorded it. Pure."""

from typing import Final

from functions.core import event as names
from functions.core.event import JOURNEY_REQUESTED, SYSTEM, Event
from functions.core.identity import SELF, kind_of
from functions.core.journey import Journey, Requested

WANTED: Final = "wanted"
"""The property that names the journey asked for."""
BY_STEP: Final = "step"
APART_MS: Final = 60_000
"""What a step of a journey does, or a line crossed, starts a journey for the same person so long after the last time
at the earliest: journeys that start each other in a circle without a wait come round once, and end."""
_OF_STEPS: Final = frozenset(
    (
        *(names.TAG_ADDED, names.TAG_REMOVED, names.TRAITS_CHANGED, names.STAGE_SET, names.POINTS_ADDED),
        *(names.HANDED_OFF, names.JOURNEY_REQUESTED, names.JOURNEY_ENTERED, names.JOURNEY_ENDED),
    )
)


def wanted_by(event: Event) -> str | None:
    """The journey that an event asks for; None where it asks for none. A stranger's never does: only what this
    deployment, or its owner's own systems, recorded, is of that kind."""
    wanted = event.properties.get(WANTED)
    asks = event.kind == SYSTEM and event.name == JOURNEY_REQUESTED
    return wanted if asks and isinstance(wanted, str) else None


def made_by(event: Event) -> str:
    """BY_STEP where a run of a journey made the event, "" where anybody else did."""
    own = event.kind == SYSTEM and kind_of(event.source) == SELF and event.name in _OF_STEPS
    return BY_STEP if own and "enrollment" in event.properties else ""


def is_on_request(journey: Journey) -> bool:
    """Whether a journey is one that is asked for."""
    return isinstance(journey.start.when, Requested)
