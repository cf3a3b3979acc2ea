"""Whether the counted numbers are what a recount of everything stored finds; and putting right what isn't.

Everything is read once, in parts side by side, and held against the numbers on disk: the tables may be larger than
this machine's memory. While people are about, what has just happened may be stored and not be counted yet; `settled`
looks again and believes what differs both times.
"""

import json
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final

from authoring.recount import Difference, Recount, Said, added_up
from authoring.scanning import pages
from functions import clock, releases, settings
from functions.aws import dynamodb
from functions.core import counting
from functions.core.counted import Counted, Place
from functions.core.errors import Newer
from functions.core.identity import hash_of
from functions.tables import counts, messages, rulings
from functions.tables.counts import name_of, place_named

AT_ONCE: Final = 200
"""So many units are put right together."""
_SHOWN: Final = 1_000
"""So many differences are kept to be shown; all are counted."""

Rows = Iterable[dynamodb.Item]
Seen = Callable[[int], None]
"""Told how many rows were read so far."""


Wrong = tuple[str, Place, int]
"""Of which unit, which number, and by how much."""
Numbers = Counter[Place]


def _wrong(one: Difference) -> Wrong:
    return one.unit, one.place, one.counted - one.recounted


@dataclass(slots=True)
class Audit:
    """What was found: rows read, units that say something, numbers, how many `differ`, the first of those that do;
    what is `wrong` of it (rather than only not counted), and which numbers are `not_sums` of their units; the keys of
    rows that are `spoiled` so that nothing can read them; and how many units and numbers were put right."""

    rows: int = 0
    units: int = 0
    numbers: int = 0
    differ: int = 0
    differences: list[Difference] = field(default_factory=list)
    wrong: set[Wrong] = field(default_factory=set)
    not_sums: dict[Place, int] = field(default_factory=dict)
    spoiled: list[str] = field(default_factory=list)
    mended: int = 0

    def note(self, found: Sequence[Difference], *, missing: bool = False) -> None:
        """Keep differences, of a unit that is `missing` without that it is wrong."""
        self.differ += len(found)
        self.differences += found[: max(0, _SHOWN - len(self.differences))]
        if not missing:
            self.wrong |= set(map(_wrong, found))


class Ledger:
    """What is said and what was counted of each unit, side by side on disk, and the numbers."""

    def __init__(self, path: str = ":memory:") -> None:
        self._lines = sqlite3.connect(path)
        self._lines.execute("PRAGMA journal_mode = OFF")
        self._lines.execute("PRAGMA synchronous = OFF")
        self._lines.execute("CREATE TABLE lines (unit TEXT, counted INT, body TEXT)")
        self.numbers = Numbers()
        self.spoiled: list[str] = []

    def close(self) -> None:
        """Let go of the file."""
        self._lines.close()

    def say(self, said: Iterable[Said]) -> None:
        """Note what things say."""
        self._note((one.unit, 0, _written(one)) for one in said)

    def count(self, rows: Rows) -> None:
        """Note the rows of numbers and of counted units among these. Raises Newer."""
        found: list[tuple[str, Counted]] = []
        for row in rows:
            try:
                if row["pk"].startswith("R#"):
                    for place, many in counts.recountable_in(row):
                        self.numbers[place] += many
                elif row["pk"].startswith("N#"):
                    found.append((row["pk"].removeprefix("N#"), counts.from_row(row)))
            except Newer:
                raise
            except (KeyError, ValueError, TypeError):
                self.spoiled.append(f"{row['pk']} {row['sk']}")
        self._note((id, 1, _written(Said(id, one.adds, stands=one.stands, version=one.version))) for id, one in found)

    def _note(self, lines: Iterable[tuple[str, int, str]]) -> None:
        self._lines.executemany("INSERT INTO lines VALUES (?, ?, ?)", lines)

    def units(self) -> Iterator[tuple[str, list[Said], Counted | None]]:
        """Each unit with what is said of it, and what was counted (None: nothing ever)."""
        lines = self._lines.execute("SELECT unit, counted, body FROM lines ORDER BY unit")
        for unit, group in groupby(lines, lambda line: str(line[0])):
            said: list[Said] = []
            counted: Counted | None = None
            for _, is_count, body in group:
                one = _read(unit, body)
                if is_count:
                    counted = Counted(one.version, one.adds, one.stands)
                else:
                    said.append(one)
            yield unit, said, counted


def _written(said: Said) -> str:
    named = ({name_of(at): many for at, many in one.items()} for one in (said.adds, said.once, said.stands))
    return json.dumps([*named, said.version, said.decided, said.at, said.cut, said.untimed], ensure_ascii=False)


def _read(unit: str, body: str) -> Said:
    adds, once, stands, *rest = json.loads(body)
    added, told, standing = ({place_named(name): many for name, many in one.items()} for one in (adds, once, stands))
    return Said(unit, added, told, standing, *rest)


def judge(ledger: Ledger, recount: Recount, before: Audit | None = None) -> Audit:
    """Hold the recount against the numbers. With what was found `before`, put right what was as wrong then, and count
    what is missing: what is under way while the tables are read looks wrong for a moment."""
    spoiled = [*recount.spoiled, *ledger.spoiled]
    found, units = Audit(numbers=len(ledger.numbers), spoiled=spoiled), Numbers()
    pending: dict[str, tuple[Counted, Counted]] = {}
    for unit, said, counted in ledger.units():
        found.units += bool(said)
        if counted is not None:
            units.update(counted.adds)
            units.update(counted.stands)
        differing = list(recount.differences(unit, said, counted))
        found.note(differing, missing=counted is None)
        if differing and before is not None and _may_mend(differing, said, counted, recount, before):
            pending[unit] = counted or Counted(), recount.right(said, counted)
            if len(pending) >= AT_ONCE:
                found.mended += counts.put_right(pending)
                pending.clear()
    found.mended += counts.put_right(pending) if pending else 0
    together = added_up(ledger.numbers, units, recount.today)
    found.note(together)
    found.not_sums = {one.place: one.counted for one in together}
    if before is not None:
        found.mended += _adjusted(together, before)
    return found


def _adjusted(together: Iterable[Difference], before: Audit) -> int:
    """Put right numbers that nobody touched meanwhile: of those all units were read as they are. How many were."""
    return sum(
        counts.adjust(one.place, one.recounted - one.counted)
        for one in together
        if _wrong(one) in before.wrong
        and before.not_sums.get(one.place) == one.counted == counts.recountable(one.place)
    )


def _may_mend(
    differing: Iterable[Difference], said: Sequence[Said], counted: Counted | None, recount: Recount, before: Audit
) -> bool:
    if counted is None:
        return not recount.is_new(said, clock.now_ms())
    return all(_wrong(one) in before.wrong for one in differing)


def run(seen: Seen | None = None, before: Audit | None = None) -> Audit:
    """Read everything and judge it, as `judge` does."""
    recount = Recount(releases.live(), clock.now_ms())
    with _on_disk() as ledger:
        rows = _read_all(ledger, recount, seen or (lambda rows: None))
        found = judge(ledger, recount, before)
        found.rows = rows
        return found


def over(contact_rows: Sequence[dynamodb.Item], event_rows: Sequence[dynamodb.Item]) -> Audit:
    """The same over rows that were read already, those of a partition side by side."""
    recount, ledger = Recount(releases.live(), clock.now_ms()), Ledger()
    try:
        _contacts(ledger, recount, contact_rows)
        _events(ledger, recount, event_rows)
        return judge(ledger, recount)
    finally:
        ledger.close()


def settled(seen: Seen | None = None, *, after_s: float, wait: Callable[[float], object] = clock.sleep) -> Audit:
    """The same where people are about: what differs is looked at again `after_s` seconds later, and only what
    differs then by as much does."""
    first = run(seen)
    if not first.differ:
        return first
    wait(after_s)
    again = run(seen)
    again.wrong &= first.wrong
    # Of many not all are kept to be shown, and such a number is no passing thing.
    if first.differ <= _SHOWN and again.differ <= _SHOWN:
        known = set(map(_wrong, first.differences))
        again.differences = [one for one in again.differences if _wrong(one) in known]
        again.differ = len(again.differences)
    return again


def mended(seen: Seen | None = None, *, after_s: float, wait: Callable[[float], object] = clock.sleep) -> Audit:
    """Put right what `settled` finds; what was found and mended."""
    found = settled(seen, after_s=after_s, wait=wait)
    if found.differ:
        found.mended = run(seen, found).mended
    return found


def to_read() -> tuple[int, int]:
    """About how many rows an audit reads, and bytes; DynamoDB counts them every six hours."""
    sizes = [dynamodb.size_of(table) for table in (settings.contacts_table(), settings.events_table())]
    return sum(rows for rows, _ in sizes), sum(size for _, size in sizes)


@contextmanager
def _on_disk() -> Iterator[Ledger]:
    with tempfile.TemporaryDirectory(prefix="samovar-audit-") as folder:
        ledger = Ledger(str(Path(folder) / "units.sqlite"))
        try:
            yield ledger
        finally:
            ledger.close()


def _read_all(ledger: Ledger, recount: Recount, seen: Seen) -> int:
    read = 0
    for table, take in ((settings.contacts_table(), _contacts), (settings.events_table(), _events)):
        for rows in pages(table):
            take(ledger, recount, rows)
            read += len(rows)
            seen(read)
    return read


def _contacts(ledger: Ledger, recount: Recount, rows: Sequence[dynamodb.Item]) -> None:
    ledger.count(rows)
    ledger.say(recount.of_rows(rows))


def _events(ledger: Ledger, recount: Recount, rows: Rows) -> None:
    # A source's rows lie side by side.
    sources = [rulings.joined(group, recount.spoiled) for _, group in groupby(rows, lambda row: str(row["pk"]))]
    spoken_of = {
        (hash_of(event.source), id) for told in sources for event, _ in told if (id := counting.message_of(event))
    }
    letters = messages.found(spoken_of)
    for told in sources:
        ledger.say(recount.of_source(told, letters))
