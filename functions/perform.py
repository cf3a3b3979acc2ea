"""The one place where effects are performed. Each has a deterministic id: performing it twice changes nothing."""

from typing import assert_never

from functions import releases, settings
from functions.aws import events as bus
from functions.aws import stepfunctions
from functions.core import alarm
from functions.core.effects import Effect, HandOff, NoteRun, ReachGoal, Record, SendMessage, StartClock, Unwatch
from functions.core.enrollment import Enrollment
from functions.core.event import HANDED_OFF, Event
from functions.core.journey_facts import noted
from functions.core.performed import event_of, message_of
from functions.core.retention import Keep
from functions.observability import metric
from functions.send.queue import enqueue
from functions.tables import contacts, enrollments, events, leads, messages
from functions.tables.leads import Lead


def perform(enrollment: Enrollment, now: int) -> None:
    """Perform all that the enrollment has to do. Raises what AWS raises: then it is still to do."""
    for effect in enrollment.todo:
        _perform(effect, enrollment, now)


def _perform(effect: Effect, enrollment: Enrollment, now: int) -> None:
    match effect:
        case SendMessage():
            _send(effect, enrollment)
        case Record():
            _record(event_of(effect, enrollment), enrollment)
        case HandOff():
            _hand_off(effect, enrollment)
        case StartClock(generation):
            # A clock that was outlived by a successor would only find that out and end.
            if enrollment.active and generation == enrollment.clock:
                name = alarm.name(enrollment, generation)
                stepfunctions.start(settings.state_machine_arn(), name, alarm.to_plain(alarm.first(enrollment, now)))
        case ReachGoal(decision, at):
            detail = {
                "v": 1,
                "id": decision,
                "contact": enrollment.contact,
                "journey": enrollment.journey,
                "enrollment": enrollment.id,
                "at": at,
            }
            bus.put(settings.bus_name(), [("Goal Reached", detail)])
            metric("GoalsReached")
        case NoteRun():
            _record(noted(effect, enrollment), enrollment)
        case Unwatch():
            contacts.unwatch(enrollment.contact, enrollments.marks(enrollment))
        case _:
            assert_never(effect)


def _send(effect: SendMessage, enrollment: Enrollment) -> None:
    kept = releases.by_id(enrollment.release).privacy.retention
    messages.intend(message_of(effect, enrollment, kept.messages))
    # The ledger comes first; a second copy on the queue finds there that nothing is left to do.
    enqueue(enrollment.contact, effect.message)


def _hand_off(effect: HandOff, enrollment: Enrollment) -> None:
    who, journey = enrollment.contact, enrollment.journey
    leads.write(Lead(effect.lead, who, effect.to, effect.reason, journey, effect.step, enrollment.id, effect.at))
    detail = {
        "v": 1,
        "id": effect.lead,
        "contact": who,
        "to": effect.to,
        "journey": journey,
        "step": effect.step,
        "enrollment": enrollment.id,
        "at": effect.at,
    }
    bus.put(settings.bus_name(), [(HANDED_OFF, detail)])
    metric("LeadsHandedOff")


def _record(event: Event, enrollment: Enrollment) -> None:
    kept = releases.by_id(enrollment.release).privacy.retention
    events.insert([event], Keep(kept.visitors, kept.contacts))
