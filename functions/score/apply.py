"""Applying events, time or a rebuild to one contact: read, fold, decide, one conditional write.

A contact that was decided under an earlier release is brought to the live one first, by a write
of its own: what the change of rules decides is not the event's doing, nor the time's.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from functions import bots, releases
from functions.aws.dynamodb import ConditionFailed
from functions.core.contact import Contact, Decision
from functions.core.decisions import BACKFILL, BY_TIME, Outcome, cause_of, decide, differing, keep, put_off
from functions.core.event import Event
from functions.core.facts import Arrival, by_cause, counting, doubtful_days, fold, rebuild, stamps_of_day
from functions.core.touched import touched
from functions.core.verdicts import settled
from functions.observability import metric
from functions.releases import Live
from functions.score.history import History
from functions.tables import contacts, directory
from functions.tables.identities import Contended
from functions.work import queue
from functions.work.queue import Recount

ATTEMPTS = 6
RECOUNTS_AT_MOST = 50
"""Days times sources that are read one by one; where more are in doubt, everything is read once."""
READ_AT_ONCE = 5_000
"""Events that one invocation reads for rebuilds while others wait: some seven seconds of a small function. Whoever
has more is counted by `work`."""
ASKED_AGAIN_MS = 600_000
"""When the sweep asks for a count again that `work` was asked for: the question may have been lost."""
AT_ONCE_MS = 60_000
"""No invocation that scores lasts longer."""


class TooLong(Exception):
    """What must be read is too much while others wait."""


class Erased(Exception):
    """Whose it was is erased."""


class Reading:
    """How many events may still be read for rebuilds."""

    def __init__(self, events: int = READ_AT_ONCE) -> None:
        self.left = events

    def counted(self, events: Iterator[Event]) -> Iterator[Event]:
        """The same events. Raises TooLong where there are more."""
        for event in events:
            self.left -= 1
            if self.left < 0:
                raise TooLong
            yield event


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found: whether facts changed, and decisions that they would make anew."""

    contact: str
    changed: bool
    differing: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Brought:
    """What bringing a contact to the live release did. `contact` is as it stood before."""

    contact: Contact
    decisions: tuple[Decision, ...] = ()
    rebuilt: bool = False
    written: bool = False


def apply(
    contact: Contact,
    arrivals: Sequence[Arrival],
    live: Live,
    now: int,
    seen: Mapping[str, int] | None = None,
    reading: Reading | None = None,
) -> tuple[Decision, ...]:
    """Fold `arrivals` into the contact and write it; the decisions that this made. Raises Erased.

    `seen` are the versions of the browsers' rows by which the arrivals were found to be this
    contact's. Safe to repeat: records applied before are recognised or counted again from the
    events. Raises Contended if other writers keep coming between, or a browser changed hands.
    Where a rebuild would take more than `reading` allows, only journeys hear of the arrivals,
    and `work` counts the contact in a moment.
    """
    arriving = {arrival.event.ref for arrival in arrivals}
    made: tuple[Decision, ...] = ()
    for place, some in enumerate(by_cause(arrivals) if live.release.lines else [arrivals]):
        if place:
            contact = contacts.load([contact.id])[contact.id]
        made += _apply(contact, some, arriving, live, now, seen or {}, reading)
    return made


def _apply(
    contact: Contact,
    arrivals: Sequence[Arrival],
    arriving: Collection[str],
    live: Live,
    now: int,
    seen: Mapping[str, int],
    reading: Reading | None,
) -> tuple[Decision, ...]:
    for _ in range(ATTEMPTS):
        contact = contacts.survivor(contact)
        if contact.state.erased:
            raise Erased
        _still_theirs(contact, arrivals, seen)
        live = _not_older(live, contact)
        asked = _asked(contact, now)
        try:
            if asked:
                raise TooLong
            if (read := _on_live(contact, live, now, arriving, reading)) is not None:
                contact, happened = _folded(read, arrivals, live, reading)
                moved = touched(live.reads, read, contact, happened, live.seq, now)
                outcome = decide(contact, live.release, now, happened, moved)
                if _saved(read, contact, outcome, live):
                    return outcome.decisions
        except TooLong:
            happened = counting(arrivals, ())
            until = asked or now + ASKED_AGAIN_MS
            outcome = put_off(contact, live.release, now, happened, until=until)
            if _saved(contact, contact, outcome, replace(live, seq=contact.state.release)):
                if not asked:
                    metric("ContactsPutOff")
                    queue.ask(Recount(contact.id, cause_of(happened)))
                return outcome.decisions
        contact = contacts.load([contact.id])[contact.id]
    raise Contended(f"contact {contact.id} kept changing")


def reconsider(
    contact_id: str, now: int, loaded: Contact | None = None, live: Live | None = None
) -> tuple[Decision, ...]:
    """Let time alone cross lines for a contact whose due moment has come. Who goes through many has read
    them, and the live release, already."""
    live = live or releases.live()
    for _ in range(ATTEMPTS):
        contact, loaded = loaded or contacts.load([contact_id])[contact_id], None
        if contact.state.merged_into is not None or (contact.state.due or now + 1) > now:
            return ()
        live = _not_older(live, contact)
        try:
            if (read := _on_live(contact, live, now, (), Reading())) is None:
                continue
            contact, _ = _folded(read, (), live, Reading())
        except TooLong:
            queue.ask(Recount(contact_id, BY_TIME))
            later = replace(contact.state, due=now + ASKED_AGAIN_MS)
            if _saved(contact, contact, Outcome(later, ()), replace(live, seq=contact.state.release)):
                return ()
            continue
        outcome = decide(contact, live.release, now)
        if _saved(read, contact, outcome, live):
            return outcome.decisions
    raise Contended(f"contact {contact_id} kept changing")


def recount(contact_id: str, cause: str, now: int) -> tuple[Decision, ...]:
    """Count a contact anew, however much it did, and decide; `cause` is why."""
    live = releases.live()
    for _ in range(ATTEMPTS):
        contact = contacts.surviving(contact_id)
        if contact.state.erased:
            return ()
        live = _not_older(live, contact)
        if (read := _on_live(contact, live, now)) is None:
            continue
        counted = read if read is not contact else rebuild(read, _events(History(read), live), live.counters)
        outcome = decide(counted, live.release, now, otherwise=cause)
        if _saved(read, counted, outcome, live):
            return outcome.decisions
    raise Contended(f"contact {contact_id} kept changing")


def bring(
    contact: Contact,
    live: Live,
    now: int,
    *,
    arriving: Collection[str] = (),
    reading: Reading | None = None,
    mark: bool = False,
) -> Brought | None:
    """Bring a contact to the live release: facts as it counts them, and what its rules decide by them.

    `arriving` are refs of events that are about to be applied: they are left out. Where nothing
    differs nothing is written, unless `mark` says that somebody may still work by the release
    before. None where another write came between.
    """
    if not contact.state.version or contact.state.release >= live.seq:
        return Brought(contact)
    counted = contact
    rebuilt = contact.state.spec != live.counters.spec
    if rebuilt:
        metric("ContactsRebuilt")
        events = _allowed(_events(History(contact), live), reading)
        counted = rebuild(contact, (event for event in events if event.ref not in arriving), live.counters)
    # Of a line that time crosses as well, the moment before tells whether it was the rules.
    moment = min(now, (contact.state.due or now + 1) - 1)
    outcome = decide(counted, live.release, moment, otherwise=BACKFILL)
    changed = bool(outcome.decisions) or outcome.state != counted.state
    written = rebuilt or mark or changed or not directory.is_listed(contact)
    if written and not _saved(contact, counted, outcome, live):
        return None
    return Brought(contact, outcome.decisions, rebuilt, written)


def _on_live(
    contact: Contact, live: Live, now: int, arriving: Collection[str] = (), reading: Reading | None = None
) -> Contact | None:
    """The contact as it stands when brought to the live release; None where another write came between."""
    brought = bring(contact, live, now, arriving=arriving, reading=reading)
    if brought is None:
        return None
    return contacts.load([contact.id])[contact.id] if brought.written else contact


def _allowed(events: Iterator[Event], reading: Reading | None) -> Iterator[Event]:
    return events if reading is None else reading.counted(events)


def refold(contact_id: str, now: int, reading: Reading | None = None) -> Rebuilt | None:
    """Make a contact's facts anew from its events. Makes no decision: reports those it would.

    None for a contact that was merged into another, or erased. What it would decide is left to
    whoever comes next, who finds it as undecided under the live release. Raises TooLong.
    """
    live = releases.live()
    for _ in range(ATTEMPTS):
        read = contacts.load([contact_id])[contact_id]
        if read.state.merged_into is not None:
            return None
        live = _not_older(live, read)
        contact = rebuild(read, _allowed(_events(History(read), live), reading), live.counters)
        outcome, found = keep(contact, live.release, now), differing(contact, live.release, now)
        decided = min(read.state.release, live.seq - 1) if found else live.seq
        # As if nothing had been put for it: whatever a list may lack is put there again.
        unlisted = replace(read, state=replace(read.state, listed=""))
        if _saved(unlisted, contact, outcome, replace(live, seq=decided)):
            return Rebuilt(contact_id, contact.state.facts != read.state.facts, found)
    raise Contended(f"contact {contact_id} kept changing")


def _asked(contact: Contact, now: int) -> int | None:
    """When the sweep asks again for the count that `work` was asked for; None where it wasn't, or that has come.

    Until then nobody else need find out that there is too much to read. Whoever else takes a spec away makes
    the contact due at once: as seen by who began before, in a moment.
    """
    state = contact.state
    if not state.version or state.spec or state.due is None:
        return None
    return state.due if now + AT_ONCE_MS < state.due <= now + ASKED_AGAIN_MS else None


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


def _folded(
    contact: Contact, arrivals: Sequence[Arrival], live: Live, reading: Reading | None
) -> tuple[Contact, list[Event]]:
    """The contact with `arrivals` applied, and which of their events count."""
    state, counters = contact.state, live.counters
    if state.version == 0:
        contact = replace(contact, state=replace(state, spec=counters.spec))
    days, history = doubtful_days(state, arrivals, counters), History(contact)
    if state.version and (state.spec != counters.spec or len(days) * len(history.sources) > RECOUNTS_AT_MOST):
        metric("ContactsRebuilt")
        held: set[str] = set()
        own = [arrival for arrival in arrivals if history.owns(arrival.event)]
        events = _allowed(_events(history, live), reading)
        contact = rebuild(contact, _noting(held, events), counters, own)
        return contact, counting(arrivals, held)
    if days:
        metric("DaysRecounted", len(days))
    recounted = {
        day: list(_allowed(_events(history, live, stamps_of_day(day, state.facts, arrivals, counters.zone)), reading))
        for day in days
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
    state = replace(outcome.state, release=live.seq)
    if (moved := directory.move(read, Contact(state, contact.profile))) is not None:
        directory.begin(moved)
        state = replace(state, listed=moved.listed)
    try:
        if contact.profile != read.profile:
            contacts.save_profile(contact.profile)
        contacts.save_state(state, outcome.decisions)
    except ConditionFailed:
        return False
    if moved is not None:
        directory.end(moved)
    return True
