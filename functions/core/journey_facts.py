"""What a run of a journey leaves in its contact's history: that it was entered, and how it ended.

Both events are functions of the enrollment's row: whoever inserts them, and however often, they are the same
events. They are recorded only of journeys that something in the live release asks about.
"""

from collections.abc import Collection, Iterable
from typing import Final

from functions.core import event as names
from functions.core.behaviour import leaves
from functions.core.conditions import EventCondition, EventMatch, JourneyCondition
from functions.core.counters import conditions_of
from functions.core.effects import NoteRun
from functions.core.enrollment import Enrollment
from functions.core.event import LIVE, SYSTEM, Event
from functions.core.identity import own_ref
from functions.core.ids import digest
from functions.core.release import Release

MERGED: Final = "merged"
"""Outcome of the last step of a run that goes on as another person's."""
NOT_AGAIN: Final = "not-again"
"""Outcome of the last step of a run that the survivor, who had one before, may not go on with."""
_NAMES: Final = (names.JOURNEY_ENTERED, names.JOURNEY_ENDED)
_NOBODY_DID: Final = {"active": False}


def heard(release: Release) -> frozenset[str]:
    """The journeys whose runs something in `release` asks about: a condition, a rule, a trigger or a goal."""
    conditions = [leaf for condition in conditions_of(release) for leaf in leaves(condition)]
    found = {condition.journey for condition in conditions if isinstance(condition, JourneyCondition)}
    for match in (*_matches(release), *(one for one in conditions if isinstance(one, EventCondition))):
        if match.event in _NAMES:
            wanted = match.where.get("journey")
            found |= {wanted} if isinstance(wanted, str) else set(release.every_journey)
    return frozenset(found)


def notes(after: Enrollment, heard: Collection[str], *, begins: bool = False) -> tuple[NoteRun, ...]:
    """What is to be recorded of a run as it stands, just written: that it began, that it ended, or both."""
    if after.journey not in heard:
        return ()
    return (*((NoteRun("entered"),) if begins else ()), *(() if after.active else (NoteRun("ended"),)))


def begins_at(existing: Enrollment | None, now: int) -> int:
    """When (ms) a run that is written at `now` begins: later than `existing`, the run before it, ended."""
    # One event may end a run and start the next: which came last must be told apart.
    return now if existing is None else max(now, _end(existing) + 1)


def journey_events_of(enrollment: Enrollment, *, cause: str = LIVE, received: int | None = None) -> list[Event]:
    """The events of a run as its row stands, in order. `received` (ms) is when they are recorded; at once, without."""
    found = [_entered(enrollment, cause, received)]
    if not enrollment.active and not goes_on_elsewhere(enrollment):
        found.append(_ended(enrollment, cause, received))
    return found


def goes_on_elsewhere(run: Enrollment) -> bool:
    """Whether a run goes on as another person's, into whom its contact was merged."""
    return run.path != () and run.path[-1].outcome == MERGED


def noted(note: NoteRun, enrollment: Enrollment) -> Event:
    """The event of one note."""
    make = _entered if note.what == "entered" else _ended
    return make(enrollment, LIVE, None)


def _entered(enrollment: Enrollment, cause: str, received: int | None) -> Event:
    return _event(enrollment, names.JOURNEY_ENTERED, _beginning(enrollment), cause, received)


def _ended(enrollment: Enrollment, cause: str, received: int | None) -> Event:
    return _event(enrollment, names.JOURNEY_ENDED, _end(enrollment), cause, received, outcome=enrollment.state)


def _beginning(enrollment: Enrollment) -> int:
    # Rows of before that was noted know only when their trigger happened.
    return enrollment.begun or enrollment.entered


def _end(enrollment: Enrollment) -> int:
    # A run without a wait ends in the moment in which it begins.
    return max(enrollment.ended or 0, _beginning(enrollment) + 1)


def _event(enrollment: Enrollment, name: str, at: int, cause: str, received: int | None, **more: str) -> Event:
    return Event(
        source=own_ref(enrollment.contact),
        id=digest("run", enrollment.id, name),
        stamp=at,
        at=at,
        received=received or at,
        kind=SYSTEM,
        name=name,
        properties={"journey": enrollment.journey, "enrollment": enrollment.id, **more},
        context=_NOBODY_DID,
        cause=cause,
    )


def _matches(release: Release) -> Iterable[EventMatch]:
    yield from (rule.when for score in release.scoring.scores.values() for rule in score.rules)
    yield from (rule.when for rule in release.scoring.tags)
    for journey in release.journeys.values():
        yield from (match for _, match in journey.matches())
