"""jobs and backfill: what goes on over everybody, and bringing everybody to the live release."""

from collections import Counter
from typing import Any

import click
from rich.table import Table

from authoring import called
from authoring.commands.progress import contacts_of, follow
from authoring.commands.shared import App, business_zone, console, counted, emit, explained, json_option, say
from authoring.published import NothingLive
from authoring.when import minute
from functions import clock, settings
from functions.aws import dynamodb
from functions.core.release import Release
from functions.core.views import iso
from functions.tables import releases
from functions.work import backfills, jobs
from functions.work.jobs import Job


@click.command("jobs")
@json_option
@click.pass_obj
def list_jobs(app: App, as_json: bool) -> None:
    """Long jobs over everybody of the last 90 days, newest first."""
    with explained(as_json):
        app.connect()
        release = called.live()
        found, total, zone = jobs.listed(), dynamodb.size_of(settings.contacts_table())[0], business_zone()
    if as_json:
        emit({"jobs": [_plain(job) for job in found]})
        return
    table = Table("job", "kind", "state", "contacts", "what came of it", f"started ({zone})", box=None)
    table.columns[0].max_width, table.columns[0].no_wrap, table.columns[-1].no_wrap = 12, True, True
    for job in found:
        told = ", ".join(f"{job.notes[name]:,} {words}" for name, words in _NOTES.items() if job.notes.get(name))
        table.add_row(
            job.id,
            _kind(job, release),
            _state(job, total),
            f"{contacts_of([job]):,}",
            told,
            minute(job.started, zone),
        )
    console().print(table)


_NOTES = {
    "rebuilt": "counted again",
    "changed": "mended",
    "decisions": "lines crossed",
    "started": "started",
    "differing": "would be decided otherwise",
    "already": "there before",
    "corrected": "runs corrected",
    "messages": "messages tried again",
    "unfit": "that could not be",
    "aside": "set aside",
}
"""What jobs note, as people read it; --json has all."""


def _kind(job: Job, release: Release | None) -> str:
    """What sort of job it is, and of which journey."""
    journey, step = (next(iter(job.about.get(name, ())), "") for name in ("journey", "step"))
    return f"{job.kind} {called.place(release, journey, step)}" if journey else job.kind


def _state(job: Job, total: int) -> str:
    if job.finished is not None:
        return "superseded" if job.notes.get("superseded") else "finished"
    if job.stopped is not None:
        return "stopped"
    share = job.done * job.lanes * 100 // total if total else 0
    return f"about {min(99, share)} %" if share else "under way"


def _plain(job: Job) -> dict[str, Any]:
    return {
        "job": job.id,
        "kind": job.kind,
        "started": iso(job.started),
        "finished": iso(job.finished) if job.finished else None,
        "stopped": iso(job.stopped) if job.stopped else None,
        "rows": job.done,
        "notes": dict(job.notes),
    }


@click.command()
@click.option("--stop", is_flag=True, help="Stop it; --resume goes on where it was.")
@click.option("--resume", is_flag=True, help="Go on where it stopped, for whatever reason.")
@json_option
@click.pass_obj
def backfill(app: App, stop: bool, resume: bool, as_json: bool) -> None:
    """How far everybody has been brought to the live release.

    Publishing begins it wherever people may stand elsewhere by the new rules; it goes on by itself if the
    terminal is closed. Whoever is touched by an event meanwhile is brought at once.
    """
    if stop and resume:
        raise click.UsageError("say either --stop or --resume")
    with explained(as_json):
        app.connect()
        pointer = releases.live()
        if pointer is None:
            raise NothingLive("no release is live: publish one with `samovar publish`")
        ids = [job_id for job_id in backfills.job_ids(pointer.seq) if jobs.get(job_id) is not None]
        if not ids:
            emit({"move": pointer.seq, "jobs": []}) if as_json else say(
                "The live release needs none: nobody stands elsewhere by it than by the one before.", "green"
            )
            return
        for job_id in ids:
            if stop:
                jobs.stop(job_id, clock.now_ms())
            elif resume:
                jobs.resume(job_id)
        seen = follow(ids, "bringing everybody", quiet=as_json)
    notes = sum((Counter(job.notes) for job in seen), Counter[str]())
    if as_json:
        emit({"move": pointer.seq, "finished": all(job.finished for job in seen), "notes": dict(notes)})
        return
    if not all(job.finished for job in seen):
        say("It is stopped: `samovar backfill --resume` goes on.", "yellow")
        return
    verb = "is" if notes["contacts"] == 1 else "are"
    made = f"{counted(notes['decisions'], 'line')} crossed" if notes["decisions"] else "nobody crossed a line by it"
    there = f"{counted(notes['contacts'], 'contact')} {verb} at the live release"
    say(f"{there}: {notes['rebuilt']:,} counted again, {made}.", "green")
    if notes["already"]:
        say(f"{notes['already']:,} of them had come there before, by something that happened to them.")
    if notes["aside"]:
        say(f"{notes['aside']} could not be brought and were set aside: see the aside queue.", "red")
