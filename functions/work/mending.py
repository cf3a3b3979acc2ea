"""Changing one run of somebody, whoever they are by then: what recalling, moving and letting go have in common."""

from collections.abc import Callable
from typing import Final

from functions import clock
from functions.aws.dynamodb import ConditionFailed
from functions.core.enrollment import Enrollment
from functions.core.journey_facts import goes_on_elsewhere
from functions.journey_step import progress
from functions.tables import contacts, enrollments
from functions.tables.identities import Contended

ATTEMPTS: Final = 8


def _anyway(changed: Enrollment) -> bool:
    return True


def mended(
    found: Enrollment,
    id: str,
    change: Callable[[Enrollment, int], Enrollment | None],
    ready: Callable[[Enrollment], bool] = _anyway,
) -> bool:
    """Change the latest run of a contact, journey and key, and let it go on; whether it was changed.

    `found` is the run as some reading found it. Where its contact was merged since, it is the survivor's that is
    changed, whose row that reading may have passed. `change` gives the run as correction `id` leaves it at a moment
    (ms), None where there is nothing to do; `ready` is asked right before that is written, and says False where the
    contact is no more. Raises Contended if others keep writing the row, and what `change` raises.
    """
    contact = found.contact
    for _ in range(ATTEMPTS):
        run = enrollments.get(contact, found.journey, found.key)
        if run is not None and not run.active and goes_on_elsewhere(run):
            contact = contacts.surviving(contact).id
            run = enrollments.get(contact, found.journey, found.key)
        if run is None:
            return False
        now = clock.now_ms()
        changed = change(run, now)
        if changed is None:
            if run.corrected == id and (run.place is not None or run.failure is not None):
                # Perhaps we died before it went on.
                progress.wake(run, now)
            return False
        if not ready(changed):
            # Merged or erased meanwhile: what goes on goes on as the survivor's.
            progress.wake(run, now)
            contact = contacts.surviving(contact).id
            continue
        try:
            saved = enrollments.save(run, changed, now)
        except ConditionFailed:
            continue
        progress.wake(saved, now)
        return True
    raise Contended(f"enrollment {found.id} kept changing")
