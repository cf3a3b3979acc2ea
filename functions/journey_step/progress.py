"""Bringing one enrollment forward: for wakers, alarms and the sweep alike.

Commit first, then perform. The row says what is still to do, so that whoever touches it
next does it; its clock is told, and only then is the row settled. Level-triggered: doing
all of it again changes nothing.
"""

from dataclasses import replace
from enum import Enum, auto
from functools import partial
from typing import assert_never

from functions import releases
from functions.aws import stepfunctions
from functions.aws.dynamodb import ConditionFailed
from functions.aws.faults import hopeless
from functions.core import alarm
from functions.core.advance import advance
from functions.core.alarm import Again, End, HandOver, Stay
from functions.core.contact import Contact
from functions.core.effects import StartClock
from functions.core.enrollment import Enrollment, ended
from functions.core.journey_facts import notes
from functions.journey_step import setbacks
from functions.journey_step.follow import follow
from functions.observability import logger, metric
from functions.perform import perform
from functions.tables import contacts, enrollments, pauses, tokens
from functions.tables.identities import Contended
from functions.tables.tokens import Parked
from functions.texts.zones import zone_of

ATTEMPTS = 8


class Told(Enum):
    """What came of telling a parked execution: it stays, it goes on, or its token is worth nothing."""

    STAYS = auto()
    GOES_ON = auto()
    GONE = auto()


def wake(
    enrollment: Enrollment, now: int, contact: Contact | None = None, paused: frozenset[str] | None = None
) -> None:
    """Bring an enrollment forward and tell its clock. `contact` and `paused` each save a read where new enough."""
    enrollment = forward(enrollment, now, contact, paused)
    tell_clock(enrollment, now)
    settle(enrollment, now)


def forward(
    enrollment: Enrollment, now: int, contact: Contact | None = None, paused: frozenset[str] | None = None
) -> Enrollment:
    """The enrollment after all that was left to do, due or true at `now` (ms) was committed and performed.

    In a journey among those that are `paused` it stays where it is; what it had decided before is performed.
    Not yet settled: `todo` stays until the clock was told. What no repetition would mend is noted on the row, which
    is tried again a few times, and then set aside; that one only follows a `contact` that its own was merged into.
    Raises Contended if others keep writing the row.
    """
    if enrollment.rests(now) and (contact is None or contact.id == enrollment.contact):
        return enrollment
    try:
        return _forward(enrollment, now, contact, paused)
    except Exception as error:
        if not hopeless(error):
            raise
        return setbacks.note(enrollment, error, now)


def carry_out(begun: Enrollment, now: int) -> None:
    """Do what a run that was just written has to do, and note that. Where a mistake keeps it from that, note so."""
    try:
        perform(begun, now)
    except Exception as error:
        if not hopeless(error):
            raise
        setbacks.note(begun, error, now)
    else:
        if begun.todo:
            enrollments.settle(begun, now)


def _forward(enrollment: Enrollment, now: int, contact: Contact | None, paused: frozenset[str] | None) -> Enrollment:
    for _ in range(ATTEMPTS):
        perform(enrollment, now)
        if not enrollment.active and enrollment.failure is None:
            return enrollment
        release = releases.by_id(enrollment.release)
        if not enrollment.active:
            # While a mistake kept it, the row did not say when it may go.
            journey, kept_s = release.every_journey[enrollment.journey], release.privacy.retention.runs
            return replace(ended(enrollment, journey, kept_s), failure=None)
        contact = contact or contacts.surviving(enrollment.contact)
        if contact.state.erased:
            # Its row is about to go, and its clock is being stopped.
            return enrollment
        try:
            if contact.id != enrollment.contact:
                return follow(enrollment, contact, now, partial(wake, now=now, paused=paused))
            if paused is None:
                paused = pauses.journeys_lately(now)
            if enrollment.journey in paused:
                return enrollment
            journey = release.every_journey[enrollment.journey]
            moved, effects = advance(
                journey, enrollment, contact, release, now, partial(zone_of, sending=release.sending)
            )
            if moved is enrollment:
                if enrollment.failure is None:
                    return enrollment
                moved = replace(enrollment, failure=None)
            if enrollment.failure is not None and moved.waiting is not None and enrollment.clock:
                # Its clock ended when it could not go on.
                moved = replace(moved, clock=moved.clock + 1)
                effects = (*effects, StartClock(moved.clock))
            if not moved.active:
                moved = ended(moved, journey, release.privacy.retention.runs)
                effects = (*effects, *notes(moved, releases.live_lately().heard))
            saved = enrollments.save(enrollment, replace(moved, todo=effects), now)
        except ConditionFailed:
            enrollment, contact = _reloaded(enrollment), None
            continue
        perform(saved, now)
        return saved
    raise Contended(f"enrollment {enrollment.id} kept changing")


def settle(enrollment: Enrollment, now: int) -> None:
    """Note that everything was performed and told, unless a mistake keeps it from that."""
    if enrollment.todo and enrollment.failure is None:
        enrollments.settle(enrollment, now)


def tell_clock(enrollment: Enrollment, now: int) -> Told:
    """Let the execution that holds the alarm know what changed, if it is parked."""
    parked = tokens.get(enrollment.contact, enrollment.id) if enrollment.clock else None
    if parked is None:
        return Told.GONE
    told = tell(enrollment, parked, now)
    if not enrollment.active or enrollment.failure is not None:
        tokens.forget(enrollment.contact, enrollment.id)
    return told


def tell(enrollment: Enrollment | None, parked: Parked, now: int, *, timed_out: bool = False) -> Told:
    """Answer a parked execution as the row stands. One that isn't parked there any more is on
    its way to look for itself, or dead: the sweep finds that out."""
    answer = alarm.answer(enrollment, parked.alarm, now, timed_out=timed_out)
    match answer:
        case Stay():
            return Told.STAYS
        case Again(following):
            taken = stepfunctions.fail(parked.token, "Again", alarm.to_plain(following))
        case HandOver():
            if enrollment is not None:
                restart(enrollment, now)
            taken = stepfunctions.succeed(parked.token)
        case End():
            taken = stepfunctions.succeed(parked.token)
        case _:
            assert_never(answer)
    return Told.GOES_ON if taken else Told.GONE


def restart(enrollment: Enrollment, now: int) -> Enrollment:
    """Start the next generation of an enrollment's clock; the enrollment with it.

    An earlier clock that lives after all ends when it looks. Raises ConditionFailed if the
    row changed meanwhile.
    """
    generation = enrollment.clock + 1
    restarted = replace(enrollment, clock=generation, todo=(*enrollment.todo, StartClock(generation)))
    restarted = enrollments.save(enrollment, restarted, now)
    perform(restarted, now)
    logger.info("clock restarted", enrollment=enrollment.id, generation=generation)
    metric("ClocksRestarted")
    return enrollments.settle(restarted, now)


def _reloaded(enrollment: Enrollment) -> Enrollment:
    current = enrollments.get(enrollment.contact, enrollment.journey, enrollment.key)
    if current is None or current.id != enrollment.id:
        raise Contended(f"enrollment {enrollment.id} was replaced meanwhile")
    return current
