"""validate, publish, propose, pull, releases, rollback, schema: what is live, and how it gets there."""

import getpass
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from authoring import published, reference
from authoring.commands.shared import App, business_zone, console, emit, explained, json_option, say, show_warnings
from authoring.compile import bundle
from authoring.problems import Problem
from authoring.scenarios.trial import failing
from authoring.when import minute
from functions import clock
from functions.aws import sts
from functions.core.changes import Change, stored_changes
from functions.tables import proposals, releases
from functions.tables.releases import PublishRefused
from functions.work import going_live


@click.command()
@json_option
@click.pass_obj
def validate(app: App, as_json: bool) -> None:
    """Check marketing/: what is wrong, where, and the mend."""
    with explained(as_json):
        compiled = bundle(app.marketing)
        warned = (*compiled.warnings, *failing(compiled.authored, compiled.scenarios))
    if as_json:
        warnings = [problem.as_json() for problem in warned]
        emit({"valid": True, "release": compiled.release_id, "problems": [], "warnings": warnings})
    else:
        show_warnings(warned)
        content = compiled.authored
        parts = (
            ("journey", content.journeys),
            ("campaign", content.campaigns),
            ("e-mail", content.emails),
            ("form", content.forms),
            ("pop-up", content.popups),
            ("file", content.assets),
            ("survey", content.surveys),
            ("page", content.pages),
            ("scenario", [one for _, file in compiled.scenarios.values() for one in file.scenarios]),
        )
        counts = ", ".join(f"{len(found)} {what}{'s' if len(found) != 1 else ''}" for what, found in parts)
        say(f"{app.marketing} is valid: {counts}. Release {compiled.release_id[:12]}.", "green")


@click.command()
@click.option("--why", "--note", "note", default="", help="What changed and why, for the log of releases.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@json_option
@click.pass_obj
def publish(app: App, note: str, dry_run: bool, as_json: bool) -> None:
    """Make marketing/ the live release.

    Refuses where somebody else published in between (`samovar pull` first), and where publishing.yaml asks for an
    approval that is not there (`samovar approve`).
    """
    with explained(as_json):
        where = app.connect()
        if dry_run:
            compiled, before, found = published.preview(app.marketing)
            refused = published.would_refuse(compiled, before, sts.caller())
            _warn((*compiled.warnings, *failing(compiled.authored, compiled.scenarios)), as_json)
            _show(found, as_json, release=compiled.release_id, moved=False, refused=refused, stack=where.name)
            return
        done = published.publish(app.marketing, by=getpass.getuser(), note=note, arn=sts.caller())
        _warn(done.warnings, as_json)
        pointer = done.pointer
        about = {"release": pointer.release, "moved": done.moved, "seq": pointer.seq, "stack": where.name}
        _show(done.changes, as_json, **about, backfill=done.backfill)


@click.command()
@click.option("--why", "--note", "note", default="", help="What changed and why, for whoever looks at it.")
@json_option
@click.pass_obj
def propose(app: App, note: str, as_json: bool) -> None:
    """Let marketing/ wait for somebody to make it live.

    It is stored as a release that the console shows: what it would change, and who proposed it. Somebody who may
    publish makes it live there, by the same rules as `samovar publish`, or drops it; after 30 days it is forgotten.
    """
    with explained(as_json):
        where = app.connect()
        done = published.propose(app.marketing, by=getpass.getuser(), note=note, arn=sts.caller())
        _warn(done.warnings, as_json)
    release = done.proposal.release
    if as_json:
        changes = [change.as_json() for change in done.changes]
        emit({"release": release, "proposed": True, "stack": where.name, "changes": changes})
        return
    show_changes(done.changes)
    say(f"Release {release[:12]} waits on {where.name}. Nothing was published: the console shows it.", "green")


def _warn(warnings: Iterable[Problem], as_json: bool) -> None:
    if not as_json:
        show_warnings(warnings)


def _show(found: list[Change], as_json: bool, **facts: object) -> None:
    if as_json:
        emit({**facts, "changes": [change.as_json() for change in found]})
        return
    show_changes(found)
    release = f"Release {str(facts['release'])[:12]}"
    if facts.get("refused"):
        say(f"It would be refused: {facts['refused']}", "red")
    elif facts.get("moved"):
        say(f"{release} is live on {facts['stack']} (move {facts['seq']}).", "green")
        if facts.get("backfill"):
            say("Everybody is being brought to it, and starts no journey by that: `samovar backfill` shows how far.")
    elif "seq" in facts:
        say(f"Nothing changed: {release} is live on {facts['stack']} already.", "green")
    elif found:
        say(f"{release} would go live on {facts['stack']}. Nothing was published.", "green")
    else:
        say(f"Nothing would change on {facts['stack']}.", "green")


def show_changes(found: list[Change]) -> None:
    """Print what differs, in the marketer's own words."""
    marks = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow"), "renamed": ("~", "yellow")}
    for change in found:
        mark, style = marks[change.how]
        say(f"{mark} {change.what}", style)
        for detail in change.details:
            say(f"    {detail}")


@click.command()
@click.option("--force", is_flag=True, help="Overwrite changes that were never published.")
@json_option
@click.pass_obj
def pull(app: App, force: bool, as_json: bool) -> None:
    """Write the live release into marketing/."""
    with explained(as_json):
        app.connect()
        try:
            done = published.pull(app.marketing, force=force)
        except published.WouldOverwrite as error:
            mend = "keep a copy (or commit them), then run `samovar pull --force`"
            raise PublishRefused(f"{error}. To go on: {mend}") from error
    if as_json:
        emit(asdict(done))
        return
    for name in done.written:
        say(f"wrote {name}")
    for name in done.removed:
        say(f"removed {name}")
    say(f"{app.marketing}/ holds release {done.release[:12]} now.", "green")


@click.command("releases")
@json_option
@click.pass_obj
def list_releases(app: App, as_json: bool) -> None:
    """What was published when, newest first."""
    with explained(as_json):
        app.connect()
        live, entries, zone = releases.live(), releases.history(), business_zone()
        waiting = proposals.listed(clock.now_ms())
    if as_json:
        rows = [{**asdict(entry), "live": bool(live and entry.seq == live.seq)} for entry in entries]
        proposed = [asdict(one) for one in waiting]
        emit({"live": asdict(live) if live else None, "releases": rows, "proposed": proposed})
        return
    table = Table("", "move", "release", f"at ({zone})", "by", "note", box=None)
    for entry in entries:
        mark = "●" if live and entry.seq == live.seq else ""
        at = minute(entry.at, zone)
        table.add_row(mark, str(entry.seq), entry.release[:12], at, entry.by, entry.note)
    console().print(table)
    for one in waiting:
        said = f" ({one.note})" if one.note else ""
        say(f"Waits since {minute(one.at, zone)}: {one.release[:12]}, proposed by {one.by}{said}")


@click.command()
@click.argument("release", required=False)
@click.option("--why", "--note", "note", default="", help="Why, for the log of releases.")
@json_option
@click.pass_obj
def rollback(app: App, release: str | None, note: str, as_json: bool) -> None:
    """Make an earlier release live again.

    RELEASE is its id, of which the first characters will do; without it, the one before.
    """
    with explained(as_json):
        where = app.connect()
        before = releases.live()
        wanted = _chosen(release, before.release if before else None)
        found = stored_changes(releases.content(before.release) if before else None, releases.content(wanted))
        pointer, begun = going_live.roll_back(
            wanted, by=getpass.getuser(), note=note, arn=sts.caller(), now=clock.now_ms()
        )
        moved = before is None or pointer.seq != before.seq
        about = {"release": pointer.release, "moved": moved, "seq": pointer.seq, "stack": where.name}
        _show(found, as_json, **about, backfill=begun)
        if not as_json:
            say("Your files in marketing/ are as they were: run `samovar pull` to work on from this release.")


def _chosen(prefix: str | None, live: str | None) -> str:
    known = list(dict.fromkeys(entry.release for entry in releases.history()))
    if prefix is None:
        earlier = [name for name in known if name != live]
        if not earlier:
            raise PublishRefused("there is no earlier release to go back to")
        return earlier[0]
    fitting = [name for name in known if name.startswith(prefix)]
    if len(fitting) != 1:
        what = "no release starts" if not fitting else f"{len(fitting)} releases start"
        raise PublishRefused(f'{what} with "{prefix}": see `samovar releases`')
    return fitting[0]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=reference.FOLDER)
def schema(folder: Path) -> None:
    """Write the reference pages and editors' JSON Schemas.

    They go into FOLDER, docs/reference by default.
    """
    for name, text in reference.pages().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        say(f"wrote {path}")
