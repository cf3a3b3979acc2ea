"""Starting a journey for somebody by hand."""

from functions import clock, releases
from functions.core.contact import Contact
from functions.core.event import JOURNEY_REQUESTED, SYSTEM, Event
from functions.core.identity import own_ref
from functions.core.ids import digest
from functions.core.requests import WANTED, is_on_request
from functions.tables import audit, events
from functions.tables.audit import Noted


class NotOnRequest(ValueError):
    """No journey of that id can be started by hand."""


def ask(journey: str, contact: Contact, by: str) -> Event:
    """Ask for a journey for a contact; the event that does, recorded. Raises NotOnRequest."""
    live = releases.live().release
    journey, found = live.first_name("journey", journey), live.journeys
    if journey not in found:
        known = ", ".join(found) or "none is defined"
        raise NotOnRequest(f'there is no journey "{journey}" in the live release: {known}')
    if not is_on_request(found[journey]):
        wanted = "start: {when: {requested: true}}"
        raise NotOnRequest(f'journey "{journey}" starts otherwise; with {wanted} it can be started by hand')
    now = clock.now_ms()
    event = Event(
        source=own_ref(contact.id),
        id=digest("start", journey, contact.id, str(now)),
        stamp=now,
        at=now,
        received=now,
        kind=SYSTEM,
        name=JOURNEY_REQUESTED,
        properties={WANTED: journey, "by": by},
    )
    events.insert([event], releases.keyring().keep)
    audit.note(Noted("start", journey, now, by=by, many=1))
    return event
