"""retry: letting those go on whom a mistake kept in a journey."""

import getpass
from collections.abc import Sequence

import click

from authoring.commands.progress import follow
from authoring.commands.shared import App, emit, explained, json_option, must_ask, say
from functions import clock, releases
from functions.core.release import Release
from functions.core.setback import in_words
from functions.core.tree import walk
from functions.tables import setbacks
from functions.tables.setbacks import Setback
from functions.work import deciding
from functions.work.deciding import Decision


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
        live = releases.live().release
        journey, step = _checked(live, journey, step, setbacks.listed())
        kept = [one for one in setbacks.listed() if one.journey == journey and step in ("", one.step)]
        if must_ask(yes, as_json):
            for one in kept:
                say(f"  {told(one, live)}")
            if not kept:
                say("No mistake is noted there; messages of it that a mistake withheld are looked for all the same.")
            click.confirm("Let them go on?", abort=True)
        job = deciding.retry(journey, step, Decision(getpass.getuser(), clock.now_ms(), why))
        (done,) = follow([job.id], "letting them go on", quiet=as_json)
    if as_json:
        emit({"job": done.id, "finished": done.finished is not None, "notes": dict(done.notes)})
        return
    runs, sent = done.notes.get("corrected", 0), done.notes.get("messages", 0)
    tried = "1 message is" if sent == 1 else f"{sent:,} messages are"
    say(f"{runs:,} {'run goes' if runs == 1 else 'runs go'} on; {tried} tried again.", "green")
    if done.notes.get("aside"):
        say(f"{done.notes['aside']} were set aside: see the aside queue.", "red")
    if done.finished is None:
        say("It goes on by itself: `samovar jobs` shows how far.", "yellow")


def _checked(live: Release, journey: str, step: str, noted: Sequence[Setback]) -> tuple[str, str]:
    """The ids under which a journey and a step ("" for all) are stored. Raises ValueError where there are none."""
    id = live.first_name("journey", journey)
    inside = f"journey {id}"
    if id not in live.every_journey and all(one.journey != id for one in noted):
        known = ", ".join(sorted(live.present_name("journey", one) for one in live.journeys)) or "none is defined"
        raise ValueError(f'there is no journey "{journey}": {known}')
    at = live.first_name("step", step, inside) if step else ""
    held = live.every_journey.get(id)
    steps = {one.id for one in walk(held.steps)} if held else set()
    if at and at not in steps | {one.step for one in noted if one.journey == id}:
        known = ", ".join(sorted(live.present_name("step", one, inside) for one in steps))
        raise ValueError(f'the journey "{journey}" has no step "{step}": {known}')
    return id, at


def told(one: Setback, live: Release) -> str:
    """A mistake and where it keeps people, in words."""
    step = live.present_name("step", one.step, f"journey {one.journey}")
    where = f'at step "{step}"' if one.step else "before its first step"
    return f'"{live.present_name("journey", one.journey)}" {where}: {in_words(one.code)} ({one.code})'
