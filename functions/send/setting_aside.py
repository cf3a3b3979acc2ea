"""Setting a run aside because of one of its messages."""

from typing import Final

from functions.aws.dynamodb import ConditionFailed
from functions.core import setback
from functions.core.enrollment import Enrollment
from functions.core.ids import enrollment_id
from functions.core.journey_facts import goes_on_elsewhere
from functions.core.message import Message
from functions.journey_step import setbacks
from functions.tables import contacts, enrollments
from functions.tables.identities import Contended

ATTEMPTS: Final = 8


def set_aside(message: Message, reason: str, detail: str, now: int) -> None:
    """Set the run of a message aside, unless it is over; a person is told in any case.

    Raises Contended if others keep writing its row.
    """
    for _ in range(ATTEMPTS):
        run = _run(message)
        held = None if run is None else setback.held(run, message, reason, detail, now)
        if run is None or held is None:
            if run is None or not run.active:
                # Its message was the last thing that it asked for: nothing but the message is kept.
                setbacks.tell_of(message.journey, message.step, reason, now)
            return
        setbacks.tell(held, now)
        try:
            enrollments.save(run, held, now)
        except ConditionFailed:
            continue
        return
    raise Contended(f"enrollment {message.enrollment} kept changing")


def _run(message: Message) -> Enrollment | None:
    """The run that a message is of, also where its contact was merged into another one since."""
    contact, id = message.contact, message.enrollment
    while True:
        run = next((one for one in enrollments.of(contact) if one.id == id), None)
        if run is None or not goes_on_elsewhere(run):
            return run
        survivor = contacts.surviving(contact).id
        if survivor == contact:
            return None
        contact = survivor
        id = enrollment_id(contact, run.journey, run.cause)
