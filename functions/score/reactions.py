"""What events say of messages, forms, files, pages and orders, for the counted numbers.

What was done with a mail is held until it is judged, and may be judged again: then everything that was done with that
message is looked at, and counted exactly.
"""

from collections.abc import Collection, Iterator, Sequence

from functions import bots
from functions.core import counting
from functions.core.contact import Contact
from functions.core.counted import Unit
from functions.core.event import Event
from functions.core.identity import SELF, contacts_among, hash_of, kind_of
from functions.core.message import Message
from functions.core.release import Release
from functions.core.times import LATEST
from functions.core.verdicts import verdict
from functions.releases import Live
from functions.score.sift import Record
from functions.tables import contacts, identities, messages, rulings

Known = dict[str, Collection[str]]
_EARLY_MS = 86_400_000
"""A clock may be so much behind that what is done with a message seems to come before it."""


def is_counted(event: Event, live: Live) -> bool:
    """Whether an event is a number of its own, or part of one."""
    if event.name in counting.COUNTED:
        return counting.is_counted(event, known(live.release))
    return bool(counting.message_of(event)) and kind_of(event.source) == SELF


def units(records: Sequence[Record], left: Collection[str], theirs: Collection[str], live: Live) -> Iterator[Unit]:
    """The units of events, of which those `left` no longer count; `theirs` are people's."""
    zone, made = _zone(live), known(live.release)
    told = (record.arrival.event for record in records)
    letters = messages.found((hash_of(event.source), id) for event in told if (id := counting.message_of(event)))
    judged: set[str] = set()
    for record in records:
        event = record.arrival.event
        if id := counting.message_of(event):
            message = letters.get((hash_of(event.source), id))
            if message is None or message.id in judged:
                continue
            if record.ruling is None and event.ref not in left:
                yield counting.of_reactions([(event, event.ref in theirs)], message, zone)
            else:
                judged.add(message.id)
                yield _exactly(event.source, message, live)
            continue
        if event.ref in left:
            yield Unit(counting.event_unit(event.ref), exactly=True)
            yield Unit(counting.order_unit(event.ref), exactly=True)
        elif event.ref in theirs and event.name in (counting.ORDERED, counting.REFUNDED):
            yield from _order(event, made, zone)
        elif event.ref in theirs and (unit := counting.of_event(event, made, zone)) is not None:
            yield unit


def _exactly(source: str, message: Message, live: Live) -> Unit:
    """All that was done with a message, as it is judged now."""
    rules = bots.rules(live)
    told = rulings.told([source], (max(0, message.created - _EARLY_MS), LATEST))
    done = [
        (event, verdict(event, ruling, rules).who) for event, ruling in told if counting.message_of(event) == message.id
    ]
    return counting.of_reactions(
        ((event, who == "person") for event, who in done if who != "waiting"), message, _zone(live), exactly=True
    )


def _order(event: Event, made: Known, zone: str) -> Iterator[Unit]:
    """An order: by which source it came, and put down to the message whose link was clicked last before it."""
    owner = identities.read([event.source]).get(event.source)
    contact_id = hash_of(event.source) if kind_of(event.source) == SELF else owner.contact if owner else ""
    contact = contacts.surviving(contact_id) if contact_id else None
    touch = contact.profile.first_touch if contact else None
    if (unit := counting.of_event(event, made, zone, counting.source(touch.said if touch else None))) is None:
        return
    yield unit
    if contact is None:
        return
    clicked = [
        (facts.clicked, id)
        for id, facts in contact.state.facts.messages.items()
        if facts.clicked is not None and event.at - counting.ATTRIBUTED_MS <= facts.clicked <= event.at
    ]
    if clicked and (message := _message(contact, max(clicked)[1])):
        yield counting.of_order(event, message, zone)


def _message(contact: Contact, id: str) -> Message | None:
    """A message of somebody's, which may have gone to one who was merged into them."""
    selves = {contact.id, *contacts_among(contact.profile.identities)}
    found = messages.found((one, id) for one in selves)
    return next(iter(found.values()), None)


def _zone(live: Live) -> str:
    return live.release.sending.business.time_zone


def known(release: Release) -> Known:
    """The ids of what the business has made that has numbers of its own, by kind."""
    return {"form": release.forms, "page": release.pages, "popup": release.popups, "asset": release.assets}
