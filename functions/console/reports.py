"""Reports: what was sent and what came of it, where people stand in the funnel and how they go on, what was made.

Every number is one that was counted (tables/counts.py): a page asks one query a subject, however many people there are.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from markupsafe import Markup

from functions import releases
from functions.console import funnels, senders
from functions.console.cells import Cell, money
from functions.console.routes import Asked, Shown
from functions.console.tabled import MOST, Period, as_file, most_first, period_of, said, table
from functions.core.errors import Refused
from functions.http import Answer

_MADE: Final = (
    ("form", "submitted"),
    ("page", "viewed"),
    ("popup", "shown"),
    ("popup", "clicked"),
    ("asset", "downloaded"),
)


def show(asked: Asked) -> Shown:
    """Every report of a period."""
    period = period_of(asked)
    weeks = period.weeks("funnel")
    tables = [funnels.by_week(period, weeks) if id == "weeks" else make(period) for id, make in TABLES.items()]
    values = {**said(period), "tables": tables}
    if asked.request.wants_html:
        values["chart"] = Markup(funnels.drawn(period, weeks))
    return Shown("reports.html", values)


def download(asked: Asked) -> Answer:
    """One report as CSV, as a spreadsheet takes it."""
    make = TABLES.get(asked.named["table"])
    if make is None:
        raise _unknown()
    period = period_of(asked)
    return as_file(asked, make(period), period, asked.named["table"])


def of_journey(asked: Asked) -> Shown:
    """The numbers of a journey: of each step that sends, of each way, and who waits where."""
    period = period_of(asked)
    name, title, tables = _of_journey(asked, period)
    return Shown("sender.html", {**said(period), "kind": "journeys", "name": name, "title": title, "tables": tables})


def of_campaign(asked: Asked) -> Shown:
    """The numbers of a campaign by run."""
    period = period_of(asked)
    title, tables = _of_campaign(asked, period)
    values = {"kind": "campaigns", "name": asked.named["campaign"], "title": title, "tables": tables}
    return Shown("sender.html", {**said(period), **values})


def download_of_journey(asked: Asked) -> Answer:
    """A table of a journey's as CSV."""
    period = period_of(asked)
    name, _, tables = _of_journey(asked, period)
    return _one_of(asked, tables, period, name)


def download_of_campaign(asked: Asked) -> Answer:
    """A table of a campaign's as CSV."""
    period = period_of(asked)
    _, tables = _of_campaign(asked, period)
    return _one_of(asked, tables, period, asked.named["campaign"])


def _of_journey(asked: Asked, period: Period) -> tuple[str, str, list[dict[str, Any]]]:
    release = releases.live().release
    id = release.first_name("journey", asked.named["journey"])
    journey = release.every_journey.get(id)
    if journey is None:
        raise Refused("unknown-journey", "There is no such journey, or not any more.", status=404)
    tables = [
        senders.steps(id, journey, release, period),
        senders.branches(id, journey, release, period),
        senders.here(id, journey, release),
    ]
    name = release.present_name("journey", id)
    return name, journey.title or name, tables


def _of_campaign(asked: Asked, period: Period) -> tuple[str, list[dict[str, Any]]]:
    release, id = releases.live().release, asked.named["campaign"]
    if id not in release.campaigns:
        raise Refused("unknown-campaign", "There is no such campaign.", status=404)
    title = release.campaigns[id].title or release.present_name("campaign", id)
    return title, [senders.runs(id, period)]


def _one_of(asked: Asked, tables: list[dict[str, Any]], period: Period, name: str) -> Answer:
    wanted = asked.named["table"]
    found = next((one for one in tables if one["id"] == wanted), None)
    if found is None:
        raise _unknown()
    return as_file(asked, found, period, f"{name}-{wanted}")


def _unknown() -> Refused:
    return Refused("unknown-report", "There is no such report.", status=404)


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
    return table("made", ["kind", "name", "did", "times"], rows)


def orders(period: Period) -> dict[str, Any]:
    """Orders by the campaign that their visit came by, as the owner's own systems vouch for them."""
    found = period.parts("source")
    rows: list[list[Cell]] = [[source, one["orders"], one["refunds"], money(one)] for source, one in found.items()]
    return table("orders", ["source", "orders", "refunds", "revenue"], most_first(rows, 1, 0)[:MOST])


TABLES: Final[Mapping[str, Callable[[Period], dict[str, Any]]]] = {
    "messages": senders.by_week,
    "mailboxes": senders.by_mailbox,
    "senders": senders.by_sender,
    "funnel": funnels.funnel,
    "weeks": funnels.by_week,
    "sources": funnels.by_source,
    "bands": funnels.temperatures,
    "segments": funnels.segments,
    "orders": orders,
    "made": made,
}
"""Each report by its name, in the order in which a page shows them."""
