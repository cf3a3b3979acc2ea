"""Tables of counted numbers: what a page shows, what its address says as JSON, and a file that a spreadsheet takes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote, urlencode

from functions import clock, releases
from functions.console import places, wording
from functions.console.cells import Cell, as_csv
from functions.console.routes import Asked
from functions.core.days import day_of
from functions.core.errors import Refused
from functions.core.roles import Right
from functions.http import Answer, answer, json_answer
from functions.tables import counts

SPANS: Final = (30, 90, 365)
"""Days that a report may look back."""
MOST: Final = 200
"""So many lines are shown of what anybody can make up, the largest."""
ROWS: Final = 30_000
"""So many rows of those are read: some five seconds."""

_NOWHERE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a report is about, both included, and whether whoever reads it may see people."""

    days: int
    last: date
    sees_people: bool = False

    @property
    def first(self) -> date:
        """The first of the days."""
        return self.last - timedelta(days=self.days - 1)

    def of(self, subject: str) -> dict[tuple[str, str], Counter[str]]:
        """The numbers of a subject by day and part."""
        return counts.of(subject, self.first.isoformat(), self.last.isoformat())

    def parts(self, subject: str) -> dict[str, Counter[str]]:
        """The same by part."""
        return counts.over_days(subject, self.first.isoformat(), self.last.isoformat())

    def parts_of_strangers(self, subject: str) -> dict[str, Counter[str]]:
        """The same of a subject whose parts anybody can make up. Raises TooMany."""
        return counts.over_days(subject, self.first.isoformat(), self.last.isoformat(), ROWS)

    def weeks(self, subject: str) -> dict[tuple[str, str], Counter[str]]:
        """The same by week and part, of whole weeks: from the Monday before the first day."""
        found: dict[tuple[str, str], Counter[str]] = {}
        for (day, part), numbers in counts.of(subject, monday(self.first), self.last.isoformat()).items():
            found.setdefault((monday(date.fromisoformat(day)), part), Counter()).update(numbers)
        return found

    def every_week(self) -> list[str]:
        """The Mondays of all those weeks, the first one first."""
        first, last = (date.fromisoformat(monday(one)) for one in (self.first, self.last))
        return [(first + timedelta(days=on)).isoformat() for on in range(0, (last - first).days + 1, 7)]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table, and where its cells lead, by column."""

    cells: Sequence[Cell]
    leads: Mapping[str, str] = field(default_factory=lambda: _NOWHERE)


def period_of(asked: Asked) -> Period:
    """The period that an address asks for. Raises Refused."""
    text = asked.request.query.get("days", str(SPANS[1]))
    if text not in map(str, SPANS):
        raise Refused("unknown-span", "A report looks back 30, 90 or 365 days.", field="days", status=400)
    return lately(int(text), sees_people=asked.who.member.may(Right.SEE_PEOPLE))


def lately(days: int, *, sees_people: bool = False) -> Period:
    """So many days, of which today is the last."""
    today = day_of(clock.now_ms(), releases.live().release.sending.business.time_zone)
    return Period(days, today, sees_people)


def said(period: Period) -> dict[str, Any]:
    """The period as a page says it, with those that may be chosen."""
    first, last = period.first.isoformat(), period.last.isoformat()
    return {"days": period.days, "spans": list(SPANS), "first": first, "last": last}


def table(id: str, columns: Sequence[str], lines: Iterable[Line | Sequence[Cell]]) -> dict[str, Any]:
    """A table by its id: what is in its columns, and where a cell leads."""
    held = [one if isinstance(one, Line) else Line(one) for one in lines]
    rows, links = [list(one.cells) for one in held], [dict(one.leads) for one in held]
    return {"id": id, "columns": list(columns), "rows": rows, "links": links}


def as_file(asked: Asked, made: Mapping[str, Any], period: Period, name: str) -> Answer:
    """A table as CSV; as JSON for a program that asks for it."""
    if "application/json" in asked.request.headers.get("accept", ""):
        return json_answer(200, made)
    file = f"{name}-{period.days}-days-to-{period.last.isoformat()}.csv"
    return answer(
        200,
        as_csv(made, wording.words()),
        "text/csv; charset=utf-8",
        {"content-disposition": f'attachment; filename="{file}"'},
    )


def path(*parts: str, **asked: str | int) -> str:
    """The path of a page of the console, whatever stands in its parts."""
    query = f"?{urlencode(asked)}" if asked else ""
    return places.path(*(quote(part, safe="") for part in parts)) + query


def people(period: Period, of: str, many: int) -> dict[str, str]:
    """Where the number of people who are there now leads: to the list of them, for whoever may see people."""
    return {"now": path("people", of=of)} if many and period.sees_people else {}


def of_measures(measures: Iterable[str], numbers: Counter[str]) -> list[Cell]:
    """What was counted of each measure."""
    return [numbers[one] for one in measures]


def together(found: Iterable[Counter[str]]) -> Counter[str]:
    """The sum of numbers, without those that are nothing."""
    whole: Counter[str] = Counter()
    for numbers in found:
        whole.update(numbers)
    return Counter({measure: many for measure, many in whole.items() if many})


def most_first(rows: Iterable[Sequence[Cell]], by: int, name: int) -> list[Sequence[Cell]]:
    """Rows by the number in one column, the largest first, and alike ones by what is in another."""

    def rank(row: Sequence[Cell]) -> tuple[float, str]:
        many = row[by]
        return -many if isinstance(many, int | float) else 0, str(row[name])

    return sorted(rows, key=rank)


def share(part: int, whole: int) -> float | None:
    """So many of a hundred; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def monday(day: date) -> str:
    """The Monday of a day's week."""
    return (day - timedelta(days=day.weekday())).isoformat()
