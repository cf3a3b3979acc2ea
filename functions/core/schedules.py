"""When a journey that starts by the calendar does so: one moment for everybody, by the business's clock. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from functions.core.contact import Decision
from functions.core.hours import minute_of, shown_at
from functions.core.ids import digest
from functions.core.journey import Journey, Schedule
from functions.core.occasions import days
from functions.core.release import Release

LATEST_MS: Final = 12 * 3_600_000
"""Whoever was not started so long after the moment is not started for it any more."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One moment at which a journey starts: `occasion` is what the clocks show, `at` (ms) when they do."""

    occasion: str
    at: int


def schedule_of(release: Release, journey: str) -> Schedule | None:
    """By which schedule a journey starts; None where it starts otherwise, or isn't in the release."""
    found: Journey | None = release.journeys.get(journey)
    return found.start.when if found is not None and isinstance(found.start.when, Schedule) else None


def following(schedule: Schedule, after: int, zone: str) -> Slot:
    """The first moment later than `after` (ms), for a business in `zone`."""
    # A day earlier for places ahead of Greenwich, and one more for what starts at 24:00.
    first = datetime.fromtimestamp(after / 1000, UTC).date() - timedelta(days=2)
    for day in days(schedule.every, schedule.day, first):
        wall = datetime.combine(day, time()) + timedelta(minutes=minute_of(schedule.at))
        at = shown_at(day, schedule.at, zone)
        if at > after:
            return Slot(wall.strftime("%Y%m%dt%H%M"), at)
    raise AssertionError("every month has a day of each kind")


def trigger(contact: str, journey: str, slot: Slot) -> Decision:
    """What starts a contact's run for a moment: the same whoever comes to it, and however often."""
    cause = f"plan#{journey}#{slot.occasion}"
    return Decision(digest("trigger", contact, journey, cause), "trigger", journey, slot.at, cause)
