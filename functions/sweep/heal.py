"""An enrollment that is overdue: its clock died, or somebody died with effects left to perform."""

from typing import Final

from functions.core.enrollment import Enrollment
from functions.journey_step import progress
from functions.journey_step.progress import Told
from functions.tables import enrollments, pauses, tokens

PAUSED_MS: Final = 6 * 3_600_000
"""Of a paused journey a run that is due is met again so much later: whoever lets it go on looks at all of them."""


def heal(contact: str, journey: str, key: str, now: int) -> None:
    """Bring the enrollment forward, and give it a new clock where the old one is dead."""
    enrollment = enrollments.get(contact, journey, key)
    if enrollment is None:
        return
    if enrollment.failure is not None and not enrollment.rests(now):
        # One more try; whatever becomes of it, its old clock has ended.
        progress.wake(enrollment, now)
        return
    if enrollment.failure is not None or not (enrollment.todo or enrollment.due(now)):
        enrollments.look_later(enrollment, now)
        return
    paused = pauses.journeys_lately(now)
    if enrollment.journey in paused:
        enrollment = progress.forward(enrollment, now, paused=paused)
        progress.settle(enrollment, now)
        if enrollment.due(now):
            enrollments.put_off(enrollment, now + PAUSED_MS)
        return
    doubtful = enrollment.due(now)
    if doubtful and not _parked(enrollment):
        # The new clock first: should we die before the end, it looks for itself.
        enrollment = progress.restart(enrollment, now)
        doubtful = False
    enrollment = progress.forward(enrollment, now, paused=paused)
    told = progress.tell_clock(enrollment, now)
    if doubtful and enrollment.active and told is Told.GONE:
        progress.restart(enrollment, now)
    else:
        progress.settle(enrollment, now)


def _parked(enrollment: Enrollment) -> bool:
    """Whether an execution was parked for this very wait; if not, it is dead, even should its token answer."""
    parked = tokens.get(enrollment.contact, enrollment.id)
    return parked is not None and (parked.alarm.turn, parked.alarm.generation) == (enrollment.turn, enrollment.clock)
