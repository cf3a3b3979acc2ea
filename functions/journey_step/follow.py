"""A run of a contact that turned out to be somebody else: two runs of one journey become one."""

from dataclasses import replace

from functions import releases
from functions.core.contact import Contact
from functions.core.effects import StartClock, Unwatch
from functions.core.enrollment import PATH_KEPT, Enrollment, Passage, enroll, is_known, watches
from functions.core.enrollment import ended as closed
from functions.core.ids import enrollment_id
from functions.core.journey import Journey
from functions.core.journey_facts import MERGED, NOT_AGAIN, begins_at, notes
from functions.observability import metric
from functions.perform import perform
from functions.tables import contacts, enrollments
from functions.tables.identities import Contended


def follow(enrollment: Enrollment, survivor: Contact, now: int) -> Enrollment:
    """End the run of a contact that was merged into `survivor`, where it goes on unless the
    survivor's own run, or the rule of re-entry, forbids it. What it had to do is done.

    Safe to repeat: where it goes on it has an id of its own. Raises ConditionFailed if either
    row changed meanwhile, Contended if the survivor was merged again.
    """
    journey = releases.by_id(enrollment.release).every_journey[enrollment.journey]
    outcome = MERGED if _goes_on(journey, enrollment, survivor.id, now) else NOT_AGAIN
    step = enrollment.waiting.step if enrollment.waiting else ""
    ended = replace(
        enrollment,
        state="exited",
        ended=now,
        turn=enrollment.turn + 1,
        waiting=None,
        path=(*enrollment.path, Passage(step, now, outcome))[-PATH_KEPT:],
        todo=(Unwatch(),) if watches(journey) else (),
        failure=None,
    )
    ended = closed(ended, journey, releases.by_id(enrollment.release).privacy.retention.runs)
    if outcome == NOT_AGAIN:
        ended = replace(ended, todo=(*ended.todo, *notes(ended, releases.live_lately().heard)))
    saved = enrollments.save(enrollment, ended, now)
    perform(saved, now)
    metric("EnrollmentsMerged")
    return saved


def _goes_on(journey: Journey, enrollment: Enrollment, contact: str, now: int) -> bool:
    """Let the run go on as the survivor's; False where the rule of re-entry forbids it, and none of theirs is open."""
    existing = enrollments.get(contact, enrollment.journey, enrollment.key)
    if existing is not None and existing.todo:
        perform(existing, now)
        existing = enrollments.settle(existing, now)
    fresh = enroll(
        enrollment.journey,
        journey,
        enrollment.release,
        existing,
        contact=contact,
        cause=enrollment.cause,
        at=enrollment.entered,
        key=enrollment.key,
    )
    if fresh is None:
        return existing is not None and is_known(existing, enrollment_id(contact, enrollment.journey, enrollment.cause))
    if existing and enrollments.was(contact, enrollment.journey, fresh.id):
        return True
    if watches(journey) and contacts.watch(contact, enrollments.mark(fresh)) is None:
        raise Contended(f"contact {contact} was merged meanwhile")
    began = enrollment.begun or enrollment.entered
    moved = replace(
        fresh,
        turn=enrollment.turn,
        waiting=enrollment.waiting,
        messages=enrollment.messages,
        turns=enrollment.turns,
        place=enrollment.place,
        corrected=enrollment.corrected,
        failure=enrollment.failure,
        path=enrollment.path,
        # In a paused journey a run may not have come to its first wait.
        clock=1 if enrollment.waiting else 0,
        todo=(StartClock(1),) if enrollment.waiting else (),
        begun=begins_at(existing, began),
    )
    if moved.begun != began:
        # The survivor came out of an earlier run since this one was entered.
        moved = replace(moved, todo=(*moved.todo, *notes(moved, releases.live_lately().heard, begins=True)))
    begun = enrollments.begin(moved, existing, now, releases.by_id(enrollment.release).privacy.retention.runs)
    perform(begun, now)
    enrollments.settle(begun, now)
    return True
