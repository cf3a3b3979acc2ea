"""Applying events, time or a rebuild to one contact: read, fold, decide, one conditional write."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from functions import bots, releases
from functions.aws.dynamodb import ConditionFailed
from functions.core.contact import Contact, Decision
from functions.core.decisions import Outcome, decide, differing, keep
from functions.core.event import Event
from functions.core.facts import Arrival, counting, doubtful_days, fold, rebuild, stamps_of_day
from functions.core.touched import touched
from functions.core.verdicts import settled
from functions.observability import metric
from functions.releases import Live
from functions.score.history import History
from functions.tables import contacts
from functions.tables.identities import Contended

ATTEMPTS = 6
RECOUNTS_AT_MOST = 50
"""Days times sources that are read one by one; where more are in doubt, everything is read once."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found: whether facts changed, and decisions that they would make anew."""

    contact: str
    changed: bool
    differing: tuple[Decision, ...]


def apply(
    contact: Contact, arrivals: Sequence[Arrival], live: Live, now: int, seen: Mapping[str, int] | None = None
) -> tuple[Decision, ...]:
    """Fold `arrivals` into the contact and write it; the decisions that this made.

    `seen` are the versions of the browsers' rows by which the arrivals were found to be this
    contact's. Safe to repeat: records applied before are recognised or counted again from the
    events. Raises Contended if other writers keep coming between, or a browser changed hands.
    """
    for _ in range(ATTEMPTS):
        contact = contacts.survivor(contact)
        if contact.state.erased:
            return ()
        _still_theirs(contact, arrivals, seen or {})
        live = _not_older(live, contact)
        read = contact
        contact, happened = _folded(contact, arrivals, live)
        outcome = decide(
            contact, live.release, now, happened, touched(live.reads, read, contact, happened, live.seq, now)
        )
        if _saved(read, contact, outcome, live):
            return outcome.decisions
        contact = contacts.load([contact.id])[contact.id]
    raise Contended(f"contact {contact.id} kept changing")


def reconsider(contact_id: str, now: int) -> tuple[Decision, ...]:
    """Let time alone cross lines for a contact whose due moment has come."""
    live = releases.live()
    for _ in range(ATTEMPTS):
        contact = contacts.load([contact_id])[contact_id]
        if contact.state.merged_into is not None or (contact.state.due or now + 1) > now:
            return ()
        live = _not_older(live, contact)
        read = contact
        contact, _ = _folded(contact, (), live)
        outcome = decide(contact, live.release, now)
        if _saved(read, contact, outcome, live):
            return outcome.decisions
    raise Contended(f"contact {contact_id} kept changing")


def refold(contact_id: str, now: int) -> Rebuilt | None:
    """Make a contact's facts anew from its events. Makes no decision: reports those it would.

    None for a contact that was merged into another, or erased.
    """
    live = releases.live()
    for _ in range(ATTEMPTS):
        read = contacts.load([contact_id])[contact_id]
        if read.state.merged_into is not None:
            return None
        live = _not_older(live, read)
        contact = rebuild(read, _events(History(read), live), live.counters)
        outcome = keep(contact, live.release, now)
        if _saved(read, contact, outcome, live):
            changed = contact.state.facts != read.state.facts
            return Rebuilt(contact_id, changed, differing(contact, live.release, now))
    raise Contended(f"contact {contact_id} kept changing")


def _not_older(live: Live, contact: Contact) -> Live:
    if contact.state.release <= live.seq:
        return live
    newer = releases.live()
    if contact.state.release > newer.seq:
        raise Contended(f"contact {contact.id} belongs to a release that is not live yet")
    return newer


def _still_theirs(contact: Contact, arrivals: Sequence[Arrival], seen: Mapping[str, int]) -> None:
    """Raises Contended where a browser's row was read before a part of its history moved from or to the contact."""
    for browser, version in contact.state.shared.items():
        named = any(browser in (one.event.source, *one.event.identities) for one in arrivals)
        if named and version > seen.get(browser, 0):
            raise Contended(f"a browser of contact {contact.id} changed hands")


def _events(history: History, live: Live, stamps: tuple[int, int] | None = None) -> Iterator[Event]:
    """A contact's events, each counting or held as its verdict says."""
    return settled(history.told(stamps), bots.rules(live))


def _folded(contact: Contact, arrivals: Sequence[Arrival], live: Live) -> tuple[Contact, list[Event]]:
    """The contact with `arrivals` applied, and which of their events count."""
    state, counters = contact.state, live.counters
    if state.version == 0:
        contact = replace(contact, state=replace(state, spec=counters.spec))
    days, history = doubtful_days(state, arrivals, counters), History(contact)
    if state.version and (state.spec != counters.spec or len(days) * len(history.sources) > RECOUNTS_AT_MOST):
        metric("ContactsRebuilt")
        held: set[str] = set()
        own = [arrival for arrival in arrivals if history.owns(arrival.event)]
        contact = rebuild(contact, _noting(held, _events(history, live)), counters, own)
        return contact, counting(arrivals, held)
    if days:
        metric("DaysRecounted", len(days))
    recounted = {
        day: list(_events(history, live, stamps_of_day(day, state.facts, arrivals, counters.zone))) for day in days
    }
    held = {event.ref for events in recounted.values() for event in events if event.held}
    return fold(contact, arrivals, recounted, counters), counting(arrivals, held)


def _noting(held: set[str], events: Iterator[Event]) -> Iterator[Event]:
    """The same events; which of them don't count is noted on the way."""
    for event in events:
        if event.held:
            held.add(event.ref)
        yield event


def _saved(read: Contact, contact: Contact, outcome: Outcome, live: Live) -> bool:
    """Write what changed, profile first: its registers join again without harm."""
    try:
        if contact.profile != read.profile:
            contacts.save_profile(contact.profile)
        contacts.save_state(replace(outcome.state, release=live.seq), outcome.decisions)
    except ConditionFailed:
        return False
    return True
