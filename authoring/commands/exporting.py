"""export: everybody, a segment, events or messages as a file."""

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO

import click
from rich.progress import Progress, ProgressColumn, SpinnerColumn, TextColumn, TimeElapsedColumn

from authoring import exporting
from authoring.commands.shared import App, counted, emit, explained, json_option, say
from authoring.exporting import Record
from functions import clock
from functions.core.prices import DYNAMODB_READ_UNIT
from functions.tables import audit
from functions.tables.audit import Noted

_FORMAT = click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
_OUT = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="The file; named after what is in it without this."
)
_EXCEL = click.option("--excel", is_flag=True, help="Mark the CSV as UTF-8 for Excel.")


@click.group("export")
def export() -> None:
    """Contacts, a segment, events or messages as CSV or JSON lines.

    Cells that a spreadsheet would take for formulas get an apostrophe, which an import takes away again.
    """


def _options(function: Callable[..., None]) -> Callable[..., None]:
    return _FORMAT(_OUT(_EXCEL(json_option(click.pass_obj(function)))))


@export.command("contacts")
@_options
def contacts_(app: App, form: str, out: Path | None, excel: bool, as_json: bool) -> None:
    """Everybody, with traits, scores, tags, segments and consent."""
    _write(app, exporting.everybody, "contacts", form, out, excel, as_json, people=True)


@export.command("segment")
@click.argument("id")
@_options
def segment_(app: App, id: str, form: str, out: Path | None, excel: bool, as_json: bool) -> None:
    """The members of segment ID, as last decided."""
    _write(app, lambda: exporting.members(id), f"segment-{id}", form, out, excel, as_json, people=True)


@export.command("events")
@_options
def events_(app: App, form: str, out: Path | None, excel: bool, as_json: bool) -> None:
    """Every event that is kept."""
    _write(app, exporting.every_event, "events", form, out, excel, as_json, people=False)


@export.command("messages")
@_options
def messages_(app: App, form: str, out: Path | None, excel: bool, as_json: bool) -> None:
    """Every message, and what became of it."""
    _write(app, exporting.every_message, "messages", form, out, excel, as_json, people=False)


def _write(
    app: App,
    source: Callable[[], Iterator[Record]],
    what: str,
    form: str,
    out: Path | None,
    excel: bool,
    as_json: bool,
    *,
    people: bool,
) -> None:
    path = out or Path(f"{what}.{form}")
    with explained(as_json):
        app.connect()
        found = source()
        columns: list[ProgressColumn] = [
            SpinnerColumn(),
            TextColumn("exporting {task.completed:,}"),
            TimeElapsedColumn(),
        ]
        quiet = as_json or str(path) == "-"
        if not quiet and not what.startswith("segment"):
            units = exporting.read_units(what)
            say(f"The whole table is read once: about {units:,.0f} read units, ${units * DYNAMODB_READ_UNIT:.2f}.")
        with Progress(*columns, disable=quiet, transient=True) as progress, _opened(path) as file:
            task = progress.add_task(what, total=None)

            def tell(many: int) -> None:
                progress.update(task, completed=many)

            if form == "jsonl":
                many = exporting.write_jsonl(found, file, tell)
            else:
                many = exporting.write_csv(found, file, tell, people=people, excel=excel)
        audit.note(Noted("list", "", clock.now_ms(), what, getpass.getuser(), many))
    if as_json and str(path) != "-":
        emit({"file": str(path), "rows": many})
    elif str(path) != "-":
        say(f"Wrote {counted(many, 'row')} to {path}. It names people: keep it where nobody else reads it.", "green")


def _opened(path: Path) -> AbstractContextManager[IO[str]]:
    if str(path) == "-":
        return nullcontext(sys.stdout)
    return exporting.opened(path)
