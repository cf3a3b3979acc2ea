"""refold and verdict: everybody, one event."""

import time
from typing import Any

import click
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from authoring import dossier, whom
from authoring.commands.shared import App, emit, explained, json_option, say
from functions import clock
from functions.core.ids import digest
from functions.core.views import iso
from functions.work import jobs
from functions.work.jobs import Job
from functions.work.refold import refold_one

_LOOK_EVERY_S = 0.5


@click.command()
@click.argument("who", required=False)
@click.option("--all", "everybody", is_flag=True, help="Everybody, as a job in slices.")
@json_option
@click.pass_obj
def refold(app: App, who: str | None, everybody: bool, as_json: bool) -> None:
    """Judge who it was, and count facts, again from the events.

    Of one person (WHO as in `samovar contact`), or of everybody with --all. No decision is made; differing
    ones are reported.
    """
    if (who is None) != everybody:
        raise click.UsageError("name either a person or --all")
    with explained(as_json):
        app.connect()
        report = _everybody(as_json) if everybody else _one(str(who))
    if as_json:
        emit(report)
        return
    who = "1 contact" if report["contacts"] == 1 else f"{report['contacts']} contacts"
    found = f"{report['changed']} differed and are mended" if report["changed"] else "all facts were right"
    say(f"{who} counted again: {found}.", "green")
    for decision in report.get("differing_decisions", []):
        say(f"  would decide now: {decision['kind']} {decision['name']} → {decision['to']}", "yellow")
    if report["differing"] and "differing_decisions" not in report:
        say(f"  {report['differing']} decisions would be different now; none was made.", "yellow")


def _one(who: str) -> dict[str, Any]:
    rebuilt = refold_one(whom.of(who).id, clock.now_ms())
    if rebuilt is None:
        raise whom.UnknownPerson(f"the contact of {who} was merged into another meanwhile: try again")
    differing = [{"kind": one.kind, "name": one.name, "to": one.after} for one in rebuilt.differing]
    return {
        "contacts": 1,
        "changed": int(rebuilt.changed),
        "differing": len(differing),
        "differing_decisions": differing,
    }


def _everybody(quiet: bool) -> dict[str, Any]:
    now = clock.now_ms()
    job = Job(digest("job", "refold", str(now), str(time.monotonic_ns())), "refold", now)
    jobs.create(job)
    # How many there are is not known before the last slice: the bar only shows that it moves.
    columns = (SpinnerColumn(), TextColumn("counting"), BarColumn(), TextColumn("{task.completed} contacts"))
    with Progress(*columns, TimeElapsedColumn(), disable=quiet) as bar:
        task = bar.add_task("refold", total=None)
        while (seen := jobs.get(job.id)) is not None and seen.finished is None:
            bar.update(task, completed=seen.done)
            time.sleep(_LOOK_EVERY_S)
        if seen is not None:
            bar.update(task, completed=seen.done, total=seen.done)
    notes = seen.notes if seen else {}
    return {"job": job.id, **{name: notes.get(name, 0) for name in ("contacts", "changed", "differing")}}


@click.command()
@click.argument("event")
@click.argument("who", type=click.Choice(["person", "bot"]))
@click.option("--reason", default="", help="Kept with it.")
@json_option
@click.pass_obj
def verdict(app: App, event: str, who: str, reason: str, as_json: bool) -> None:
    """Say that an event was a person's, or a bot's.

    EVENT is named as in `samovar contact EMAIL --refs`. What you say outranks every rule, until you say otherwise.
    A person's event counts, and may start a journey, as if it had just happened; a bot's leaves no trace in scores.
    """
    with explained(as_json):
        app.connect()
        made = dossier.rule(event, who == "person", reason)
    if as_json:
        emit({"event": event, "who": made.who, "at": iso(made.at)})
        return
    say(f"It was a {made.who} then. Facts follow in a moment.", "green")
