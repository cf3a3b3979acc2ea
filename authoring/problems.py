"""What is wrong with authored files: where it stands, what it is, and how to mend it."""

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake. `file` is relative to the marketing folder; lines and columns count from 1.

    A warning is what is possible and rarely meant: it doesn't keep a release from being made.
    `code` stays the same while the words may change.
    """

    file: str
    line: int
    column: int
    field: str
    message: str
    mend: str
    code: str = "invalid"
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.field}: {self.message}. {self.mend}"

    def as_json(self) -> dict[str, Any]:
        """The plain values, for --json."""
        return asdict(self)


class Invalid(Exception):
    """The authored files cannot become a release; `problems` says why, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(word: object, known: Iterable[str]) -> str | None:
    """The known name that `word` most likely meant, or None."""
    by_folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(str(word).casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def choose(word: object, known: Iterable[str], *, none: str) -> str:
    """A mend that offers the nearest known name and lists the rest; `none` where there are none."""
    names = sorted(known)
    if not names:
        return none
    listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    close = nearest(word, names)
    return f'Did you mean "{close}"? Known: {listed}' if close else f"Use one of: {listed}"
