"""forget, readmit, export-person, consent, registry-export and privacy: what a person may ask for, and the law."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from authoring import export, iys
from authoring.commands.shared import App, emit, explained, json_option, must_ask, say
from authoring.search import search
from authoring.when import localised
from functions import clock, releases
from functions.core.catalogue import WORDS, lines, spoken
from functions.core.erasure import STAGE_NAMES
from functions.core.ids import digest
from functions.core.privacy import Privacy
from functions.core.views import iso
from functions.people import erasing, whom
from functions.people import everything as person
from functions.people.whom import Found, UnknownPerson
from functions.tables import audit, contacts, tombstones
from functions.tables.audit import Noted
from functions.work import jobs
from functions.work.jobs import Job

_LOOK_EVERY_S = 0.5

AGES_OUT = {
    "backups of the tables (point-in-time recovery)": "35 days",
    "logs of the functions (opaque ids only)": "30 days",
    "records of waits in Step Functions (opaque ids only)": "90 days after a wait's end",
    "queues (opaque ids; reports of SES and SNS are consumed within seconds)": "14 days at most",
    "the mailbox of whoever was written to, and SES's own suppression list": "not ours to erase",
}
"""What an erasure can't reach, and when it goes by itself."""


@click.command("forget")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only list what would go.")
@json_option
@click.pass_obj
def forget(app: App, name: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Erase a person everywhere, and prove it.

    NAME is an address, a phone number, an account, a browser's id or a contact's id. Hashes stay, so that
    nothing of them is stored again; whoever signs up anew later begins anew.
    """
    with explained(as_json):
        app.connect()
        found = whom.find(name)
        holding = _holding(found)
        if dry_run:
            _tell_holding(name, holding, as_json)
            return
        if must_ask(yes, as_json):
            _tell_holding(name, holding, as_json=False)
            click.confirm("Erase this person? It can't be undone", abort=True)
        words = _words(name, found)
        job = erasing.begin(found, clock.now_ms())
        about = _run(job, quiet=as_json)
        with _bar(as_json) as bar:
            task = bar.add_task("searching", total=None)
            result = search(
                words,
                about.get("refs", [found.ref]),
                about.get("contacts", []),
                lambda place, done: bar.update(task, description=f"searching {place}", completed=done),
            )
    done = jobs.get(job.id)
    notes = dict(done.notes) if done else {}
    if as_json:
        emit({"job": job.id, "erased": notes, **result.as_json(), "ages_out": AGES_OUT})
    else:
        _tell_result(notes, result.as_json())
    if result.found:
        raise SystemExit(1)


def _holding(found: Found) -> dict[str, Any]:
    if found.contact is None:
        return {"erased before": iso(found.erased) if found.erased else None}
    known = person.everything(found.contact)
    return {
        "contact": found.contact,
        "identities": len(known["identities"]),
        "traits": len(known["traits"]),
        "events": known["events"],
        "messages": len(known["messages"]),
        "decisions": len(known["decisions"]),
        "journeys": len(known["enrollments"]),
        "running journeys": sum(run["state"] == "active" for run in known["enrollments"]),
        "segments": len(known["segments"]),
        "consent entries": len(known["consent"]),
    }


def _tell_holding(name: str, holding: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit({"name": name, "would_erase": holding})
        return
    say(f"{name} is kept as:", "bold")
    for what, count in holding.items():
        say(f"  {what}: {count}")


def _words(name: str, found: Found) -> list[str]:
    """How the person is spelled, for the search: read before the erasure, kept in this process only."""
    words = [name.strip()]
    if found.contact is not None:
        profile = contacts.load([found.contact])[found.contact].profile
        words += [str(profile.trait(trait)) for trait in ("email", "phone") if profile.trait(trait)]
    return list(dict.fromkeys(words))


def _run(job: Job, *, quiet: bool) -> dict[str, list[str]]:
    """Let the job come to its end; all the identities and contacts that it found."""
    about: dict[str, list[str]] = {}
    with _bar(quiet) as bar:
        task = bar.add_task("erasing", total=len(STAGE_NAMES))
        while (seen := jobs.get(job.id)) is not None and seen.finished is None:
            about = {name: list(ids) for name, ids in seen.about.items()} or about
            stage = int(seen.start[0]) if seen.start else 0
            bar.update(task, description=STAGE_NAMES[stage], completed=stage)
            time.sleep(_LOOK_EVERY_S)
        bar.update(task, description="erased", completed=len(STAGE_NAMES))
    return about


def _bar(quiet: bool) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}"))
    return Progress(*columns, TimeElapsedColumn(), disable=quiet)


def _tell_result(notes: dict[str, int], proof: dict[str, Any]) -> None:
    gone = ", ".join(f"{count} {what}" for what, count in notes.items() if count and not what.startswith("searched"))
    say(f"Erased: {gone or 'nothing was left to erase'}.", "green")
    looked = ", ".join(f"{count} {place}" for place, count in proof["searched"].items())
    say(f"Searched afterwards: {looked}.")
    for place in proof["found"]:
        say(f"  found in {place}", "red")
    if not proof["found"]:
        say(
            f"Found nothing but {proof['hashes_left_on_purpose']} hashes that keep them from being stored again.",
            "green",
        )
    say("What goes by itself, and when:", "bold")
    for what, when in AGES_OUT.items():
        say(f"  {what}: {when}")


@click.command("readmit")
@click.argument("name")
@json_option
@click.pass_obj
def readmit(app: App, name: str, as_json: bool) -> None:
    """Let an erased person be stored again, from now on.

    For whoever comes back by another way than one of your forms. Nothing of before returns.
    """
    with explained(as_json):
        app.connect()
        found = whom.find(name)
        if found.erased is None:
            raise UnknownPerson(f'"{name}" was not erased')
        now = clock.now_ms()
        contact = tombstones.reopen([found.ref], digest("contact", found.ref, str(now)), now, {found.ref: found.erased})
        audit.note(Noted("readmit", found.ref, now))
    if as_json:
        emit({"contact": contact, "since": iso(now)})
    else:
        say(f"{name} may be stored again, as contact {contact}. Consent begins anew.", "green")


@click.command("export-person")
@click.argument("name")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="The folder to write into."
)
@json_option
@click.pass_obj
def export_person(app: App, name: str, out: Path, as_json: bool) -> None:
    """Everything that is kept of a person, as JSON and as a page.

    NAME is an address, a phone number, an account, a browser's id or a contact's id.
    """
    with explained(as_json):
        app.connect()
        found = person.everything(name)
        audit.note(Noted("export", whom.find(name).ref, clock.now_ms()))
        files = [str(path) for path in export.write(found, out)]
    if as_json:
        emit({"files": files, "events": found["events"]})
    else:
        say("Wrote " + " and ".join(files) + ": hand them to nobody but the person.", "green")


@click.command("consent")
@click.argument("name")
@json_option
@click.pass_obj
def consent(app: App, name: str, as_json: bool) -> None:
    """The proof of what a person agreed to, and withdrew.

    Each grant with its exact wording, form, page, release, its own time and that of its arrival. Times are the
    business's own; with --json they are UTC.
    """
    with explained(as_json):
        app.connect()
        found = whom.find(name)
        entries = person.consents(whom.reached(found))
        zone = releases.live().release.sending.business.time_zone
        audit.note(Noted("consent", found.ref, clock.now_ms()))
    if as_json:
        emit({"entries": entries})
        return
    for one in localised(entries, zone):
        topic = "everything" if one["topic"] == "*" else one["topic"]
        by = person.BY.get(one["channel"], f"by {one['channel']}")
        say(f"{one['counts_from']}  {one['kind']} of {topic} {by}", "bold")
        if one["wording"]:
            say(f"  “{one['wording']}”")
        where = ", ".join(said.format(one[part]) for part, said in _WHERE.items() if one[part])
        say(f"  {where}; said {one['said']}, arrived {one['arrived']}")
    if found.erased is not None:
        say(whom.erasure(name, found.erased) + "; what was agreed to before went with it")
    elif not entries:
        say("Nothing was ever agreed to, or withdrawn.")


_WHERE = {"source": "by {}", "page": "on {}", "release": "release {}"}
"""Where an agreement was given, as it is said in a line."""


@click.command("registry-export")
@click.option("--registry", type=click.Choice(["iys"]), required=True, help="Turkey's İleti Yönetim Sistemi.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    default="1970-01-01",
    help="Changes from this day on, as it is in Turkey.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("iys.csv"), show_default=True)
@json_option
@click.pass_obj
def registry_export(app: App, registry: str, since: datetime, out: Path, as_json: bool) -> None:
    """Consents and withdrawals as a national register takes them."""
    with explained(as_json):
        app.connect()
        release = releases.live().release
        topics = [topic.id for topic in release.sending.topics if not topic.transactional]
        found = iys.report(topics, int(since.replace(tzinfo=iys.ISTANBUL).timestamp() * 1000))
        out.touch(mode=0o600)
        out.write_text(iys.as_csv(found.changes, release.privacy.iys), encoding="utf-8", newline="")
        audit.note(Noted("registry", "", clock.now_ms()))
    if as_json:
        emit({"registry": registry, "file": str(out), "changes": len(found.changes), "nameless": found.nameless})
        return
    say(f"Wrote {len(found.changes)} changes to {out}.", "green")
    if found.nameless:
        say(f"{found.nameless} more belong to people who were erased: only a hash is kept, which no register knows.")


@click.command("privacy")
@json_option
@click.pass_obj
def privacy(app: App, as_json: bool) -> None:
    """What is kept of people, why and how long: the page at /privacy."""
    with explained(as_json):
        app.connect()
        release = releases.live().release
    language = spoken(release.sending.business.language)
    shown = lines(release, language)
    rules: Privacy = release.privacy
    if as_json:
        kept = [{"what": one.title, "why": one.why, "until": one.until} for one in shown]
        emit({"kept": kept, "shared_with": [one.model_dump() for one in rules.shared_with], "ages_out": AGES_OUT})
        return
    words = WORDS[language]
    say(words["title"], "bold")
    for one in shown:
        say(f"\n{one.title}", "bold")
        say(f"  {one.why}.")
        say(f"  {words['until']}: {one.until}.")
    say(f"\n{words['shared']}", "bold")
    say("  " + "; ".join([words["aws"], *(f"{one.name}: {one.why}" for one in rules.shared_with)]))
