"""What is counted, recounted: of each unit what the stored rows and the raw events say now.

The numbers of reports grow with what happens; a recount looks at what is stored, and knows nothing of how it got there.
Three things can't be said again and are taken as they were decided: by which source somebody had come when they went
on in the funnel, which message an order was put down to, and what was counted of things whose time was over.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from functions import bots
from functions.core import counting
from functions.core.contact import Decision, Standing
from functions.core.counting import NEVER, NOW, Counted, Place
from functions.core.days import day_of
from functions.core.errors import Newer
from functions.core.event import Event
from functions.core.identity import SELF, hash_of, kind_of
from functions.core.message import Message
from functions.core.verdicts import Ruling, verdict
from functions.count.units import Row, unit_of
from functions.releases import Live
from functions.score.reactions import known
from functions.tables import contacts, decisions
from functions.tables.contacts import contact_of

BY_SOURCE: Final = "funnel-by-source"
FUNNEL: Final = "funnel"
_NOWHERE: Final = Standing()
_NONE: Mapping[Place, int] = MappingProxyType({})
_MARGIN: Final = timedelta(days=3)
"""What may go goes within days."""

Letters = Mapping[tuple[str, str], Message]
"""Messages by (contact, id)."""


@dataclass(frozen=True, slots=True)
class Said:
    """What something stored says of a unit. `decided`: only that it is there, not what it amounts to. `once` are
    numbers of which each row says its own part; `version` is that of the row that says how things stand."""

    unit: str
    adds: Mapping[Place, int] = field(default_factory=lambda: _NONE)
    once: Mapping[Place, int] = field(default_factory=lambda: _NONE)
    stands: Mapping[Place, int] = field(default_factory=lambda: _NONE)
    version: int = 0
    decided: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A number that is not what it should be: of one unit, or of all together ("")."""

    unit: str
    place: Place
    counted: int
    recounted: int


class Recount:
    """Recounts by the rules of what is live, in the days of the business."""

    def __init__(self, live: Live, now: int) -> None:
        """`now` (ms) tells what may have gone by itself."""
        release = live.release
        self.spoiled: list[str] = []
        """The keys of rows that can't be read, which say nothing."""
        self.zone = release.sending.business.time_zone
        self._rules, self._known = bots.rules(live), known(release)
        kept = release.privacy.retention
        today = day_of(now, self.zone)
        self._kept_since = {
            kind: (today - timedelta(seconds=seconds) + _MARGIN).isoformat()
            for kind, seconds in (
                ("event", min(kept.visitors, kept.contacts)),
                ("message", kept.messages),
                ("run", kept.runs),
                ("decision", kept.decisions),
            )
        }

    # --- what rows say ----------------------------------------------------------------------------------------------

    def of_rows(self, rows: Iterable[Row]) -> Iterator[Said]:
        """What rows of the contacts table say. Raises Newer."""
        for row in rows:
            try:
                said = self._of_row(row)
            except Newer:
                raise
            except (KeyError, ValueError, TypeError, IndexError):
                self.spoiled.append(f"{row['pk']} {row['sk']}")
            else:
                if said is not None:
                    yield said

    def _of_row(self, row: Row) -> Said | None:
        if row["sk"].startswith(decisions.PREFIX):
            return self._of_decision(contact_of(row["pk"]), contacts.decision_from(row))
        unit = unit_of({**row, "out": ()}, self.zone, {})
        return None if unit is None else Said(unit.id, unit.adds, _NONE, unit.stands, unit.version)

    def _of_decision(self, contact: str, made: Decision) -> Said | None:
        if made.kind in ("temperature", "stage"):
            unit = counting.of_standing(contact, 1, _NOWHERE, [made], "", self.zone)
            return Said(unit.id, once=_without_sources(unit.once))
        if made.kind == "segment":
            inside = made.after == "in"
            unit = counting.of_member(made.name, contact, 1, made.at, self.zone, inside=inside)
            return Said(unit.id, once=unit.once)
        return None

    def of_source(self, told: Sequence[tuple[Event, Ruling | None]], letters: Letters) -> Iterator[Said]:
        """What the events of one source say, each with the ruling on it; `letters` are the messages they speak of."""
        done: dict[str, list[tuple[Event, bool]]] = {}
        for event, ruling in told:
            who = verdict(event, ruling, self._rules).who
            if who == "waiting":
                continue
            if (id := counting.message_of(event)) and kind_of(event.source) == SELF:
                done.setdefault(id, []).append((event, who == "person"))
            elif who == "person":
                yield from self._of_event(event)
        for id, events in done.items():
            if message := letters.get((hash_of(events[0][0].source), id)):
                yield Said(counting.reaction_unit(id), counting.of_reactions(events, message, self.zone).adds)
            else:
                yield Said(counting.reaction_unit(id), decided=True)

    def _of_event(self, event: Event) -> Iterator[Said]:
        unit = counting.of_event(event, self._known, self.zone)
        if unit is None:
            # It may have been counted while what it is about was live.
            yield Said(counting.event_unit(event.ref), decided=True)
            return
        yield Said(unit.id, unit.adds)
        if event.name in (counting.ORDERED, counting.REFUNDED):
            yield Said(counting.order_unit(event.ref), decided=True)

    # --- what is held against it ------------------------------------------------------------------------------------

    def differences(self, unit: str, said: Sequence[Said], counted: Counted | None) -> Iterator[Difference]:
        """In what the count of a unit is not what is said of it. One whose thing was erased has none."""
        if counted is not None and counted.version == NEVER:
            return
        held = counted or Counted()
        if any(one.decided for one in said):
            yield from _compared(unit, held.stands, _NONE)
            return
        adds, stands = _told(said)
        kept = {at: many for at, many in held.adds.items() if self._is_kept(at)}
        expected = {at: many for at, many in adds.items() if self._is_kept(at)}
        if any(at.subject == BY_SOURCE for at in kept):
            yield from _compared(
                unit, _over_sources(kept), {at: n for at, n in expected.items() if at.subject == FUNNEL}
            )
        yield from _compared(unit, _without_sources(kept), expected)
        yield from _compared(unit, held.stands, stands)

    def right(self, said: Sequence[Said], counted: Counted | None) -> Counted:
        """What should be counted of a unit, where `differences` finds some."""
        held = counted or Counted()
        if any(one.decided for one in said):
            return Counted(held.version, held.adds)
        adds, stands = _told(said)
        # Beyond what can be said again stays what was.
        adds |= {at: many for at, many in held.adds.items() if at.subject == BY_SOURCE or not self._is_kept(at)}
        return Counted(max([held.version, *(one.version for one in said)]), adds, stands)

    def _is_kept(self, at: Place) -> bool:
        """Whether what a number of that day was counted by is still there."""
        return at.day == NOW or at.day >= self._kept_since[_kept_as(at)]


def _kept_as(at: Place) -> str:
    if at.subject in (FUNNEL, BY_SOURCE, "temperature") or at.subject.startswith("segment/"):
        return "decision"
    if at.subject in ("mail", "mailboxes") or (at.subject.startswith("journey/") and at.part and not _is_of_run(at)):
        return "message"
    return "run" if at.subject.startswith("journey/") else "event"


def _is_of_run(at: Place) -> bool:
    return at.measure == "passed" or at.measure.startswith(counting.WAY)


def _told(said: Sequence[Said]) -> tuple[dict[Place, int], dict[Place, int]]:
    """What is said of a unit together: what it added for good, and how it stands."""
    adds: dict[Place, int] = {}
    once: Counter[Place] = Counter()
    for one in said:
        adds |= one.adds
        once.update(one.once)
    newest = max(said, key=lambda one: one.version, default=None)
    return adds | dict(once), dict(newest.stands) if newest else {}


def _without_sources(numbers: Mapping[Place, int]) -> dict[Place, int]:
    return {at: many for at, many in numbers.items() if at.subject != BY_SOURCE}


def _over_sources(numbers: Mapping[Place, int]) -> Counter[Place]:
    """The funnel's numbers as those by source add up to them."""
    found: Counter[Place] = Counter()
    for at, many in numbers.items():
        if at.subject == BY_SOURCE:
            found[Place(FUNNEL, at.day, at.part.partition(".")[0], at.measure)] += many
    return found


def _compared(unit: str, counted: Mapping[Place, int], recounted: Mapping[Place, int]) -> Iterator[Difference]:
    for at in sorted({*counted, *recounted}):
        if counted.get(at, 0) != recounted.get(at, 0):
            yield Difference(unit, at, counted.get(at, 0), recounted.get(at, 0))


def added_up(numbers: Mapping[Place, int], units: Mapping[Place, int]) -> list[Difference]:
    """Where the numbers that pages show are not the sum of what their units say."""
    return list(_compared("", numbers, units))
