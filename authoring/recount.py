"""What is counted, recounted: of each unit what the stored rows and the raw events say now.

The numbers of reports grow with what happens; a recount looks at what is stored, and knows nothing of how it got there.
Three things can't be said again and are taken as they were decided: by which source somebody had come when they went
on in the funnel or ordered, which message an order was put down to, and what was counted of things whose time was over.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from functions import bots
from functions.core import counting
from functions.core.contact import Decision, Standing
from functions.core.counted import NEVER, NOW, Counted, Place
from functions.core.days import day_of
from functions.core.enrollment import PATH_KEPT
from functions.core.errors import Newer
from functions.core.event import Event
from functions.core.identity import SELF, hash_of, kind_of
from functions.core.message import Message
from functions.core.verdicts import Ruling, verdict
from functions.count.units import Row, unit_of
from functions.releases import Live
from functions.score.reactions import known
from functions.tables import contacts, counts, decisions
from functions.tables.contacts import contact_of

BY_SOURCE: Final = "funnel-by-source"
FUNNEL: Final = "funnel"
_NOWHERE: Final = Standing()
_NONE: Mapping[Place, int] = MappingProxyType({})
_MARGIN: Final = timedelta(days=3)
"""What may go goes within days."""
_SURE: Final = timedelta(days=4)
_ON_ITS_WAY_MS: Final = 3_600_000
_TIMED: Final = ("through", "out", "ms")

Letters = Mapping[tuple[str, str], Message]
"""Messages by (contact, id)."""


@dataclass(frozen=True, slots=True)
class Said:
    """What something stored says of a unit. `decided`: only that it is there, not what it amounts to. `once` are
    numbers of which each row says its own part; `version` is that of the row that says how things stand; `at` (ms) is
    when what the row says was decided, 0 where that is in its numbers. Of a run that is `cut` the first steps are not
    there any more; a crossing that is `untimed` does not say when the stage was entered that it left."""

    unit: str
    adds: Mapping[Place, int] = field(default_factory=lambda: _NONE)
    once: Mapping[Place, int] = field(default_factory=lambda: _NONE)
    stands: Mapping[Place, int] = field(default_factory=lambda: _NONE)
    version: int = 0
    decided: bool = False
    at: int = 0
    cut: bool = False
    untimed: bool = False


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
        seconds = (kept.visitors, kept.contacts, kept.messages, kept.runs, kept.decisions)
        # Units are kept for as long themselves.
        shortest = min(one for one in (*seconds, counts.KEPT_S) if one)
        self.today = today = day_of(now, self.zone)
        self._kept_since = (today - timedelta(seconds=shortest) + _MARGIN).isoformat()
        """From this day on nothing has gone because its time was over …"""
        self._sure_since = max(self._kept_since, (today - _SURE).isoformat())
        """… and from this one on, not even where things were kept for less until lately."""

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
        if unit is None:
            return None
        if unit.once or row["sk"] == contacts.STATE:
            at = max((one.at for one in contacts.decisions_of(row)), default=int(row.get("at", 0)))
            return Said(unit.id, stands=unit.stands, version=unit.version, at=at)
        return Said(unit.id, unit.adds, _NONE, unit.stands, unit.version, cut=len(row.get("path", ())) >= PATH_KEPT)

    def _of_decision(self, contact: str, made: Decision) -> Said | None:
        if made.kind in ("temperature", "stage"):
            unit = counting.of_standing(contact, 1, _NOWHERE, [made], "", self.zone)
            untimed = made.kind == "stage" and bool(made.before) and not made.since
            return Said(unit.id, once=_without_sources(unit.once), at=made.at, untimed=untimed)
        if made.kind == "segment":
            inside = made.after == "in"
            unit = counting.of_member(made.name, contact, 1, made.at, self.zone, inside=inside)
            return Said(unit.id, once=unit.once, at=made.at)
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
        if event.name not in counting.COUNTED:
            return
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
        held = counted or Counted()
        if held.version == NEVER:
            return
        right = self.right(said, counted)
        yield from _compared(unit, held.adds, right.adds)
        yield from _compared(unit, held.stands, right.stands)
        by_source, funnel = _over_sources(held.adds), {at: n for at, n in right.adds.items() if at.subject == FUNNEL}
        # Who was counted before there were sources, or anew, has fewer of those.
        more = {at: many for at, many in by_source.items() if many > funnel.get(at, 0) and self._is_judged(at, said)}
        yield from _compared(unit, more, {at: funnel.get(at, 0) for at in more})

    def right(self, said: Sequence[Said], counted: Counted | None) -> Counted:
        """What should be counted of a unit: what is said of it, and of that which nobody can say any more, what was."""
        held = counted or Counted()
        if any(one.decided for one in said):
            return Counted(held.version, held.adds)
        adds, stands = _told(said)
        adds = {_as_counted(at, held): many for at, many in adds.items()}
        cut, untimed = any(one.cut for one in said), any(one.untimed for one in said)

        def is_taken(at: Place) -> bool:
            """Whether what was counted under it is taken as it is."""
            if at.subject == BY_SOURCE or not self._is_judged(at, said):
                return True
            return (untimed and at.measure in _TIMED) or (cut and at not in adds and _is_of_step(at))

        def joined(told: Mapping[Place, int], was: Mapping[Place, int]) -> dict[Place, int]:
            known = {at: many for at, many in told.items() if not is_taken(at)}
            return known | {at: many for at, many in was.items() if is_taken(at)}

        version = max([held.version, *(one.version for one in said)])
        return Counted(version, joined(adds, held.adds), joined(stands, held.stands))

    def is_new(self, said: Sequence[Said], now: int) -> bool:
        """Whether something of this was decided so lately that its parts may still be on their way."""
        return any(one.at > now - _ON_ITS_WAY_MS for one in said)

    def _is_judged(self, at: Place, said: Sequence[Said]) -> bool:
        """Whether what a number of that day was counted by must still be there."""
        if at.day == NOW:
            return True
        if any(one.adds for one in said):
            return at.day >= self._kept_since
        # The oldest that is there tells since when all is.
        known = [counting.day(one.at, self.zone) for one in said if one.once]
        return at.day >= max(self._kept_since, min([self._sure_since, *known]))


def _as_counted(at: Place, held: Counted) -> Place:
    """The place of an order under the source that it was put down to."""
    if at.subject != counting.SOURCE:
        return at
    alike = (one for one in held.adds if (one.subject, one.day, one.measure) == (at.subject, at.day, at.measure))
    return next(alike, at)


def _is_of_step(at: Place) -> bool:
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


def added_up(numbers: Mapping[Place, int], units: Mapping[Place, int], today: date) -> list[Difference]:
    """Where the numbers that pages show are not the sum of what their units say, as far as units are kept."""
    first = (today - timedelta(seconds=counts.KEPT_S)).isoformat()
    return [one for one in _compared("", numbers, units) if one.place.day == NOW or one.place.day > first]
