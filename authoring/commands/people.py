"""refold and verdict: everybody, one event."""

import time
from typing import Any

import click

from authoring.commands.progress import follow
from authoring.commands.shared import App, counted, emit, explained, json_option, say
from functions import clock
from functions.core.ids import digest
from functions.core.views import iso
from functions.people import dossier, whom
from functions.work import jobs
from functions.work.jobs import Job
from functions.work.refold import refold_one


@click.command()
@click.argument("who", required=False)
@click.option("--all", "everybody", is_flag=True, help="Everybody, as a job in slices.")
@click.option("--resume", is_flag=True, help="Go on with the job that stopped last, or look at the one that runs.")
@click.option("--stop", is_flag=True, help="Stop the job that runs; --resume goes on where it was.")
@json_option
@click.pass_obj
def refold(app: App, who: str | None, everybody: bool, resume: bool, stop: bool, as_json: bool) -> None:
    """Judge who it was, and count facts, again from the events.

    Of one person (WHO as in `samovar contact`), or of everybody with --all. No decision is made; differing
    ones are reported. The job goes on by itself if the terminal is closed.
    """
    if sum((who is not None, everybody, resume, stop)) != 1:
        raise click.UsageError("name a person, or say one of --all, --resume and --stop")
    with explained(as_json):
        app.connect()
        if stop:
            stopped = [job.id for job in _open_refolds() if jobs.stop(job.id, clock.now_ms())]
            emit({"stopped": stopped}) if as_json else say(f"{len(stopped)} stopped.", "green")
            return
        report = _one(str(who)) if who is not None else _everybody(resume, as_json)
    if as_json:
        emit(report)
        return
    if not report.get("finished", True):
        say("It was stopped: `samovar refold --resume` goes on.", "yellow")
        return
    differed = f"{counted(report['changed'], 'contact')} differed and had to be mended"
    found = differed if report["changed"] else "all facts were right"
    say(f"{counted(report['contacts'], 'contact')} counted again: {found}.", "green")
    for decision in report.get("differing_decisions", []):
        say(f"  would decide now: {decision['kind']} {decision['name']} → {decision['to']}", "yellow")
    if report["differing"] and "differing_decisions" not in report:
        say(f"  {counted(report['differing'], 'decision')} would be different now; none was made.", "yellow")
    if report.get("aside"):
        say(f"  {report['aside']} could not be counted and were set aside: see the aside queue.", "red")


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


def _open_refolds() -> list[Job]:
    return [job for job in jobs.listed() if job.kind == "refold" and job.finished is None]


def _everybody(resume: bool, quiet: bool) -> dict[str, Any]:
    now = clock.now_ms()
    if resume:
        unfinished = _open_refolds()
        if not unfinished:
            raise ValueError("no refold is under way or stopped: begin one with `samovar refold --all`")
        job_id = unfinished[0].id
        jobs.resume(job_id)
    else:
        job_id = digest("job", "refold", str(now), str(time.monotonic_ns()))
        jobs.create(Job(job_id, "refold", now), in_list=True)
    (seen,) = follow([job_id], "counting again", quiet=quiet)
    counted = {name: seen.notes.get(name, 0) for name in ("contacts", "changed", "differing", "aside")}
    return {"job": job_id, "finished": seen.finished is not None, **counted}


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
