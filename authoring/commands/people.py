"""contact, refold and verdict: one person, everybody, one event."""

import time
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from authoring import dossier, whom
from authoring.commands.progress import follow
from authoring.commands.shared import App, console, emit, explained, json_option, say
from functions import clock
from functions.core.ids import digest
from functions.core.verdicts import BY_HAND
from functions.core.views import iso
from functions.work import jobs
from functions.work.jobs import Job
from functions.work.refold import refold_one

_IDS = ("message", "provider_id", "sent", "processingTimeMillis")


@click.command()
@click.argument("who")
@click.option("--limit", default=50, show_default=True, help="How many of the newest events to show.")
@click.option("--refs", is_flag=True, help="Name each event as `samovar verdict` takes it.")
@json_option
@click.pass_obj
def contact(app: App, who: str, limit: int, refs: bool, as_json: bool) -> None:
    """One person: score, timeline, messages, and why.

    WHO is the person's address, user id, phone, anonymousId or contact id. Also shows decisions with their
    causes, journeys and consent. Times are UTC.
    """
    with explained(as_json):
        app.connect()
        found = dossier.dossier(who, limit=limit)
    if as_json:
        emit(found)
    else:
        _show(found, refs)


def _show(found: dict[str, Any], refs: bool) -> None:
    say(f"{found['email'] or 'no address'}  ·  contact {found['contact']}", "bold")
    say(f"Known by: {', '.join(found['known_by'])}")
    scores = ", ".join(f"{name} {value}" for name, value in found["scores"].items()) or "none"
    say(f"Scores: {scores}  ·  {found['temperature']}")
    say(f"Tags: {', '.join(found['tags']) or 'none'}  ·  Segments: {', '.join(found['segments']) or 'none'}")
    for which, touch in found["attribution"].items():
        if touch:
            said = ", ".join(f"{name} {value}" for name, value in touch.items() if name != "at")
            say(f"{which.capitalize()} touch: {_short(touch['at'])}  {said}")
    topics = found["topics"]["topics"].items()
    say("Topics: " + (", ".join(f"{name} {_agreed(topic)}" for name, topic in topics) or "none"))
    for reason, at in found["topics"]["suppressed"].items():
        say(f"Suppressed: {reason} since {_short(at)}", "red")
    _table("Messages", ("created", "template", "step", "state", "why"), found["messages"])
    for run in found["enrollments"]:
        waiting = (
            f", waits at {run['waiting']['step']} until {_short(run['waiting']['until'])}" if run["waiting"] else ""
        )
        say(f"\nJourney {run['journey']}: {run['state']}, entered {_short(run['entered'])}{waiting}", "bold")
        for step in run["path"]:
            # Whether it went out is the message's story, told above.
            outcome = "message made" if step["outcome"] == "sent" else step["outcome"]
            say(f"  {_short(step['at'])}  {step['step']}: {outcome}")
    _table("Decisions", ("at", "kind", "name", "from", "to"), found["decisions"])
    told = [
        {**event, "who": _who(event), "properties": _telling(event.get("properties", {}))}
        for event in found["timeline"]
    ]
    apart = "".join(f", {found[key]} {said}" for key, said in _APART.items() if found[key])
    title = f"Events ({found['events']} of people{apart}, newest first; times are UTC)"
    if refs:
        _named(title, told)
    else:
        _table(title, ("at", "who", "name", "properties"), told)


def _named(title: str, told: list[dict[str, Any]]) -> None:
    """Each event with its name in a line of its own, where it can be copied whole."""
    say(f"\n{title}", "bold")
    for event in told:
        say("  ".join(cell for column in ("at", "who", "name", "properties") if (cell := _cell(event[column]))))
        say(f"  {event['ref']}", "dim")


_APART = {"events_of_bots": "of bots", "events_waiting": "not ruled yet"}


def _who(event: dict[str, Any]) -> str:
    """A machine, and by which rule; people go without saying."""
    if event["who"] == "person":
        return "person by hand" if event.get("rule") == BY_HAND else ""
    return f"{event['who']} ({event['rule']})" if event["rule"] else str(event["who"])


def _agreed(topic: dict[str, Any]) -> str:
    if topic["agreed"]:
        return f"yes, since {_short(topic['granted'])}"
    return f"no, withdrawn {_short(topic['withdrawn'])}" if topic["withdrawn"] else "no"


def _telling(properties: dict[str, Any]) -> dict[str, Any]:
    """What tells a person something: ids and empty values are in --json."""
    return {name: value for name, value in properties.items() if name not in _IDS and value not in ("", None, [], {})}


def _table(title: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    say(f"\n{title}", "bold")
    table = Table(*columns, box=None, padding=(0, 2, 0, 0), header_style="dim")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    console().print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(_cell(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_cell(part)}" for key, part in value.items())
    return _short(str(value))


def _short(text: str) -> str:
    """A moment to the second; any other text as it is."""
    is_moment = len(text) == 24 and text[10] == "T" and text.endswith("Z")
    return text[:19].replace("T", " ") if is_moment else text


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
    who = "1 contact" if report["contacts"] == 1 else f"{report['contacts']} contacts"
    found = f"{report['changed']} differed and are mended" if report["changed"] else "all facts were right"
    say(f"{who} counted again: {found}.", "green")
    for decision in report.get("differing_decisions", []):
        say(f"  would decide now: {decision['kind']} {decision['name']} → {decision['to']}", "yellow")
    if report["differing"] and "differing_decisions" not in report:
        say(f"  {report['differing']} decisions would be different now; none was made.", "yellow")
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
