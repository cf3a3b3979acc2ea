"""Whether a trigger enrolls, and what refuses it: asked again, the same facts give the same reason. Pure."""

from collections.abc import Iterable
from typing import Final, Literal

from functions.core.contact import Contact, Decision
from functions.core.enrollment import Enrollment, is_open
from functions.core.evaluate import Seen, evaluate
from functions.core.ids import LINE, enrollment_id
from functions.core.journey import Journey
from functions.core.release import Release
from functions.core.requests import APART_MS, BY_STEP

Refusal = Literal["ended", "inside", "again", "circle", "only-if", "crowded"]
REASONS: Final[dict[Refusal, str]] = {
    "ended": "the journey's last day was over",
    "inside": "they were inside already",
    "again": "they had been inside before, and the rule of re-entry said no",
    "circle": "a step, or a line crossed again, started it less than a minute after the last time",
    "only-if": "its only_if did not hold",
    "crowded": "they had as many runs side by side as anybody may have",
}
"""What each refusal means, in words."""


def refused_outside(journey: Journey, contact: Contact | None, release: Release, now: int) -> Refusal | None:
    """What refuses whoever comes at `now` (ms), whether or not they were inside before. Without a contact only_if is
    not asked."""
    if not is_open(journey, now, release.sending.business.time_zone):
        return "ended"
    asked = journey.start.only_if
    if asked is not None and contact is not None and not evaluate(asked, Seen(contact, release), now).holds:
        return "only-if"
    return None


def refused_again(journey: Journey, existing: Enrollment | None, trigger: Decision) -> Refusal | None:
    """What refuses whoever was inside before: `existing` is the run before. None for the run that the trigger itself
    started."""
    if existing is None or existing.id == enrollment_id(existing.contact, existing.journey, trigger.cause):
        return None
    if existing.ended is None or existing.ended > trigger.at:
        return "inside"
    again, apart = journey.start.again, trigger.at - existing.entered
    if again == "never" or (isinstance(again, int) and apart < again * 1000):
        return "again"
    return "circle" if apart < apart_of(trigger) else None


def apart_of(trigger: Decision) -> int:
    """So long (ms) after the run before it a trigger must come."""
    return APART_MS if trigger.before == BY_STEP or trigger.cause.startswith(LINE) else 0


def before(runs: Iterable[Enrollment], trigger: Decision) -> Enrollment | None:
    """Of the runs of one journey and key the one that the trigger met: its own, or the latest entered until then."""
    met, own = None, dict[tuple[str, str], str]()
    for run in sorted(runs, key=lambda run: (run.entered, run.begun)):
        # Of one contact and one journey, but for those who were merged: worked out once, not for each of thousands.
        if (of := (run.contact, run.journey)) not in own:
            own[of] = enrollment_id(*of, trigger.cause)
        if run.id == own[of]:
            return run
        if run.entered <= trigger.at:
            met = run
    return met
