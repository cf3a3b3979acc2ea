"""An enrollment that is overdue: its clock died, or somebody died with effects left to perform."""

from functions.core.enrollment import Enrollment
from functions.journey_step import progress
from functions.journey_step.progress import Told
from functions.tables import enrollments, tokens


def heal(contact: str, journey: str, key: str, now: int) -> None:
    """Bring the enrollment forward, and give it a new clock where the old one is dead."""
    enrollment = enrollments.get(contact, journey, key)
    if enrollment is None:
        return
    if not (enrollment.todo or enrollment.due(now)):
        # What the index kept was a lower bound, and it is reached: the next look is when there may be something to do.
        enrollments.settle(enrollment, now)
        return
    doubtful = enrollment.due(now)
    if doubtful and not _parked(enrollment):
        # The new clock first: should we die before the end, it looks for itself.
        enrollment = progress.restart(enrollment, now)
        doubtful = False
    enrollment = progress.forward(enrollment, now)
    told = progress.tell_clock(enrollment, now)
    if doubtful and enrollment.active and told is Told.GONE:
        progress.restart(enrollment, now)
    else:
        progress.settle(enrollment, now)


def _parked(enrollment: Enrollment) -> bool:
    """Whether an execution was parked for this very wait; if not, it is dead, even should its token answer."""
    parked = tokens.get(enrollment.contact, enrollment.id)
    return parked is not None and (parked.alarm.turn, parked.alarm.generation) == (enrollment.turn, enrollment.clock)
