"""Whether the counted numbers are what a recount of everything stored finds; and putting right what isn't.

Everything is read once, in parts side by side, and held against the numbers on disk: the tables may be larger than
this machine's memory. While people are about, what has just happened may be stored and not be counted yet; `settled`
looks again and believes what differs both times.
"""

import json
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from authoring.recount import Difference, Recount, Said, added_up
from functions import clock, releases, settings
from functions.aws import dynamodb
from functions.core import counting
from functions.core.counting import Counted, Place
from functions.core.identity import hash_of
from functions.tables import counts, messages, rulings
from functions.tables.counts import name_of, place_named

READERS: Final = 4
ROWS_A_PART: Final = 20_000
AT_ONCE: Final = 200
"""So many units are put right together."""
_SHOWN: Final = 1_000
"""So many differences are kept to be shown; all are counted."""

Rows = Iterable[dynamodb.Item]
Seen = Callable[[int], None]
"""Told how many rows were read so far."""


Wrong = tuple[str, Place, int]
"""Of which unit, which number, and by how much."""


def _wrong(one: Difference) -> Wrong:
    return one.unit, one.place, one.counted - one.recounted


@dataclass(slots=True)
class Audit:
    """What was found: rows read, units that say something, numbers, how many `differ`, the first of those that do,
    what is `wrong` of it (rather than only not counted), the keys of rows that are `spoiled` so that nothing can read
    them, and how many units and numbers were put right."""

    rows: int = 0
    units: int = 0
    numbers: int = 0
    differ: int = 0
    differences: list[Difference] = field(default_factory=list)
    wrong: set[Wrong] = field(default_factory=set)
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
        self.numbers: Counter[Place] = Counter()

    def close(self) -> None:
        """Let go of the file."""
        self._lines.close()

    def say(self, said: Iterable[Said]) -> None:
        """Note what things say."""
        self._note((one.unit, 0, _written(one.adds, one.once, one.stands, one.version, one.decided)) for one in said)

    def count(self, rows: Rows) -> None:
        """Note the rows of numbers and of counted units among these. Raises Newer."""
        for row in rows:
            if row["pk"].startswith("R#"):
                self._add(row)
        found = ((row["pk"].removeprefix("N#"), counts.from_row(row)) for row in rows if row["pk"].startswith("N#"))
        self._note((id, 1, _written(one.adds, {}, one.stands, one.version, False)) for id, one in found)

    def _add(self, row: Mapping[str, Any]) -> None:
        day, part, shard = counts.place_of(row["sk"])
        sign = -1 if shard == counts.ERASED else 1
        for measure, many in counts.measures_of(row).items():
            self.numbers[Place(row["pk"].removeprefix("R#"), day, part, measure)] += sign * many

    def _note(self, lines: Iterable[tuple[str, int, str]]) -> None:
        self._lines.executemany("INSERT INTO lines VALUES (?, ?, ?)", lines)

    def units(self) -> Iterator[tuple[str, list[Said], Counted | None]]:
        """Each unit with what is said of it, and what was counted (None: nothing ever)."""
        lines = self._lines.execute("SELECT unit, counted, body FROM lines ORDER BY unit")
        for unit, group in groupby(lines, lambda line: str(line[0])):
            said: list[Said] = []
            counted: Counted | None = None
            for _, is_count, body in group:
                adds, once, stands, version, decided = _read(body)
                if is_count:
                    counted = Counted(version, adds, stands)
                else:
                    said.append(Said(unit, adds, once, stands, version, decided))
            yield unit, said, counted


def _written(
    adds: Mapping[Place, int], once: Mapping[Place, int], stands: Mapping[Place, int], version: int, decided: bool
) -> str:
    named = ({name_of(at): many for at, many in one.items()} for one in (adds, once, stands))
    return json.dumps([*named, version, decided], ensure_ascii=False)


def _read(body: str) -> tuple[dict[Place, int], dict[Place, int], dict[Place, int], int, bool]:
    adds, once, stands, version, decided = json.loads(body)
    read = ({place_named(name): many for name, many in one.items()} for one in (adds, once, stands))
    return (*read, version, decided)


def judge(ledger: Ledger, recount: Recount, mend: Collection[Wrong] | None = None) -> Audit:
    """Hold the recount against the numbers. With `mend` count what is missing, and put right what was as wrong when
    somebody looked before: what is under way while the tables are read looks wrong for a moment."""
    found, units = Audit(numbers=len(ledger.numbers), spoiled=recount.spoiled), Counter[Place]()
    pending: dict[str, tuple[Counted, Counted]] = {}
    for unit, said, counted in ledger.units():
        found.units += bool(said)
        if counted is not None:
            units.update(counted.adds)
            units.update(counted.stands)
        differing = list(recount.differences(unit, said, counted))
        found.note(differing, missing=counted is None)
        if differing and mend is not None and (counted is None or all(_wrong(one) in mend for one in differing)):
            pending[unit] = counted or Counted(), recount.right(said, counted)
            if len(pending) >= AT_ONCE:
                found.mended += counts.put_right(pending)
                pending.clear()
    found.mended += counts.put_right(pending) if pending else 0
    together = added_up(ledger.numbers, units)
    found.note(together)
    for one in together:
        if mend is not None and _wrong(one) in mend:
            counts.adjust(one.place, one.recounted - one.counted)
            found.mended += 1
    return found


def run(seen: Seen | None = None, mend: Collection[Wrong] | None = None) -> Audit:
    """Read everything and judge it, as `judge` does."""
    recount = Recount(releases.live(), clock.now_ms())
    with _on_disk() as ledger:
        rows = _read_all(ledger, recount, seen or (lambda rows: None))
        found = judge(ledger, recount, mend)
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
        found.mended = run(seen, found.wrong).mended
    return found


def rows_to_read() -> int:
    """About how many rows an audit reads; DynamoDB counts them every six hours."""
    return sum(dynamodb.size_of(table)[0] for table in (settings.contacts_table(), settings.events_table()))


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
        parts = max(READERS, -(-dynamodb.size_of(table)[0] // ROWS_A_PART))
        with ThreadPoolExecutor(READERS) as readers:
            # As many parts are held at once as there are readers.
            for first in range(0, parts, READERS):
                chosen = range(first, min(parts, first + READERS))
                for rows in readers.map(partial(_part, table, parts), chosen):
                    take(ledger, recount, rows)
                    read += len(rows)
                    seen(read)
    return read


def _part(table: str, parts: int, part: int) -> list[dynamodb.Item]:
    rows, start, _ = dynamodb.scan_part(table, (part, parts), start=None)
    while start is not None:
        more, start, _ = dynamodb.scan_part(table, (part, parts), start=start)
        rows += more
    return rows


def _contacts(ledger: Ledger, recount: Recount, rows: Sequence[dynamodb.Item]) -> None:
    ledger.count(rows)
    ledger.say(recount.of_rows(rows))


def _events(ledger: Ledger, recount: Recount, rows: Rows) -> None:
    # A source's rows lie side by side.
    for _, group in groupby(rows, lambda row: str(row["pk"])):
        told = rulings.joined(group, recount.spoiled)
        letters = messages.found(
            {(hash_of(event.source), id) for event, _ in told if (id := counting.message_of(event))}
        )
        ledger.say(recount.of_source(told, letters))
