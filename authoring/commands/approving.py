"""approve, log: who agreed to what goes live, and who did what."""

import getpass

import click
from rich.table import Table

from authoring import log as book
from authoring.commands.shared import App, business_zone, counted, emit, explained, json_option, print_whole, say
from authoring.plan.base import against, of_deployment
from authoring.when import minute
from functions import clock
from functions.aws import sts
from functions.core.publishing import Approval
from functions.core.views import iso
from functions.tables import approvals, audit
from functions.tables.audit import Noted

_LONGEST_WHY = 300


@click.command()
@click.option("--why", required=True, help="Kept with who approved, and when.")
@json_option
@click.pass_obj
def approve(app: App, why: str, as_json: bool) -> None:
    """Let exactly these files be published.

    Look at `samovar plan` first. Where publishing.yaml says `approval: required`, `samovar publish` by somebody else
    goes through then, for this content and no other: a change of the files takes another approval. Who you are is what
    AWS says of your credentials.
    """
    with explained(as_json):
        why = why.strip()[:_LONGEST_WHY]
        if not why:
            raise ValueError("say why: whoever looks at the log will read it")
        where = app.connect()
        made = against(app.marketing, of_deployment(where.name, app.marketing))
        who, now = sts.caller(), clock.now_ms()
        first = approvals.note(Approval(made.release_id, who, now, why))
        if first:
            audit.note(Noted("approve", made.release_id, now, by=getpass.getuser(), why=why))
        many = len(approvals.of(made.release_id))
    if as_json:
        emit({"release": made.release_id, "by": who, "noted": first, "approvals": many})
        return
    done = "is approved" if first else "had your approval already"
    say(f"Release {made.release_id[:12]} {done}, by {who}: {counted(many, 'approval')}.", "green")


@click.command()
@click.option("--limit", default=50, show_default=True, help="So many lines, the newest ones.")
@json_option
@click.pass_obj
def log(app: App, limit: int, as_json: bool) -> None:
    """Who did what, when and why, newest first.

    Releases published and rolled back, approvals, journeys recalled, migrated, paused and started by hand, sending
    stopped, people looked at and erased.
    """
    with explained(as_json):
        app.connect()
        lines, zone = book.lines(limit), business_zone()
    if as_json:
        emit([{"at": iso(one.at), "who": one.who, "what": one.what, "why": one.why, "arn": one.arn} for one in lines])
        return
    table = Table(f"at ({zone})", "who", "what", "why", box=None)
    for one in lines:
        table.add_row(minute(one.at, zone), one.who, one.what, one.why)
    print_whole(table)
