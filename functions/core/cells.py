"""Cells of CSV files that a spreadsheet may open: what begins like a formula is quoted, and comes back whole.

OWASP's rule ("CSV injection"): a cell that begins with one of = + - @, a tab or a line break, full-width signs
among them, gets an apostrophe before it. A telephone number begins with +, so whoever reads takes it away again.
"""

import re
from collections.abc import Iterable
from typing import Final

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NEUTRALISED: Final = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
EXCEL_MARK: Final = "\ufeff"
"""At the beginning of a file it tells Excel that this is UTF-8."""


def neutral(cell: str) -> str:
    """The cell as a spreadsheet takes for text; `whole` gives back what it was."""
    return "'" + cell if _FORMULA.match(cell) else cell


def whole(cell: str) -> str:
    """The cell as it was before `neutral`; any other stays."""
    return cell[1:] if _NEUTRALISED.match(cell) else cell


def neutral_row(cells: Iterable[str]) -> list[str]:
    """Every cell of a row as a spreadsheet takes for text."""
    return [neutral(cell) for cell in cells]
