"""Reports: what was sent and what came of it, where people stand in the funnel and how they go on, what was made.

Every number is one that was counted (tables/counts.py): a page asks one query a subject, however many people there are.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from functions import clock, releases
from functions.console.routes import Asked, Shown
from functions.core.campaign import MARK
from functions.core.counting import LETTERS, MACHINES
from functions.core.days import day_of
from functions.core.errors import Refused
from functions.core.release import Release
from functions.http import Answer, answer, json_answer
from functions.tables import counts

SPANS: Final = (30, 90, 365)
"""Days that a report may look back."""
SENT: Final = (*LETTERS, *MACHINES)
FUNNEL: Final = ("entered", "through", "share", "days", "out")
_MADE: Final = (
    ("form", "submitted"),
    ("page", "viewed"),
    ("popup", "shown"),
    ("popup", "clicked"),
    ("asset", "downloaded"),
)
_SOURCES: Final = 200
"""So many lines by source are shown, the largest; anybody can make up sources."""
_DAY_MS: Final = 86_400_000
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a report is about, both included."""

    first: date
    last: date

    def of(self, subject: str) -> dict[tuple[str, str], Counter[str]]:
        """The numbers of a subject by day and part."""
        return counts.of(subject, self.first.isoformat(), self.last.isoformat())

    def parts(self, subject: str) -> dict[str, Counter[str]]:
        """The same by part."""
        return counts.over_days(subject, self.first.isoformat(), self.last.isoformat())


def show(asked: Asked) -> Shown:
    """Every report of a period."""
    days, period = _period(asked)
    values = {"days": days, "spans": list(SPANS), "first": period.first.isoformat(), "last": period.last.isoformat()}
    return Shown("reports.html", values | {"tables": [make(period) for make in TABLES.values()]})


def download(asked: Asked) -> Answer:
    """One report as CSV, as a spreadsheet takes it."""
    make = TABLES.get(asked.named["table"])
    if make is None:
        raise Refused("unknown-report", "There is no such report.", status=404)
    days, period = _period(asked)
    table = make(period)
    if "application/json" in asked.request.headers.get("accept", ""):
        return json_answer(200, table)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(table["columns"])
    writer.writerows([[_safe(cell) for cell in row] for row in table["rows"]])
    name = f"{table['id']}-{days}-days-to-{period.last.isoformat()}.csv"
    return answer(
        200,
        "\ufeff" + out.getvalue(),
        "text/csv; charset=utf-8",
        {"content-disposition": f'attachment; filename="{name}"'},
    )


def _period(asked: Asked) -> tuple[int, Period]:
    text = asked.request.query.get("days", str(SPANS[1]))
    if text not in map(str, SPANS):
        raise Refused("unknown-span", "A report looks back 30, 90 or 365 days.", field="days", status=400)
    today = day_of(clock.now_ms(), releases.live().release.sending.business.time_zone)
    return int(text), Period(today - timedelta(days=int(text) - 1), today)


def _safe(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell


def _table(id: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> dict[str, Any]:
    return {"id": id, "columns": list(columns), "rows": [list(row) for row in rows]}


def by_week(period: Period) -> dict[str, Any]:
    """Messages by the week in which they were decided, the newest first."""
    weeks: dict[str, Counter[str]] = {}
    for (day, _), numbers in period.of("mail").items():
        on = date.fromisoformat(day)
        weeks.setdefault((on - timedelta(days=on.weekday())).isoformat(), Counter()).update(numbers)
    measures = [one for one in SENT if one != "orders"]
    return _table(
        "messages", ["week", *measures], ([week, *_of(measures, weeks[week])] for week in sorted(weeks)[::-1])
    )


def by_sender(period: Period) -> dict[str, Any]:
    """Journeys and campaigns: who came in, what was sent and what came of it."""
    release = releases.live().release
    rows = []
    for kind, id, title in _senders(release):
        subject = f"journey/{MARK if kind == 'campaign' else ''}{id}"
        numbers: Counter[str] = Counter()
        for found in period.parts(subject).values():
            numbers.update(found)
        if numbers:
            rows.append([kind, title, numbers["entered"] or None, *_of(SENT, numbers), _money(numbers)])
    return _table("senders", ["kind", "name", "entered", *SENT, "revenue"], rows)


def _senders(release: Release) -> list[tuple[str, str, str]]:
    journeys = [
        ("journey", id, one.title or release.present_name("journey", id)) for id, one in release.journeys.items()
    ]
    named = release.campaigns.items()
    return [*journeys, *(("campaign", id, one.title or release.present_name("campaign", id)) for id, one in named)]


def funnel(period: Period) -> dict[str, Any]:
    """The funnel: of those who came to a stage in the period, how many went on since, and after how long."""
    stages, found = _stages(), period.parts("funnel")
    now = counts.standing("standing").get("stage", Counter[str]())
    rows = [[title, *_passage(found.get(id, Counter())), now[id]] for id, title in stages.items()]
    return _table("funnel", ["stage", *FUNNEL, "now"], rows)


def by_source(period: Period) -> dict[str, Any]:
    """The same by the source by which people came first."""
    stages, rows = _stages(), []
    for part, numbers in period.parts("funnel-by-source").items():
        stage, _, source = part.partition(".")
        if stage in stages:
            rows.append([stages[stage], source, *_passage(numbers)])
    rows.sort(key=lambda row: (-int(row[2] or 0), str(row[1])))
    return _table("sources", ["stage", "source", *FUNNEL], rows[:_SOURCES])


def _stages() -> Mapping[str, str]:
    return {stage.id: stage.title or stage.id for stage in releases.live().release.funnel.stages}


def _passage(numbers: Counter[str]) -> list[Cell]:
    entered, through, left = numbers["entered"], numbers["through"], numbers["through"] + numbers["out"]
    share = round(100 * through / entered, 1) if entered else None
    return [entered, through, share, round(numbers["ms"] / left / _DAY_MS, 1) if left else None, numbers["out"]]


def made(period: Period) -> dict[str, Any]:
    """Forms, pages, pop-ups and files: how often each did what it is for."""
    release, rows = releases.live().release, []
    holders: Mapping[str, Mapping[str, Any]] = {
        "form": release.forms,
        "page": release.pages,
        "popup": release.popups,
        "asset": release.assets,
    }
    for kind, measure in _MADE:
        for id, one in holders[kind].items():
            many = sum(numbers[measure] for numbers in period.parts(f"{kind}/{id}").values())
            rows.append([kind, getattr(one, "title", "") or id, measure, many])
    return _table("made", ["kind", "name", "did", "times"], rows)


def orders(period: Period) -> dict[str, Any]:
    """Orders by the campaign that their visit came by, as the owner's own systems vouch for them."""
    found = period.parts("source")
    rows: list[list[Cell]] = [[source, one["orders"], one["refunds"], _money(one)] for source, one in found.items()]
    rows.sort(key=lambda row: (-int(row[1] or 0), str(row[0])))
    return _table("orders", ["source", "orders", "refunds", "revenue"], rows[:_SOURCES])


def _of(measures: Iterable[str], numbers: Counter[str]) -> list[Cell]:
    return [numbers[one] for one in measures]


def _money(numbers: Counter[str]) -> str:
    """What came in, less what was given back, by currency."""
    sums: Counter[str] = Counter()
    for measure, many in numbers.items():
        kind, _, currency = measure.partition("-")
        if kind in ("revenue", "refunded"):
            sums[currency] += many if kind == "revenue" else -many
    return "; ".join(f"{many / 100:.2f} {currency}".strip() for currency, many in sorted(sums.items()))


TABLES: Final = {
    "messages": by_week,
    "senders": by_sender,
    "funnel": funnel,
    "sources": by_source,
    "orders": orders,
    "made": made,
}
"""Each report by its name, in the order in which a page shows them."""
