"""What performing an effect of a journey leaves: the event that is recorded, the message that is decided. Pure."""

from collections.abc import Mapping
from typing import Any

from functions.core import answering
from functions.core.effects import Record, SendMessage
from functions.core.enrollment import Enrollment
from functions.core.event import STAFF, SYSTEM, Event
from functions.core.identity import own_ref
from functions.core.ids import digest
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


def event_by_hand(
    contact: str,
    name: str,
    now: int,
    staff: str,
    *,
    properties: Mapping[str, Any] | None = None,
    traits: Mapping[str, Any] | None = None,
) -> Event:
    """The event by which somebody of the staff, by their id, changes something about a contact at `now` (ms)."""
    said, told = properties or {}, traits or {}
    about = (*(f"{key}={value}" for key, value in said.items()), *told)
    return Event(
        source=own_ref(contact),
        id=digest("by-hand", contact, name, staff, str(now), *about),
        stamp=now,
        at=now,
        received=now,
        kind=SYSTEM,
        name=name,
        properties={**said, STAFF: staff},
        traits=told,
        # What somebody does at a desk is no visit of the person's.
        context={"active": False},
        proved=bool(told),
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
