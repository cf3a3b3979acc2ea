"""The rows that could not be taken, in a file beside the input: as they were, with line, code and reason."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from authoring.importing.records import Bad
from functions.core.cells import EXCEL_MARK, neutral_row

COLUMNS = ("samovar line", "samovar code", "samovar reason")
"""Stand behind the file's own columns, and are ignored when the mended file is imported."""

SHOWN = 10


class RefusedRows:
    """Writes such a file once there is a first row for it. Without a path nothing is written. `examples` are the
    first of them."""

    def __init__(self, path: Path | None, header: Sequence[str], delimiter: str = ",") -> None:
        self.path = path
        self.size = 0
        self.examples: list[Bad] = []
        self._header = header
        self._delimiter = delimiter
        self._pending: list[bytes] = []

    def cut(self, size: int) -> None:
        """Go on behind the first `size` bytes: what comes after was written and never noted."""
        self.size = 0
        if self.path is None:
            return
        if size and self.path.exists() and self.path.stat().st_size >= size:
            with self.path.open("r+b") as file:
                file.truncate(size)
            self.size = size
        else:
            self.path.unlink(missing_ok=True)

    def write(self, rows: Iterable[Bad]) -> None:
        """Add rows; they are in the file after `flush`."""
        for row in rows:
            if len(self.examples) < SHOWN:
                self.examples.append(row)
            cells = list(row.cells[: len(self._header)])
            cells += [""] * (len(self._header) - len(cells))
            if len(row.cells) > len(self._header):
                # Too many cells: all that is too much stands in the last one, so that none is lost.
                cells[-1] = self._delimiter.join(row.cells[len(self._header) - 1 :])
            self._add([*cells, str(row.line), row.code, row.reason])

    def _add(self, cells: Sequence[str]) -> None:
        text = b""
        if not self.size:
            text = (EXCEL_MARK + _line((*self._header, *COLUMNS), self._delimiter)).encode()
        text += _line(cells, self._delimiter).encode("utf-8", "surrogatepass")
        self._pending.append(text)
        self.size += len(text)

    def flush(self) -> None:
        """Put what was added into the file."""
        if self._pending and self.path is not None:
            self.path.touch(mode=0o600)
            with self.path.open("ab") as file:
                file.writelines(self._pending)
        self._pending.clear()


def _line(cells: Sequence[str], delimiter: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerow(neutral_row(cells))
    return text.getvalue()
