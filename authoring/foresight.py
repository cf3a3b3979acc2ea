"""Who would stand elsewhere if marketing/ went live now: its rules over the contacts as they are stored.

Nothing is written. Everybody is compared at one moment: where they stand by the live rules, and where
by the new ones, each from the standing that is held, so that a band that is only kept stays kept. Where
a new rule counts what the stored facts don't hold, those facts are made from the events in memory, together
with the runs of journeys that only the new rules ask about.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final

from authoring.tally import Moved, Tally
from functions import bots, releases, settings
from functions.aws import dynamodb
from functions.core.backfilling import covers, meanings
from functions.core.contact import Contact, Standing
from functions.core.counters import Counters, counters
from functions.core.decisions import decide
from functions.core.event import Event
from functions.core.facts import rebuild
from functions.core.journey_facts import heard, journey_events_of
from functions.core.prices import DYNAMODB_READ_UNIT
from functions.core.publishing import Pointer
from functions.core.release import Release
from functions.core.verdicts import settled
from functions.core.views import local_day, points
from functions.score.history import History
from functions.tables import contacts, enrollments
from functions.tables.contacts import STATE, contact_of

SAMPLE: Final = 2_000
"""So many contacts are read where there are many: a share of them is then right to two in a hundred."""
ROWS_A_PART: Final = 2_000
ROWS_A_CONTACT: Final = 3
"""At least: state, profile, an identity."""
ASKED_FOR: Final = 3
"""Where facts are made anew: the contact itself, an identity, a browser."""
READERS: Final = 4
_UNIT: Final = 4096
"""Bytes of a read unit; half a unit where a read is not consistent."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be compared, and how much must be read for it.

    `changed` are lines ("segment keen", "score interest", "temperature", "grade", "stages", "tags")
    whose rules, or those below them, differ; `same` counts the others. `recounts`: the facts of
    everybody who is read must be made from events, with the earlier runs of `journeys`. `parts` of the
    contacts table are `rows` rows each.
    """

    before: Release
    after: Release
    held: Counters
    needed: Counters
    changed: tuple[str, ...]
    same: int
    recounts: bool
    journeys: frozenset[str]
    rows: int
    parts: int
    sample: int | None
    read_units: float

    @property
    def dollars(self) -> float:
        """What reading costs, about."""
        return self.read_units * DYNAMODB_READ_UNIT


def plan(after: Release, pointer: Pointer, *, sample: int | None = SAMPLE) -> Plan:
    """What making `after` live would change, and the reading it takes; all contacts with a sample of None."""
    before = releases.by_id(pointer.release)
    held = releases.counters_of(pointer.seq, pointer.release)
    needed = counters(after, (), bots.version(after.bots))
    old, new = meanings(before), meanings(after)
    lines = sorted({*old, *new})
    journeys = heard(after) - heard(before)
    uncovered = not covers(held, needed)
    recounts = uncovered or bool(journeys)
    changed = tuple(name for name in lines if recounted(uncovered, held, needed) or old.get(name) != new.get(name))
    rows, size = dynamodb.size_of(settings.contacts_table())
    most = max(1, rows // ROWS_A_CONTACT)
    if sample is not None and most <= 2 * sample:
        sample = None
    parts = READERS if sample is None else max(READERS, -(-rows // ROWS_A_PART))
    share = 1.0 if sample is None else min(1.0, sample / most)
    # Each row is met by the scan; states and profiles are read again, whole and consistently. However small, each
    # takes a unit, and so does each identity whose events are asked for.
    units = share * (size / _UNIT / 2 + most * 2 * max(1.0, size / max(1, rows) / _UNIT))
    if recounts:
        units += share * (dynamodb.size_of(settings.events_table())[1] / _UNIT + most * ASKED_FOR)
    same = len(lines) - len(changed)
    return Plan(before, after, held, needed, changed, same, recounts, journeys, rows, parts, sample, units)


def recounted(recounts: bool, held: Counters, needed: Counters) -> bool:
    """Whether facts would differ for everybody: other days, or other rules by which events are people's."""
    return recounts and replace(held, by_id={}) != replace(needed, by_id={})


def look(wanted: Plan, now: int, *, who: bool = False, seen: Callable[[int, int], None] | None = None) -> Tally:
    """Compare contacts, part by part, until the sample is full. `seen` is told contacts and rows read so far."""
    met, progress = Tally(), seen or (lambda contacts, rows: None)
    with ThreadPoolExecutor(READERS) as readers:
        for first in range(0, wanted.parts, READERS):
            parts = range(first, min(first + READERS, wanted.parts))
            for part in readers.map(lambda part: _part(wanted, part, now, who), parts):
                met.join(part)
                progress(met.contacts, met.rows)
            if wanted.sample is not None and met.contacts >= wanted.sample:
                break
    return met


def _part(wanted: Plan, part: int, now: int, who: bool) -> Tally:
    found = Tally(parts=1)
    for names, rows in _pages((part, wanted.parts)):
        found.rows += rows
        for contact in contacts.load(names).values():
            if contact.state.merged_into is None:
                found.add(moved(contact, wanted, now), contact.profile.email if who else None)
    return found


def _pages(part: tuple[int, int]) -> Iterator[tuple[Sequence[str], int]]:
    start: dynamodb.Key | None = None
    while True:
        rows, start, scanned = dynamodb.scan_part(
            settings.contacts_table(), part, start=start, limit=400, condition="sk = :state", values={":state": STATE}
        )
        yield [contact_of(row["pk"]) for row in rows if "into" not in row], scanned
        if start is None:
            return


@dataclass(slots=True)
class _Events:
    """One contact's events, read when first asked for."""

    contact: Contact
    history: History = field(init=False)

    def __post_init__(self) -> None:
        self.history = History(self.contact)

    def folded(self, release: Release, counting: Counters, journeys: Collection[str] = ()) -> Contact:
        """The contact with facts as a release counts them, runs of `journeys` among them."""
        rules = bots.rules_of(release.bots.model_dump_json())
        told = chain(settled(self.history.told(), rules), self._runs(journeys))
        return rebuild(self.contact, told, counting)

    def _runs(self, journeys: Collection[str]) -> Iterator[Event]:
        """What publishing will record of the runs so far."""
        runs = (*enrollments.earlier(self.contact.id), *enrollments.of(self.contact.id)) if journeys else ()
        return (event for run in runs if run.journey in journeys for event in journey_events_of(run))


def moved(contact: Contact, wanted: Plan, now: int) -> Moved:
    """How one contact stands by the live rules, and by the new ones."""
    events, current = _Events(contact), contact.state.spec == wanted.held.spec
    was = contact if current else events.folded(wanted.before, wanted.held)
    becomes = was if not wanted.recounts else events.folded(wanted.after, wanted.needed, wanted.journeys)
    before, after = _standing(was, wanted.before, now), _standing(becomes, wanted.after, now)
    kept = ""
    if "temperature" in wanted.changed and after.temperature != "cold":
        fresh = replace(becomes, state=replace(becomes.state, standing=replace(after, temperature="cold")))
        kept = after.temperature if _standing(fresh, wanted.after, now).temperature != after.temperature else ""
    return Moved(
        contact.id,
        before,
        after,
        _points(was, wanted.before, wanted.changed, now),
        _points(becomes, wanted.after, wanted.changed, now),
        kept,
        recounted=becomes is not contact,
    )


def _standing(contact: Contact, release: Release, now: int) -> Standing:
    # By no release yet: every line is looked at.
    fresh = replace(contact, state=replace(contact.state, release=0, watching=frozenset()))
    return decide(fresh, release, now).state.standing


def _points(contact: Contact, release: Release, changed: Sequence[str], now: int) -> dict[str, int]:
    zone = release.sending.business.time_zone
    today = local_day(now, zone)
    scores = release.scoring.scores.items()
    return {
        name: points(contact.state.facts, name, score, today, zone)
        for name, score in scores
        if f"score {name}" in changed
    }
