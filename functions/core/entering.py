"""What became of a trigger: worked out again from the runs that there are and the rules, for nothing is written down
of one that was refused."""

from collections.abc import Sequence

from functions.core.admission import REASONS, Refusal, before, refused_again, refused_outside
from functions.core.contact import Decision
from functions.core.enrollment import Enrollment
from functions.core.release import Release


def refusal_of(trigger: Decision, release: Release, runs: Sequence[Enrollment]) -> Refusal | None:
    """What refused a trigger, by the live rules; None where it started a run, or nothing is known to have refused it.

    `runs` are all of the contact's. What only_if asks may have changed since, so that it is named where nothing else
    explains that there is no run.
    """
    journey = release.every_journey.get(trigger.name)
    if trigger.kind != "trigger" or journey is None:
        return None
    side_by_side = [run for run in runs if run.journey == trigger.name and run.key == trigger.after]
    if any(run.cause == trigger.cause for run in side_by_side):
        return None
    again = refused_again(journey, before(side_by_side, trigger), trigger)
    if again is not None:
        return again
    ended = refused_outside(journey, None, release, trigger.at)
    return ended or ("only-if" if journey.start.only_if is not None else None)


def words(refusal: Refusal | None) -> str | None:
    """The same for people."""
    return REASONS[refusal] if refusal else None
