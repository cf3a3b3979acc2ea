"""One pass over a file before anything is written: how many rows it has, and what each column most likely is."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from authoring.importing.mapping import IGNORE, Column, trait_name
from authoring.importing.records import Bad, Records, Row
from authoring.importing.values import DAY_MONTH, MONTH_DAY, date_parts, decimal_marks, is_date, is_yearless, status
from authoring.importing.words import HEADERS, YES_NO, folded
from functions.core.identity import normal_email

PROFILED: Final = 2000
"""Rows whose cells are looked at for what they are; of dates every one is, for one of them may decide."""
OURS: Final = "samovar "
"""Columns of our own exports and refused rows that begin like this are no traits."""
_MOSTLY: Final = 0.9
_TEXTS: Final = frozenset(
    (
        *("first_name", "last_name", "name", "company", "city", "country", "address", "postcode", "gender"),
        *("language", "title", "website"),
    )
)
"""Traits that are words whatever their cells look like."""
_COMMA_LANGUAGES: Final = frozenset(
    (
        *("tr", "de", "pl", "ru", "fr", "es", "it", "pt", "nl", "cs", "sk", "hu", "ro", "bg", "uk"),
        *("da", "nb", "sv", "fi", "el"),
    )
)
_SHOWN: Final = 40


@dataclass(slots=True)
class Profile:
    """What the cells of a column are."""

    filled: int = 0
    samples: list[str] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)
    day_first: int = 0
    month_first: int = 0
    dots: int = 0
    unclear: int = 0

    def look(self, cell: str) -> None:
        """Look at a cell that isn't empty."""
        self.filled += 1
        if len(self.samples) < 3 and (short := shown(cell)) not in self.samples:
            self.samples.append(short)
        if len(cell) > 200:
            return
        found = self.found
        found["date"] += is_date(cell)
        found["yearless"] += is_yearless(cell)
        marks = decimal_marks(cell)
        digits = cell.lstrip("+-")
        if marks and not (digits[:1] == "0" and digits[1:2].isdigit()) and len(digits) < 16 and cell[0] != "+":
            found["number"] += 1
            if len(marks) == 1:
                found[marks] += 1
        found["email"] += "@" in cell and normal_email(cell) is not None
        found["phone"] += cell.startswith("+") and 8 <= sum(mark.isdigit() for mark in cell) <= 15
        found["yes_no"] += folded(cell) in YES_NO
        found["status"] += status(cell) is not None
        found["list"] += ";" in cell or "|" in cell

    def order(self, cell: str) -> None:
        """What a date says about the order of all dates of the column."""
        parts = date_parts(cell)
        if parts is None:
            return
        first, second, mark = parts
        if first > 12 >= second:
            self.day_first += 1
        elif second > 12 >= first:
            self.month_first += 1
        elif mark == ".":
            self.dots += 1
        elif first != second:
            self.unclear += 1

    @property
    def is_dated(self) -> bool:
        return self.is_mostly("date") or self.is_mostly("yearless")

    def is_mostly(self, what: str) -> bool:
        return self.filled > 0 and self.found[what] >= self.filled * _MOSTLY


def shown(cell: str) -> str:
    """A cell as a sample."""
    plain = " ".join(cell.split())
    return plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + "…"


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A file at a glance: its rows, what is no row of them, the hash of its bytes, its columns."""

    rows: int
    bad: int
    hash: str
    columns: tuple[Column, ...]


Tell = Callable[[int], None]


def survey(records: Records, language: str = "en", tell: Tell = lambda rows: None) -> Surveyed:
    """Read a file to its end and guess what its columns are. `tell` hears how many rows were read."""
    profiles = [Profile() for _ in records.header]
    rows = bad = 0
    dated: list[int] = []
    for record in records:
        rows += 1
        if rows % 5000 == 0:
            tell(rows)
        if isinstance(record, Bad):
            bad += 1
            continue
        if rows <= PROFILED:
            for profile, cell in zip(profiles, record.cells, strict=True):
                if cell and (plain := cell.strip()):
                    profile.look(plain)
                    profile.order(plain)
            if rows == PROFILED:
                dated = [n for n, profile in enumerate(profiles) if profile.is_dated]
        else:
            _follow(profiles, dated, record)
    tell(rows)
    columns = tuple(_guess(*one, language) for one in zip(records.header, profiles, strict=True))
    return Surveyed(rows, bad, hash_of(records.path), unambiguous(columns))


def _follow(profiles: Sequence[Profile], dated: Iterable[int], row: Row) -> None:
    for index in dated:
        if cell := row.cells[index].strip():
            profiles[index].order(cell)


def hash_of(path: Path) -> str:
    """A hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


def _guess(name: str, profile: Profile, language: str) -> Column:
    samples = tuple(profile.samples)
    target = IGNORE if name.startswith(OURS) else HEADERS.get(folded(name), "")
    if not target and profile.is_mostly("email"):
        target = "email"
    elif not target and profile.is_mostly("phone"):
        target = "phone"
    elif not target and profile.is_mostly("status") and not profile.is_mostly("yes_no"):
        target = "status"
    if target == "email" and not profile.is_mostly("email") and profile.is_mostly("yes_no"):
        target = ""  # "E-mail: yes" agrees to something; it is nobody's address.
    if target in ("email", "phone", "user_id", "tags", "status", "unsubscribed", IGNORE) or target in _TEXTS:
        return Column(name, target, samples=samples)
    target = target or trait_name(name)
    if profile.is_mostly("date") or (target == "birthday" and profile.is_mostly("yearless")):
        return _dates(Column(name, target, "date", samples=samples), profile)
    if profile.is_mostly("yes_no"):
        return Column(name, target, "yes_no", samples=samples)
    if profile.is_mostly("number"):
        return Column(name, target, "number", decimal=_decimal(profile, language), samples=samples)
    return Column(name, target, "list" if profile.is_mostly("list") else "text", samples=samples)


def _decimal(profile: Profile, language: str) -> str:
    comma, point = profile.found[","], profile.found["."]
    if comma != point:
        return "," if comma > point else "."
    return "," if language.partition("-")[0].lower() in _COMMA_LANGUAGES else "."


def _dates(column: Column, profile: Profile) -> Column:
    day, month = profile.day_first or profile.dots, profile.month_first
    if day and month:
        return _asking(column, "some dates can only be day-month, others only month-day")
    if not (day or month) and profile.unclear:
        return _asking(column, f"{column.samples[0]} could be two days")
    order = MONTH_DAY if month else DAY_MONTH if day or profile.unclear else ""
    return Column(column.name, column.target, "date", order, samples=column.samples)


def _asking(column: Column, why: str) -> Column:
    mend = f'say --map "{column.name}={column.target} as date {DAY_MONTH}", or {MONTH_DAY}'
    return Column(column.name, column.target, "date", question=f"{why}; {mend}", samples=column.samples)


def unambiguous(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Of several columns that would be the same the first is; the others get the names of their headers."""
    taken: set[str] = set()
    made: list[Column] = []
    for column in columns:
        target = column.target
        if target in taken and target not in (IGNORE, "tags"):
            base = name = trait_name(column.name)
            nth = 1
            while name in taken:
                nth += 1
                name = f"{base}_{nth}"
            column = Column(
                column.name, name, column.kind, column.order, column.decimal, column.question, column.samples
            )
        taken.add(column.target)
        made.append(column)
    return tuple(made)
