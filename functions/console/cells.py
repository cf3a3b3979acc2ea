"""What stands in a table of numbers, as people read it on a page and in a file."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from functions.core.cells import EXCEL_MARK, neutral
from functions.core.words import Words

Money = Mapping[str, float]
"""Sums by currency, in its whole units."""
Cell = str | int | float | Money | None

_CALLED: Final[Mapping[str, tuple[str, Sequence[str]]]] = {
    "way": ("way", ("then", "else", "otherwise")),
    "mailbox": ("cell", ("others",)),
    "channel": ("by", ("email", "sms", "push", "webhook", "staff")),
}
"""By column what begins the key of a cell's word, and which cells have one."""
_ALWAYS: Final[Mapping[str, str]] = {"kind": "cell", "did": "cell", "band": "band"}


def money(numbers: Counter[str]) -> Money | None:
    """What came in, less what was given back; None where nothing did."""
    sums: Counter[str] = Counter()
    for measure, many in numbers.items():
        kind, _, currency = measure.partition("-")
        if kind in ("revenue", "refunded"):
            sums[currency] += many if kind == "revenue" else -many
    return {currency: many / 100 for currency, many in sorted(sums.items())} or None


def spoken(words: Words, column: str, cell: str) -> str:
    """A text that stands in a column, by its word where it has one; several are given with commas between them."""
    if column in _ALWAYS:
        return words(f"{_ALWAYS[column]}-{cell}")
    begins, known = _CALLED.get(column, ("", ()))
    if not known:
        return cell
    return ", ".join(words(f"{begins}-{one}") if one in known else one for one in cell.split(", "))


def as_csv(made: Mapping[str, Any], words: Words) -> str:
    """A table as a spreadsheet takes it: heads and cells as on the page, days and moments by ISO 8601, money in a
    column for each currency."""
    columns, rows = made["columns"], made["rows"]
    currencies = [
        sorted({one for row in rows if isinstance(row[place], Mapping) for one in row[place]})
        for place in range(len(columns))
    ]
    out = io.StringIO()
    writer = csv.writer(out)
    heads = [list(_heads(words(f"column-{one}"), sums)) for one, sums in zip(columns, currencies, strict=True)]
    writer.writerow([_safe(one) for some in heads for one in some])
    for row in rows:
        writer.writerow(
            [
                part
                for column, cell, sums in zip(columns, row, currencies, strict=True)
                for part in _parts(words, column, cell, sums)
            ]
        )
    return EXCEL_MARK + out.getvalue()


def _heads(word: str, currencies: Sequence[str]) -> Iterator[str]:
    yield from (f"{word} ({one})" if one else word for one in currencies or ("",))


def _parts(words: Words, column: str, cell: Cell, currencies: Sequence[str]) -> Iterator[str | int | float | None]:
    if currencies:
        sums = cell if isinstance(cell, Mapping) else {}
        yield from (sums.get(one) for one in currencies)
    elif isinstance(cell, str):
        yield _safe(spoken(words, column, cell))
    else:
        assert not isinstance(cell, Mapping)
        yield cell


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula, whatever spaces it leaves out before one."""
    bare = text.lstrip(" ")
    return text if neutral(bare) == bare else f"'{text}"
