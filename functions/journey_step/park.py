"""Parking an execution: the alarm clock asks what it should do, and the row answers."""

from collections.abc import Mapping
from typing import Any

from functions.aws import stepfunctions
from functions.core import alarm
from functions.journey_step import progress
from functions.journey_step.progress import Told
from functions.observability import metric
from functions.tables import enrollments, pauses, tokens
from functions.tables.tokens import Parked


def park(event: Mapping[str, Any], now: int) -> None:
    """Advance the enrollment if something is due, else note the token and look again.

    The second look is what makes it safe: whoever advanced the enrollment before the token
    was noted could not tell this execution.
    """
    parked = Parked(event["token"], alarm.from_plain(event["park"]))
    timed_out = bool(event.get("timed_out"))
    wanted = parked.alarm
    enrollment = enrollments.get(wanted.contact, wanted.journey, wanted.key)
    if enrollment is None or enrollment.id != wanted.enrollment:
        stepfunctions.succeed(parked.token)
        return
    if enrollment.todo or enrollment.due(now):
        paused = pauses.journeys_lately(now)
        enrollment = progress.forward(enrollment, now, paused=paused)
        if enrollment.due(now) and enrollment.journey in paused:
            # It would ring on and on. Whoever lets the journey go on gives the run another clock.
            tokens.forget(wanted.contact, wanted.enrollment)
            stepfunctions.succeed(parked.token)
            progress.settle(enrollment, now)
            metric("ClocksOfPaused")
            return
    if not enrollment.active or enrollment.failure is not None:
        # The token first: where the answer is lost after it was taken, nobody comes back to forget it.
        tokens.forget(wanted.contact, wanted.enrollment)
    told = progress.tell(enrollment, parked, now, timed_out=timed_out)
    if told is Told.STAYS:
        _stay(parked, now)
    progress.settle(enrollment, now)


def _stay(parked: Parked, now: int) -> None:
    if not tokens.register(parked):
        stepfunctions.succeed(parked.token)
        metric("ClocksSuperseded")
        return
    wanted = parked.alarm
    enrollment = enrollments.get(wanted.contact, wanted.journey, wanted.key)
    if enrollment is None or enrollment.id != wanted.enrollment or not enrollment.active:
        tokens.forget(wanted.contact, wanted.enrollment)
    progress.tell(enrollment, parked, now)
