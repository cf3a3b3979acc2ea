"""Reports: what was sent and what came of it, where people stand in the funnel and how they go on, what was made.

Every number is one that was counted (tables/counts.py): a page asks one query a subject, however many people there are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from functions import releases
from functions.console import funnels, senders
from functions.console.cells import Cell, money
from functions.console.routes import Asked, Shown
from functions.console.tabled import MOST, Period, as_file, most_first, period_of, said, table
from functions.core.errors import Refused
from functions.core.former import Former, Kind
from functions.http import Answer
from functions.releases import Live

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
    return _shown("journeys", _of_journey(asked, period), period)


def of_campaign(asked: Asked) -> Shown:
    """The numbers of a campaign by run."""
    period = period_of(asked)
    return _shown("campaigns", _of_campaign(asked, period), period)


def download_of_journey(asked: Asked) -> Answer:
    """A table of a journey's as CSV."""
    period = period_of(asked)
    return _one_of(asked, _of_journey(asked, period), period)


def download_of_campaign(asked: Asked) -> Answer:
    """A table of a campaign's as CSV."""
    period = period_of(asked)
    return _one_of(asked, _of_campaign(asked, period), period)


@dataclass(frozen=True, slots=True)
class _Sender:
    """A journey or a campaign in numbers; whether it is live no more."""

    name: str
    title: str
    former: bool
    tables: list[dict[str, Any]]


def _shown(kind: str, one: _Sender, period: Period) -> Shown:
    values = {"name": one.name, "title": one.title, "former": one.former, "tables": one.tables}
    return Shown("sender.html", {**said(period), "kind": kind, **values})


def _of_journey(asked: Asked, period: Period) -> _Sender:
    live = releases.live()
    release = live.release
    id = release.first_name("journey", asked.named["journey"])
    journey = release.every_journey.get(id)
    was = None if journey else _former("journey", id, live)
    if was is not None:
        # As it was when it went: its steps in their order, what they sent, and their ways.
        id, release = was.id, releases.found(was.release) or release
        journey = release.every_journey.get(id)
    elif journey is None:
        raise Refused("unknown-journey", "There is no such journey, and none was live lately.", status=404)
    walked = journey.steps if journey else ()
    tables = [
        senders.steps(id, walked, release, live.release, period),
        senders.branches(id, walked, release, period),
        senders.here(id, walked, release),
    ]
    name = was.name if was else release.present_name("journey", id)
    return _Sender(name, (was.title if was else journey.title if journey else "") or name, was is not None, tables)


def _of_campaign(asked: Asked, period: Period) -> _Sender:
    live, id = releases.live(), asked.named["campaign"]
    definition = live.release.campaigns.get(id)
    held = definition or _former("campaign", id, live)
    if held is None:
        raise Refused("unknown-campaign", "There is no such campaign, and none was live lately.", status=404)
    title = held.title or live.release.present_name("campaign", id)
    return _Sender(id, title, definition is None, [senders.runs(id, live.release, period)])


def _former(kind: Kind, id: str, live: Live) -> Former | None:
    """What was known by an id, or by the name that it bore last."""
    of_kind = [one for one in live.former if one.kind == kind]
    return next((one for one in of_kind if one.id == id), None) or next(
        (one for one in of_kind if one.name == id), None
    )


def _one_of(asked: Asked, one: _Sender, period: Period) -> Answer:
    wanted = asked.named["table"]
    found = next((table for table in one.tables if table["id"] == wanted), None)
    if found is None:
        raise _unknown()
    return as_file(asked, found, period, f"{one.name}-{wanted}")


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
    "senders": senders.by_sender,
    "orders": orders,
    "funnel": funnels.funnel,
    "weeks": funnels.by_week,
    "sources": funnels.by_source,
    "messages": senders.by_week,
    "mailboxes": senders.by_mailbox,
    "bands": funnels.temperatures,
    "segments": funnels.segments,
    "made": made,
}
"""Each report by its name, in the order in which a page shows them: what brought money first."""
