"""import and imports: people come in from a file, and go again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from authoring.commands.shared import App, business_zone, console, counted, emit, explained, json_option, must_ask, say
from authoring.importing import files, job, mapping, segments, undo
from authoring.importing.encoding import opened
from authoring.importing.files import Asked, Opened
from authoring.importing.job import AlreadyIn, Done, Wanted
from authoring.importing.nobody import Nobody
from authoring.when import minute
from functions import clock, releases
from functions.core.prices import DYNAMODB_READ_UNIT
from functions.core.views import iso
from functions.tables import imports
from functions.tables.imports import Imported

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
_SMALL = 4 * 1024 * 1024
TRAITS_KEPT = 100


@click.command("import")
@click.argument("file", type=_FILE, required=False)
@click.option("--from", "origin", type=click.Choice(files.ORIGINS), help="What wrote the file; guessed without it.")
@click.option("--map", "changes", multiple=True, metavar='"COLUMN=TRAIT"', help="What a column becomes; see below.")
@click.option("--mapping", "mapping_file", type=_FILE, help="What all columns become, from a file.")
@click.option("--save-mapping", type=click.Path(path_type=Path, dir_okay=False), help="Write such a file, and stop.")
@click.option("--encoding", default="", help="Such as utf-8, cp1254 or utf-16; guessed without it.")
@click.option("--delimiter", default="", help="What stands between cells; guessed without it.")
@click.option("--country", default="", help="Whose telephone numbers need no country code, such as TR.")
@click.option(
    "--consent", "consents", multiple=True, metavar='"TOPIC: SOURCE, PROOF"', help="What everybody agreed to."
)
@click.option("--suppress", "lists", multiple=True, type=_FILE, help="People who must not be written to.")
@click.option("--on-existing", type=click.Choice(["fill", "overwrite", "skip"]), default="fill", show_default=True)
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def import_(
    app: App,
    file: Path | None,
    origin: str | None,
    changes: tuple[str, ...],
    mapping_file: Path | None,
    save_mapping: Path | None,
    encoding: str,
    delimiter: str,
    country: str,
    consents: tuple[str, ...],
    lists: tuple[Path, ...],
    on_existing: Any,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """People from a CSV file, Mailchimp, HubSpot or Amazon Pinpoint.

    Shows what each column becomes before anything is written. --map "Column=trait" says otherwise; instead of a
    trait: email, phone, user_id, tags, status, unsubscribed, consent:TOPIC, consent_source, consent_date,
    consent_wording or ignore; "Column=birthday as date day-month" also says how it is read. Nobody agrees to
    anything without a source and a proof. Started again after an interruption it goes on where it was.
    """
    if file is None and not lists:
        raise click.UsageError("name a file of people, or with --suppress one of people who must not be written to")
    with explained(as_json):
        if file and (text := _segments_in(file)):
            _segments(file, text, as_json)
            return
        ask = not (dry_run or save_mapping) and must_ask(yes, as_json)
        app.connect()
        sending = releases.live().release.sending
        topics = [topic.id for topic in sending.topics if not topic.transactional]
        asked = Asked(origin or "", encoding, delimiter, changes, mapping_file, consents, country)
        terms = files.terms_of(sending, asked, clock.now_ms())
        with _bar("reading", None, as_json) as bar:
            found = files.open_people(file, asked, terms, topics, bar) if file else None
            suppressed = tuple(files.open_list(path, terms, bar) for path in lists)
        if found is not None and not as_json:
            _show(found)
        if save_mapping and found and found.how:
            text = mapping.as_yaml(found.columns, found.how.encoding, found.how.delimiter)
            save_mapping.write_text(text, encoding="utf-8")
            say(f"Wrote {save_mapping}: change what is wrong, then import with --mapping {save_mapping}.", "green")
            return
        if open_questions := mapping.questions(found.columns if found else ()):
            raise mapping.BadMapping("\n".join(open_questions))
        people = found.people if found else Nobody(suppressed)
        hashes = repr(tuple(one.hash for one in suppressed))
        wanted = Wanted(file or lists[0], (found.said() if found else "") + hashes, on_existing, suppressed)
        rows = people.rows + sum(one.rows for one in suppressed)
        if ask:
            click.confirm(f"Import {counted(rows, 'row')}?", abort=True)
        steps = people.rows * (1 + people.refuses) + sum(one.rows for one in suppressed)
        with _bar("looking" if dry_run else "importing", steps, as_json) as bar:
            done = (job.look if dry_run else job.perform)(people, wanted, _steps(bar, people.rows, steps))
    _told(done, job.refused_file(wanted.file), dry_run, as_json)


def _segments_in(file: Path) -> str:
    """The text of a file of Pinpoint's segments, "" for any other."""
    with opened(file) as content:
        head = content.read(_SMALL)
    text = head.decode("utf-8-sig", "replace") if len(head) < _SMALL and head.lstrip()[:1] in (b"{", b"[") else ""
    return text if segments.is_it(text) else ""


def _segments(file: Path, text: str, as_json: bool) -> None:
    path = file.with_name(f"{file.stem}.segments.yaml")
    translated, missing = segments.translate(text)
    path.write_text(translated, encoding="utf-8")
    if as_json:
        emit({"file": str(path), "not_translated": missing})
        return
    say(f"Wrote {path}: look through it, then move what you want into segments.yaml.", "green")
    for one in missing:
        say(f"  not translated: {one}", "yellow")


def _steps(bar: Any, rows: int, steps: int) -> job.Tell:
    """Of two phases the first is what people refuse: it counts as well."""
    return lambda imported: bar(imported.done + (steps - rows if imported.phase == "people" else 0))


def _show(opened: Opened) -> None:
    people = opened.people
    if opened.how is None:
        say(f"{counted(people.rows, 'endpoint')} of Amazon Pinpoint", "bold")
        return
    kind = {"csv": "", "mailchimp": " of Mailchimp", "hubspot": " of HubSpot"}[opened.origin]
    guessed = "" if opened.how.sure else " (guessed by its letters: --encoding says otherwise)"
    between = {"\t": "tab"}.get(opened.how.delimiter, opened.how.delimiter)
    say(f"{people.rows:,} rows{kind}, {opened.how.encoding}{guessed}, cells between {between}", "bold")
    table = Table("column", "becomes", "for example", box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in opened.columns:
        style = "yellow" if column.question else "dim" if column.target == mapping.IGNORE else ""
        samples = " · ".join(column.samples)
        table.add_row(*(Text(cell, style=style) for cell in (column.name, column.becomes(), samples)))
    console().print(table)
    if sum(column.is_trait for column in opened.columns) > TRAITS_KEPT:
        say(
            f"A contact keeps {TRAITS_KEPT} traits; further ones stay in its events. Ignore what you don't need.",
            "yellow",
        )


def _told(done: Done, refused: Path, dry_run: bool, as_json: bool) -> None:
    imported, counts = done.imported, dict(done.imported.counts)
    if as_json:
        examples = [{"line": one.line, "code": one.code, "reason": one.reason} for one in done.examples]
        written = str(refused) if imported.refused_bytes and not dry_run else None
        lists = [str(path) for path in done.refused_lists]
        said = {"dry_run": dry_run, "refused": examples, "refused_rows": written, "refused_rows_of_lists": lists}
        emit({**plain(imported), **said})
        return
    if done.resumed:
        say(f"It went on after {done.resumed:,} rows.")
    taken, bad = counts.get("imported", 0), counts.get("refused", 0)
    would = "would come in" if dry_run else "came in"
    say(f"{taken:,} of {imported.rows:,} rows {would}, {bad:,} refused.", "bold green" if not bad else "bold")
    for many, words in job.told(counts):
        say(f"  {many:,} {words}")
    for one in done.examples:
        say(f"  line {one.line}: {one.reason} ({one.code})", "yellow")
    all_bad = bad + counts.get("listed and refused", 0)
    if all_bad > len(done.examples):
        say(f"  … and {all_bad - len(done.examples):,} more", "yellow")
    if bad and not dry_run:
        say(f"Refused rows, with line and reason: {refused}. Mend them there and import that file.", "yellow")
    for path in done.refused_lists:
        say(
            f"Rows of a list that name nobody, who may still be written to: {path}. Mend them, then --suppress it.",
            "yellow",
        )
    if not dry_run:
        say(f"To take it back: samovar imports undo {imported.id}")


def plain(imported: Imported) -> dict[str, Any]:
    """An import for --json."""
    return {
        "id": imported.id,
        "at": iso(imported.at),
        "file": imported.file,
        "by": imported.by,
        "state": imported.state,
        "rows": imported.rows,
        "done": imported.done,
        "counts": dict(sorted(imported.counts.items())),
    }


@click.group("imports", invoke_without_command=True)
@json_option
@click.pass_context
def imports_(context: click.Context, as_json: bool) -> None:
    """What came in by files; `imports undo ID` takes one back."""
    if context.invoked_subcommand is not None:
        return
    with explained(as_json):
        context.obj.connect()
        found, zone = imports.every(), business_zone()
    if as_json:
        emit([plain(one) for one in found])
        return
    table = Table("id", f"began ({zone})", "file", "by", "state", "came in", "refused", box=None, padding=(0, 2, 0, 0))
    for one in found:
        counts = (one.counts.get("imported", 0), one.counts.get("refused", 0))
        cells = (one.id, minute(one.at, zone), one.file, one.by, one.state, *(f"{n:,}" for n in counts))
        table.add_row(*(Text(cell) for cell in cells))
    console().print(table)


@imports_.command("undo")
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def undo_(app: App, id: str, yes: bool, as_json: bool) -> None:
    """Take a whole import back.

    Its rows go, people are counted again without them, and whoever is known only by it goes too. Consent that it
    granted is withdrawn, and the ledger says why; what people refused stays refused.
    """
    with explained(as_json):
        ask = must_ask(yes, as_json)
        app.connect()
        imported = imports.get(id)
        if imported is None:
            raise ValueError(f'there is no import "{id}": `samovar imports` lists them')
        if imported.state == "undone":
            raise AlreadyIn(f"import {id} was undone already")
        if ask:
            units = undo.read_units()
            say(
                f"All events and contacts are read once: about {units:,.0f} read units, "
                f"${units * DYNAMODB_READ_UNIT:.2f}."
            )
            rows = counted(imported.counts.get("imported", 0), "row")
            click.confirm(f"Take back {rows} of {imported.file}?", abort=True)
        total = imported.counts.get("events", 0) * 2
        try:
            with _bar("undoing", total, as_json) as bar:
                done = undo.undo(imported, lambda so_far: bar(so_far.events + so_far.refolded + so_far.removed))
        except undo.NotScored as error:
            raise ValueError(str(error)) from None
    if as_json:
        emit({"id": id, "events": done.events, "contacts_removed": done.removed, "contacts_counted": done.refolded})
        return
    say(
        f"{counted(done.events, 'row')} taken back: {counted(done.removed, 'contact')} removed, "
        f"{done.refolded:,} counted again, {counted(done.withdrawn, 'consent')} withdrawn.",
        "green",
    )


@contextmanager
def _bar(title: str, total: int | None, quiet: bool) -> Iterator[Any]:
    """A progress bar with rate and remaining time; what it gives takes how many are done."""
    columns = (
        SpinnerColumn(),
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
    )
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), disable=quiet, transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done: progress.update(task, completed=done)


class _Rate(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")
