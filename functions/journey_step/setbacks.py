"""Noting that a run can't go on because of a mistake, and telling a person of it once."""

from functions import alerts
from functions.aws.dynamodb import ConditionFailed
from functions.aws.faults import is_of_aws
from functions.core import setback
from functions.core.enrollment import Enrollment
from functions.observability import logger, metric
from functions.tables import enrollments, setbacks
from functions.tables.identities import Contended

ATTEMPTS = 8


def note(enrollment: Enrollment, error: Exception, now: int) -> Enrollment:
    """Note on the row of a run, as it stands now, that a try at `now` (ms) ended in `error`; the run with that.

    Raises the error itself where the run is no more, Contended if others keep writing its row.
    """
    for _ in range(ATTEMPTS):
        current = enrollments.get(enrollment.contact, enrollment.journey, enrollment.key)
        if current is None or current.id != enrollment.id:
            raise error
        if current.rests(now) or not (current.active or current.todo):
            return current
        failed = setback.failed(current, error, now)
        tell(failed, now)
        try:
            return enrollments.save(current, failed, now)
        except ConditionFailed:
            continue
    raise Contended(f"enrollment {enrollment.id} kept changing")


def tell(run: Enrollment, now: int) -> None:
    """Log a failure, and tell a person where it is to set the run aside: once a day, however many it is about."""
    failure = run.failure
    assert failure is not None
    # No words of an error: they may quote what a person wrote.
    logger.error("a run can't go on", enrollment=run.id, step=failure.step, error=failure.code, tries=failure.tries)
    metric("RunsFailed")
    if not run.aside:
        return
    metric("RunsSetAside")
    if setbacks.is_new(run.journey, failure.step, failure.code, now):
        try:
            alerts.tell(*setback.letter(run.journey, failure.step, failure.code))
        except Exception as error:
            if not is_of_aws(error):
                raise
            logger.error("nobody was told of it", journey=run.journey, error=type(error).__name__)
