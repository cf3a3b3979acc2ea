"""A run of a contact that turned out to be somebody else: two runs of one journey become one."""

from dataclasses import replace

from functions import releases
from functions.core.contact import Contact
from functions.core.effects import StartClock, Unwatch
from functions.core.enrollment import PATH_KEPT, Enrollment, Passage, enroll, watches
from functions.core.journey import Journey
from functions.observability import metric
from functions.perform import perform
from functions.tables import contacts, enrollments
from functions.tables.identities import Contended

MERGED = "merged"


def follow(enrollment: Enrollment, survivor: Contact, now: int) -> Enrollment:
    """End the run of a contact that was merged into `survivor`, where it goes on unless the
    survivor's own run, or the rule of re-entry, forbids it. What it had to do is done.

    Safe to repeat: where it goes on it has an id of its own. Raises ConditionFailed if either
    row changed meanwhile, Contended if the survivor was merged again.
    """
    journey = releases.by_id(enrollment.release).every_journey[enrollment.journey]
    _go_on(journey, enrollment, survivor.id, now)
    step = enrollment.waiting.step if enrollment.waiting else ""
    ended = replace(
        enrollment,
        state="exited",
        ended=now,
        turn=enrollment.turn + 1,
        waiting=None,
        path=(*enrollment.path, Passage(step, now, MERGED))[-PATH_KEPT:],
        todo=(Unwatch(),) if watches(journey) else (),
    )
    saved = enrollments.save(enrollment, ended, now)
    perform(saved, now)
    metric("EnrollmentsMerged")
    return saved


def _go_on(journey: Journey, enrollment: Enrollment, contact: str, now: int) -> None:
    existing = enrollments.get(contact, enrollment.journey)
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
    )
    if fresh is None or (existing and enrollments.was(contact, enrollment.journey, fresh.id)):
        return
    if watches(journey) and contacts.watch(contact, fresh.id) is None:
        raise Contended(f"contact {contact} was merged meanwhile")
    moved = replace(
        fresh,
        turn=enrollment.turn,
        waiting=enrollment.waiting,
        messages=enrollment.messages,
        path=enrollment.path,
        clock=1,
        todo=(StartClock(1),),
    )
    begun = enrollments.begin(moved, existing, now, releases.by_id(enrollment.release).privacy.retention.runs)
    perform(begun, now)
    enrollments.settle(begun, now)
