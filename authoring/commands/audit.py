"""audit: whether the numbers of reports are what a recount of everything stored finds."""

import time
from typing import Any

import click
from rich.table import Table

from authoring import audit as auditing
from authoring.audit import Audit
from authoring.commands.progress import bar
from authoring.commands.shared import App, console, counted, emit, explained, json_option, must_ask, say
from authoring.recount import Difference
from functions.core.counted import NOW
from functions.core.prices import DYNAMODB_READ_UNIT

WAIT_S = 60
"""Longer than counting comes behind what happens."""
_UNIT = 8192
"""Bytes that a read unit is good for where reading need not be consistent."""
_LINES = 40


@click.command()
@click.option("--mend", is_flag=True, help="Put right what differs, and count what was stored before it was counted.")
@click.option("--yes", is_flag=True, help="With --mend: don't ask.")
@json_option
@click.pass_obj
def audit(app: App, mend: bool, yes: bool, as_json: bool) -> None:
    """Recount every number of the reports from what is stored.

    Messages, runs of journeys, memberships, decisions and raw events are read whole and held against the numbers that
    pages show. What differs is looked at again a minute later: what has just happened may not be counted yet. Exits 1
    where numbers differ. Nothing is written without --mend.
    """
    with explained(as_json):
        app.connect()
        if mend and must_ask(yes, as_json):
            click.confirm("Put right every number that differs from the recount?", abort=True)
        found = _run(mend, as_json)
    _tell(found, mend, as_json)
    raise SystemExit(1 if found.differ and not mend else 0)


def _run(mend: bool, quiet: bool) -> Audit:
    total, size = auditing.to_read()
    dollars = size / _UNIT * DYNAMODB_READ_UNIT
    if not quiet:
        say(
            f"Reading everything costs about ${dollars:.2f} at AWS. If numbers differ, it is read again a minute later"
            + (", and a third time to put them right." if mend else ".")
        )
    begun = time.monotonic()
    with bar("rows", quiet=quiet) as shown:
        task = shown.add_task("recounting", total=total or None, contacts=0, rate=0.0)

        def seen(rows: int) -> None:
            rate = rows / max(0.001, time.monotonic() - begun)
            # The tables are counted every six hours only: they may have grown.
            shown.update(task, completed=rows, total=max(total, rows), contacts=rows, rate=rate)

        return (auditing.mended if mend else auditing.settled)(seen, after_s=WAIT_S)


def _tell(found: Audit, mended: bool, as_json: bool) -> None:
    if as_json:
        emit(
            {
                "rows": found.rows,
                "units": found.units,
                "numbers": found.numbers,
                "differ": found.differ,
                "mended": found.mended,
                "spoiled": found.spoiled,
                "differences": [_plain(one) for one in found.differences],
            }
        )
        return
    if found.spoiled:
        say(f"{counted(len(found.spoiled), 'row')} can't be read: passed over.", "yellow")
        for key in found.spoiled[:_LINES]:
            say(f"  {key}")
    read = f"{counted(found.rows, 'row')} read, {counted(found.units, 'thing')} recounted, "
    read += f"{counted(found.numbers, 'number')} compared"
    if not found.differ:
        say(f"{read}: 0 differences.", "green")
        return
    say(f"{read}: {counted(found.differ, 'difference')}.", "yellow" if mended else "red")
    console().print(_table(found.differences[:_LINES]))
    if mended:
        say(f"{counted(found.mended, 'correction')} made; `samovar audit` shows whether all is right now.", "green")
    else:
        say("`samovar audit --mend` puts them right.")


def _table(differences: list[Difference]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("about", "day", "part", "what", "counted", "recounted"):
        table.add_column(column, justify="right" if column.endswith("counted") else "left")
    for one in differences:
        day = "now" if one.place.day == NOW else one.place.day
        where = (one.place.subject, day, one.place.part, one.place.measure)
        table.add_row(*where, f"{one.counted:,}", f"{one.recounted:,}")
    return table


def _plain(one: Difference) -> dict[str, Any]:
    at = one.place
    return {
        "unit": one.unit,
        "subject": at.subject,
        "day": None if at.day == NOW else at.day,
        "part": at.part,
        "measure": at.measure,
        "counted": one.counted,
        "recounted": one.recounted,
    }
