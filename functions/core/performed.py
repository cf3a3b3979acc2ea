"""What performing an effect of a journey leaves: the event that is recorded, the message that is decided. Pure."""

from functions.core import answering
from functions.core.effects import Record, SendMessage
from functions.core.enrollment import Enrollment
from functions.core.event import SYSTEM, Event
from functions.core.identity import own_ref
from functions.core.message import Message, intended


def event_of(effect: Record, enrollment: Enrollment) -> Event:
    """The event that a step of a run records."""
    return Event(
        source=own_ref(enrollment.contact),
        id=effect.event,
        stamp=effect.at,
        at=effect.at,
        received=effect.at,
        kind=SYSTEM,
        name=effect.name,
        properties={
            **effect.properties,
            "journey": enrollment.journey,
            "step": effect.step,
            "enrollment": enrollment.id,
        },
        traits=effect.traits,
        proved=bool(effect.traits),
    )


def message_of(effect: SendMessage, enrollment: Enrollment, kept_s: int) -> Message:
    """The message that a step of a run decides; its row stays for so many seconds."""
    return intended(
        id=effect.message,
        contact=enrollment.contact,
        journey=enrollment.journey,
        step=effect.step,
        template=effect.template,
        topic=effect.topic,
        release=enrollment.release,
        now=effect.at,
        enrollment=enrollment.id,
        since=enrollment.entered,
        kept_until=effect.at // 1000 + kept_s,
        channel=effect.channel,
        # Such a mail answers this submission, and nothing else.
        cause=enrollment.cause if answering.is_answer(enrollment.journey) else None,
    )
