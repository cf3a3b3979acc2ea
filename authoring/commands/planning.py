"""plan: in words, what publishing this folder would do."""

from pathlib import Path
from typing import Any

import click

from authoring import foresight, published
from authoring.commands import diff
from authoring.commands.inflight import looked
from authoring.commands.shared import App, emit, explained, json_option, say
from authoring.compile import Bundle
from authoring.plan.base import Base, against, of_deployment, of_path
from authoring.plan.make import plan as made_of
from authoring.plan.markdown import comment
from authoring.plan.model import Plan
from authoring.plan.words import Block, blocks, mark, summary
from authoring.tally import Tally
from functions import releases
from functions.aws import sts

_STYLES = {"+": "green", "-": "red", "~": "yellow", " ": ""}


@click.command()
@click.option(
    "--base",
    type=click.Path(path_type=Path, exists=True),
    help="Compare with this folder, or file with a release, and ask no AWS.",
)
@click.option("--people", is_flag=True, help="Also foresee who would stand elsewhere, as `samovar diff` does.")
@click.option("--markdown", is_flag=True, help="Print a comment for a pull request.")
@json_option
@click.pass_obj
def plan(app: App, base: Path | None, people: bool, markdown: bool, as_json: bool) -> None:
    """Say in words what publishing marketing/ would do; nothing is written.

    What is added, removed, renamed and changed, journeys step by step; who is in flight in those that differ; which
    scenarios fail; what is counted anew. Exit code 1 where publishing would be refused.
    """
    quiet = as_json or markdown
    with explained(as_json):
        if base is not None and people:
            raise ValueError("people can be foreseen only where AWS is asked: leave --base or --people out")
        told = _offline(app, base) if base is not None else _asked(app, people, quiet)
    if as_json:
        emit(told.as_json())
    elif markdown:
        click.echo(comment(told), nl=False)
    else:
        _tell(told)
    if not told.fine:
        raise SystemExit(1)


def _offline(app: App, base: Path) -> Plan:
    return made_of(app.marketing, of_path(base))


def _asked(app: App, people: bool, quiet: bool) -> Plan:
    where = app.connect()
    base = of_deployment(where.name, app.marketing)

    def refusals(compiled: Bundle) -> list[str]:
        reason = published.would_refuse(compiled, base.pointer, sts.caller())
        return [reason] if reason else []

    return made_of(
        app.marketing,
        base,
        count=lambda: looked("", quiet),
        release_of=releases.by_id,
        refusals=refusals,
        foresee=(lambda: _foreseen(app, base, quiet)) if people and base.pointer is not None else None,
    )


def _foreseen(app: App, base: Base, quiet: bool) -> dict[str, Any]:
    assert base.pointer is not None
    wanted = foresight.plan(against(app.marketing, base).content, base.pointer)
    tally = diff.looked(wanted, who=False, quiet=quiet) if wanted.changed else Tally()
    return diff.plain(wanted, tally)


def _tell(told: Plan) -> None:
    say(summary(told), "bold" if told.fine else "bold red")
    for block in blocks(told):
        _tell_block(block)
    if told.nothing and told.fine:
        say("There is nothing to publish.", "green")


def _tell_block(block: Block) -> None:
    style = "red" if block.bad else _STYLES[mark(block.title)] if block.definition else "bold"
    say("")
    say(f"{mark(block.title)} {block.title}" if block.definition else block.title, style)
    for says in block.says:
        say(f"    {says}")
    for line in block.lines:
        say(f"    {line.mark} {line.text}", _STYLES[line.mark])
