"""retry: letting those go on whom a mistake kept in a journey."""

import getpass

import click

from authoring.commands.progress import follow
from authoring.commands.shared import App, emit, explained, json_option, must_ask, say
from functions import clock
from functions.core.ids import digest
from functions.core.setback import in_words
from functions.tables import audit, setbacks
from functions.tables.audit import Noted
from functions.tables.setbacks import Setback
from functions.work import retry as letting

_LONGEST_WHY = 300


@click.command()
@click.argument("journey")
@click.option("--step", default="", metavar="STEP", help="Only those whom this step keeps.")
@click.option("--why", required=True, help="Kept with who did it, and when.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@json_option
@click.pass_obj
def retry(app: App, journey: str, step: str, why: str, yes: bool, as_json: bool) -> None:
    """Let those go on whom a mistake keeps in a JOURNEY, once it is mended.

    Each goes on where they stand, by the rules they have: where these were wrong, `samovar migrate` them first.
    Messages that could not be made are made from the live release's templates, and sent once.
    """
    with explained(as_json):
        app.connect()
        kept = [one for one in setbacks.listed() if one.journey == journey and step in ("", one.step)]
        if must_ask(yes, as_json):
            for one in kept:
                say(f"  {told(one)}")
            if not kept:
                say("No mistake is noted there; messages of it that a mistake withheld are looked for all the same.")
            click.confirm("Let them go on?", abort=True)
        now = clock.now_ms()
        job = letting.retry(digest("retry", journey, step, str(now)), journey, step, now)
        subject = f"{journey}/{step}" if step else journey
        audit.note(Noted("retry", subject, now, job=job.id, by=getpass.getuser(), why=why.strip()[:_LONGEST_WHY]))
        (done,) = follow([job.id], "letting them go on", quiet=as_json)
    if as_json:
        emit({"job": done.id, "finished": done.finished is not None, "notes": dict(done.notes)})
        return
    runs, sent = done.notes.get("corrected", 0), done.notes.get("messages", 0)
    say(f"{runs:,} {'run goes' if runs == 1 else 'runs go'} on; {sent:,} messages are tried again.", "green")
    if done.notes.get("aside"):
        say(f"{done.notes['aside']} were set aside: see the aside queue.", "red")
    if done.finished is None:
        say("It goes on by itself: `samovar jobs` shows how far.", "yellow")


def told(one: Setback) -> str:
    """A mistake and where it keeps people, in words."""
    where = f'at step "{one.step}"' if one.step else "before its first step"
    return f'"{one.journey}" {where}: {in_words(one.code)} ({one.code})'
