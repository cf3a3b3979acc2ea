"""Admitting a contact to a journey: a trigger delivered twice enrolls once."""

from dataclasses import replace
from functools import partial

from functions.aws.dynamodb import ConditionFailed
from functions.aws.faults import hopeless
from functions.core import setback
from functions.core.admission import Refusal, apart_of, refused_again, refused_outside
from functions.core.advance import advance
from functions.core.contact import Contact, Decision
from functions.core.effects import Effect
from functions.core.enrollment import Enrollment, decline, ended, enroll, watches
from functions.core.ids import enrollment_id
from functions.core.journey import Journey
from functions.core.journey_facts import begins_at, notes
from functions.journey_step import progress, setbacks
from functions.observability import logger, metric
from functions.releases import Live
from functions.tables import contacts, enrollments, pauses
from functions.tables.identities import Contended
from functions.texts.zones import zone_of

ATTEMPTS = 8
SIDE_BY_SIDE = 200
"""So many open runs that listen to what happens a person has at most: each is noted on the row that is written with
everything that they do."""


def admit(contact_id: str, trigger: Decision, live: Live, now: int, paused: frozenset[str] | None = None) -> bool:
    """Start the run that `trigger` asks for, unless the journey's rule of re-entry, its only_if or its last day
    refuses it (core.admission); whether this call started it.

    Safe to repeat at any time: the run's id comes from the trigger's cause. What only_if asks is asked when the
    trigger is handed on, of the contact as it stands then. In a journey among those that are `paused` (read where it
    is None) the run is written and stands before its first step. Raises Contended if others keep writing the row.
    """
    journey = live.release.every_journey.get(trigger.name)
    if journey is None:
        logger.info("trigger of a journey that is no longer live", journey=trigger.name)
        return False
    waits = trigger.name in (pauses.journeys_lately(now) if paused is None else paused)
    for _ in range(ATTEMPTS):
        existing = enrollments.get(contact_id, trigger.name, trigger.after)
        fresh = enroll(
            trigger.name,
            journey,
            live.id,
            existing,
            contact=contact_id,
            cause=trigger.cause,
            at=trigger.at,
            key=trigger.after,
            apart=apart_of(trigger),
        )
        try:
            if fresh is None or (existing and enrollments.was(contact_id, trigger.name, fresh.id)):
                if existing is not None:
                    _refuse(journey, existing, trigger, now)
                _forget(contact_id, journey, trigger, existing)
                return False
            if existing is not None and existing.todo and existing.failure is None:
                progress.wake(existing, now, paused=paused)
                continue
            refusal = _refusal(contact_id, journey, trigger, live, now)
            if refusal is not None:
                _say_refused(trigger, refusal)
                _forget(contact_id, journey, trigger, existing)
                return False
            contact = _watched(contact_id, journey, fresh)
            if contact.state.erased:
                return False
            if contact.id != contact_id:
                contact_id = contact.id
                continue
            if watches(journey) and len(contact.state.watching) > SIDE_BY_SIDE:
                _say_refused(trigger, "crowded")
                _forget(contact_id, journey, trigger, existing)
                return False
            moved, effects = (fresh, ()) if waits else _advanced(journey, fresh, contact, live, now)
            kept_s = live.release.privacy.retention.runs
            todo = (*notes(moved, live.heard, begins=True), *effects)
            moved = ended(replace(moved, todo=todo, begun=begins_at(existing, now)), journey, kept_s)
            begun = enrollments.begin(moved, existing, now, kept_s)
        except ConditionFailed:
            continue
        progress.carry_out(begun, now)
        metric("Enrolled")
        return True
    raise Contended(f"enrollment of contact {contact_id} in {trigger.name} kept changing")


def _refusal(contact_id: str, journey: Journey, trigger: Decision, live: Live, now: int) -> Refusal | None:
    """What refuses the contact as they stand now. A person is told where a mistake keeps only_if from being asked:
    nobody is let in unasked, so the trigger is set aside as it is."""
    asked = contacts.surviving(contact_id) if journey.start.only_if is not None else None
    try:
        return refused_outside(journey, asked, live.release, now)
    except Exception as error:
        if hopeless(error):
            setbacks.tell_of(trigger.name, setback.ASKING, type(error).__name__, now)
        raise


def _advanced(
    journey: Journey, fresh: Enrollment, contact: Contact, live: Live, now: int
) -> tuple[Enrollment, tuple[Effect, ...]]:
    """A new run after its first steps; where a mistake keeps it from them it stands before the first."""
    try:
        zone = partial(zone_of, sending=live.release.sending)
        return advance(journey, fresh, contact, live.release, now, zone)
    except Exception as error:
        if not hopeless(error):
            raise
        kept = setback.failed(fresh, error, now)
        setbacks.tell(kept, now)
        return kept, ()


def _watched(contact_id: str, journey: Journey, fresh: Enrollment) -> Contact:
    """The contact as it stands after it was noted that this run may wait; another one where it was merged."""
    # Noted before the row is written: from here on whatever is scored wakes the run, and
    # whatever was scored before is in what this returns.
    noted = contacts.watch(contact_id, enrollments.mark(fresh)) if watches(journey) else None
    return noted or contacts.surviving(contact_id)


def _refuse(journey: Journey, existing: Enrollment, trigger: Decision, now: int) -> None:
    identity = enrollment_id(existing.contact, existing.journey, trigger.cause)
    if existing.id == identity:
        # Delivered again: perhaps because what it asked for was not all performed.
        if existing.todo:
            progress.wake(existing, now)
        return
    if (refusal := refused_again(journey, existing, trigger)) is not None:
        _say_refused(trigger, refusal)
    noted = decline(journey, existing, trigger.cause)
    if noted is not None and not enrollments.was(existing.contact, existing.journey, identity):
        enrollments.save(existing, noted, now)
        metric("EnrollmentsDeclined")


def _say_refused(trigger: Decision, refusal: Refusal) -> None:
    logger.info("trigger refused", journey=trigger.name, reason=refusal)
    metric("TriggersRefused")


def _forget(contact_id: str, journey: Journey, trigger: Decision, existing: Enrollment | None) -> None:
    """Take back the note of a run that came to nothing, made now or by a call that died before it wrote the run."""
    identity = enrollment_id(contact_id, trigger.name, trigger.cause)
    if not watches(journey) or (existing is not None and existing.id == identity):
        return
    marks = enrollments.marks_of(identity, trigger.name, trigger.after)
    if not contacts.surviving(contact_id).state.watching.isdisjoint(marks):
        contacts.unwatch(contact_id, marks)
