"""Rows of a CSV file, one at a time, with the line on which each begins; what is no row is named, nothing is lost."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from authoring.importing.encoding import Format, text_of
from functions.core.cells import whole

LONGEST: Final = 16 * 1024 * 1024
"""Characters that one row may have before its quote is taken for one that was never closed …"""
MOST_LINES: Final = 2000
"""… and lines."""
_OPEN: Final = "a quote is opened and never closed"
_INSIDE: Final = "a quote stands inside a cell without being doubled"
csv.field_size_limit(LONGEST * 2)


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row. `number` counts rows from 1, `line` is where it begins (the header's is 1)."""

    number: int
    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that can't be taken, with its code and the reason in words."""

    number: int
    line: int
    cells: tuple[str, ...]
    code: str
    reason: str


class _Endless(Exception):
    """A quote that nobody closes."""


class _Lines:
    """The lines of a text, of which some can be given back."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._back: deque[str] = deque()
        self.taken: list[str] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES or self._size > LONGEST:
            raise _Endless
        line = self._back.popleft() if self._back else self._file.readline()
        if not line:
            raise StopIteration
        self.taken.append(line)
        self._size += len(line)
        return line.replace("\x00", "") if "\x00" in line else line

    def begin(self) -> None:
        """Another row begins."""
        self.taken, self._size = [], 0

    def give_back(self) -> str:
        """Give back all lines of the row but the first; that one."""
        first, *others = self.taken
        self._back.extendleft(reversed(others))
        self.begin()
        return first


class Records:
    """The header and the rows of a file. `header` false: there is none, and columns are numbered."""

    def __init__(self, path: Path, how: Format, *, header: bool = True) -> None:
        self.path, self.how = path, how
        self._has_header = header
        self.header: tuple[str, ...] = ()
        self.width = 0
        with text_of(path, how.encoding) as file:
            first = next((one for one in _raw(file, how.delimiter) if one[1]), (1, ["column"], ""))
        cells = [whole(cell.strip()) for cell in first[1]]
        self.width = len(cells)
        self.header = named(cells if header else [""] * self.width)

    def __iter__(self) -> Iterator[Row | Bad]:
        with text_of(self.path, self.how.encoding) as file:
            number, heading = 0, self._has_header
            for line, cells, wrong in _raw(file, self.how.delimiter):
                if heading:
                    heading = not cells
                    continue
                if not wrong and not any(cell.strip() for cell in cells):
                    continue  # A line without anything in it is no row.
                number += 1
                if wrong:
                    yield Bad(number, line, tuple(cells), "broken-quotes", wrong)
                elif any("\ufffd" in cell for cell in cells):
                    yield Bad(
                        number, line, tuple(cells), "lost-letters", f"some letters are none in {self.how.encoding}"
                    )
                elif len(cells) == self.width:
                    yield Row(number, line, tuple(map(whole, cells)))
                elif len(cells) > self.width and not any(cell.strip() for cell in cells[self.width :]):
                    yield Row(number, line, tuple(map(whole, cells[: self.width])))
                else:
                    yield Bad(number, line, tuple(cells), "ragged-row", _ragged(len(cells), self.width))


def _ragged(found: int, wanted: int) -> str:
    why = "a quote or a line break may be missing its quotes" if found < wanted else "a cell may need quotes around it"
    return f"it has {found} cell{'s' * (found != 1)} and the header {wanted}: {why}"


def _raw(file: IO[str], delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """Line, cells, and what is wrong with the quotes ("" where nothing is)."""
    lines, at = _Lines(file), 1
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _Endless) as error:
            open_ended = len(lines.taken) > 1 or isinstance(error, _Endless) or "end of data" in str(error)
            first = lines.give_back()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            yield at, [first.rstrip("\r\n")], _OPEN if open_ended else _INSIDE
            at += 1
            continue
        # A cell's own line breaks are lines of the file too.
        yield at, cells, ""
        at += len(lines.taken)


def named(cells: list[str]) -> tuple[str, ...]:
    """Column names as shown and mapped: the second "Name" is "Name (2)", an empty one "column 7"."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        base = " ".join(cell.split()) or f"column {number}"
        name, nth = base, 1
        while name in names:
            nth += 1
            name = f"{base} ({nth})"
        names.append(name)
    return tuple(names)
