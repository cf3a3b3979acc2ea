"""An import from its beginning to its end: which one it is, whether it was begun before, what is noted of it."""

import getpass
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from authoring.importing.decide import OnExisting, Rules
from authoring.importing.load import Person, Run
from authoring.importing.records import Bad
from authoring.importing.refused import SHOWN, RefusedRows
from authoring.importing.stores import Looking, Stores, Tables
from functions import clock, releases
from functions.core.ids import digest
from functions.tables import audit, imports
from functions.tables.audit import Noted
from functions.tables.imports import Imported


class People(Protocol):
    """A file of people, as often as it is read: the names of its columns, what its rows say, how many there are, a
    hash of it, whether any row may forbid something, and what stands between cells."""

    @property
    def header(self) -> Sequence[str]: ...

    @property
    def rows(self) -> int: ...

    @property
    def hash(self) -> str: ...

    @property
    def refuses(self) -> bool: ...

    @property
    def delimiter(self) -> str: ...

    def __iter__(self) -> Iterator[Person]:
        """Every row, in the order of the file."""


class Listed(Protocol):
    """A list of people who must not be written to."""

    @property
    def path(self) -> Path: ...

    @property
    def header(self) -> Sequence[str]: ...

    @property
    def delimiter(self) -> str: ...

    def __iter__(self) -> Iterator[Person]:
        """Every row, in the order of the file."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done with a file. `said` is everything that changes what its rows mean, `lists` those of
    people who must not be written to."""

    file: Path
    said: str
    on_existing: OnExisting = "fill"
    lists: tuple[Listed, ...] = ()


class AlreadyIn(ValueError):
    """The same file was imported in the same way before."""


Tell = Callable[[Imported], None]


def refused_file(file: Path) -> Path:
    """Where the rows that can't be taken go."""
    return file.with_name(f"{file.name.removesuffix('.gz').rpartition('.')[0] or file.name}.refused.csv")


@dataclass(frozen=True, slots=True)
class Done:
    """An import as it ended, the first rows that were refused, after how many rows it went on, and the files of rows
    that lists have and nobody understood."""

    imported: Imported
    examples: Sequence[Bad]
    resumed: int = 0
    refused_lists: Sequence[Path] = ()


def look(people: People, wanted: Wanted, tell: Tell = lambda imported: None) -> Done:
    """What an import would do; nothing is written."""
    imported, refused = _new(people, wanted, "", clock.now_ms()), RefusedRows(None, people.header)
    lists = [RefusedRows(None, one.header) for one in wanted.lists]
    imported = _run(imported, people, wanted, Looking(), (refused, lists), lambda _: None, tell)
    return Done(imported, _first(refused, lists))


def perform(people: People, wanted: Wanted, tell: Tell = lambda imported: None) -> Done:
    """Import a file, or go on with an import of it that was interrupted. Raises AlreadyIn."""
    _apart(wanted)
    begun = imports.take(current(people, wanted), secrets.token_hex(8))
    refused = RefusedRows(refused_file(wanted.file), people.header, people.delimiter)
    lists = [RefusedRows(refused_file(one.path), one.header, one.delimiter) for one in wanted.lists]
    try:
        imported = _run(begun, people, wanted, Tables(), (refused, lists), imports.save, tell)
        imported = replace(imported, state="done", ended=clock.now_ms())
        imports.save(imported)
    except imports.Overtaken:
        # What this wrote since somebody took the rest back is still there.
        imports.turn(begun.id, "undoing", ("undone",))
        held = imports.get(begun.id)
        if held is not None and held.state == "undoing":
            raise imports.Overtaken(
                f"import {begun.id} was taken back while it ran, and stopped; "
                f"what it wrote last goes by: samovar imports undo {begun.id}"
            ) from None
        raise imports.Overtaken(f"another process goes on with import {begun.id}: this one stopped") from None
    audit.note(Noted("import", "", clock.now_ms(), imported.id, imported.by, imported.counts.get("imported", 0)))
    paths = [one.path for one in lists if one.size and one.path]
    return Done(imported, _first(refused, lists), begun.done, paths)


def _first(refused: RefusedRows, lists: Iterable[RefusedRows]) -> Sequence[Bad]:
    return [bad for one in (*lists, refused) for bad in one.examples][:SHOWN]


def _apart(wanted: Wanted) -> None:
    """Refused rows must not be written over a file that is read. Raises ValueError."""
    read = {wanted.file.resolve(), *(one.path.resolve() for one in wanted.lists)}
    for path in sorted(read):
        if refused_file(path) in read:
            raise ValueError(f"refused rows of {path.name} would overwrite {refused_file(path).name}: rename that file")


def current(people: People, wanted: Wanted) -> Imported:
    """The import of a file: the one that was interrupted, or a new one. Raises AlreadyIn."""
    nth = 0
    while True:
        made = _new(people, wanted, str(nth) if nth else "", clock.now_ms())
        held = imports.begin(made)
        match held.state:
            case "running":
                return held
            case "done":
                raise AlreadyIn(
                    f"this file came in already, as import {held.id}; to do it anew, "
                    f"take it back first: samovar imports undo {held.id}"
                )
            case "undoing":
                raise AlreadyIn(f"import {held.id} of this file is being undone: samovar imports undo {held.id}")
        nth += 1


def _new(people: People, wanted: Wanted, again: str, now: int) -> Imported:
    id = digest("import", people.hash, wanted.said, wanted.on_existing, again)[:12]
    return Imported(id, now, wanted.file.name, people.hash, getpass.getuser(), people.rows)


def _run(
    imported: Imported,
    people: People,
    wanted: Wanted,
    stores: Stores,
    refused: tuple[RefusedRows, Sequence[RefusedRows]],
    save: Callable[[Imported], None],
    tell: Tell,
) -> Imported:
    rules = Rules(imported.id, imported.at, imported.rows, releases.keyring().pepper, wanted.on_existing)
    run = Run(imported, rules, stores, refused[0], save, tell)
    return run.through(people, list(zip(wanted.lists, refused[1], strict=True)), refuses=people.refuses)


_SAID = {
    "new": "new",
    "existing": "known already",
    "skipped": "known already and left alone",
    "nothing new": "known already with nothing new",
    "written before": "written before an interruption",
    "shared-address": "at mailboxes that several people read, such as info@",
    "too long for a trait": "with something too long for a trait: it stays in the event",
    "listed": "on lists of people who must not be written to",
    "listed and refused": "on those lists that name nobody",
    "withdrawal: *": "must not be written to: unsubscribed",
    "suppression: bounce": "must not be written to: their address bounced",
    "suppression: complaint": "must not be written to: they complained",
}
_BEGINNINGS = {
    "consent: ": "agreed to {}",
    "consent without proof: ": "claimed for {} without source and proof: imported without consent",
    "consent without address: ": "agreed to {} and have no e-mail address in the row: not kept",
    "withdrawn since: ": "had withdrawn {}, and no proof is dated later: that stays",
    "refused: ": "refused: {}",
    "opted-out: ": "said no in {}: agree to nothing",
    "phone-as-text: ": "with a number in {} that is none of the country: kept as text",
    "kept-as-text: ": "with something in {} that is no such value: kept as text",
    "status-not-understood: ": "with a status in {} that nobody knows: taken for none",
    "consent-not-understood: ": "with neither yes nor no in {}: taken for no",
}


def told(counts: Counter[str] | dict[str, int]) -> list[tuple[int, str]]:
    """Counts in words, those of the table first."""
    lines = [(counts[name], words) for name, words in _SAID.items() if counts.get(name)]
    for begins, words in _BEGINNINGS.items():
        lines += [
            (many, words.format(name.removeprefix(begins)))
            for name, many in sorted(counts.items())
            if name.startswith(begins) and many
        ]
    return lines
