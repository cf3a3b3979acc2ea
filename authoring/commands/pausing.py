"""pause, resume, paused: the big switch."""

import getpass
from typing import Any

import click

from authoring.commands.local import Span
from authoring.commands.shared import App, business_zone, emit, explained, json_option, say
from authoring.when import told
from functions import clock
from functions.core import reputation
from functions.core.pauses import EVERYTHING, MARKETING, Pause
from functions.core.views import iso
from functions.tables import audit, pauses
from functions.tables import reputation as books
from functions.tables.audit import Noted

_WHAT = click.Choice([MARKETING, EVERYTHING])
_LONGEST_WHY = 300


@click.command()
@click.argument("what", type=_WHAT, default=MARKETING)
@click.option("--why", required=True, help="Kept, and shown to whoever wonders why nothing goes out.")
@click.option("--for", "span", type=Span(), metavar="SPAN", help="End by itself after 2h, 3d: without, a person does.")
@json_option
@click.pass_obj
def pause(app: App, what: str, why: str, span: int | None, as_json: bool) -> None:
    """Stop sending: what is on its way waits.

    "marketing" lets through what people are owed, such as orders; "everything" stops that too. Nothing is lost:
    messages go on after `samovar resume`, unless their own time is over by then.
    """
    with explained(as_json):
        why = why.strip()[:_LONGEST_WHY]
        if not why:
            raise ValueError("say why: whoever wonders why nothing goes out will read it")
        app.connect()
        now, who = clock.now_ms(), getpass.getuser()
        begun = pauses.hold(what, Pause(now, why, who, None if span is None else now + span * 1000))
        if begun:
            audit.note(Noted("pause", what, now, by=who, why=why))
        standing = pauses.get().standing(what, now)
    if as_json:
        emit({"paused": begun, **(_plain(what, standing) if standing else {})})
    elif begun:
        say(f"{what.capitalize()} is paused: what is on its way waits. To let it go on:", "yellow")
        say(f"  samovar resume {what}")
    elif standing:
        say(f"It was paused already. {told(what, standing, business_zone())}")


@click.command()
@click.argument("what", type=_WHAT, default=MARKETING)
@click.option("--why", default="", help="Kept with who resumed it, and when.")
@json_option
@click.pass_obj
def resume(app: App, what: str, why: str, as_json: bool) -> None:
    """Let messages go on that were paused.

    Where Samovar itself had paused them for too many bounces or complaints, what was counted until now is not held
    against you again: only what comes of mail sent from now on.
    """
    with explained(as_json):
        app.connect()
        now, who = clock.now_ms(), getpass.getuser()
        counted = books.totals(reputation.window(now)) if what == MARKETING else None
        ended = pauses.release(what, counted)
        if ended:
            audit.note(Noted("resume", what, now, by=who, why=why.strip()[:_LONGEST_WHY]))
        held = pauses.get()
        left = {name: pause for name in sorted(held.held) if (pause := held.standing(name, now))}
    if as_json:
        emit({"resumed": ended, "still_paused": [_plain(name, pause) for name, pause in left.items()]})
        return
    say(
        f"{what.capitalize()} goes on, within ten minutes." if ended else f"{what.capitalize()} was not paused.",
        "green",
    )
    for name, pause in left.items():
        say(f"Still paused: {told(name, pause, business_zone())}", "yellow")


@click.command()
@json_option
@click.pass_obj
def paused(app: App, as_json: bool) -> None:
    """What is paused now, since when, by whom and why."""
    with explained(as_json):
        app.connect()
        now, found = clock.now_ms(), pauses.get()
        held = {name: pause for name in sorted(found.held) if (pause := found.standing(name, now))}
    if as_json:
        emit([_plain(name, pause) for name, pause in held.items()])
        return
    for name, pause in held.items():
        say(told(name, pause, business_zone()), "yellow")
    if not held:
        say("Nothing is paused.", "green")


def _plain(name: str, pause: Pause) -> dict[str, Any]:
    until = None if pause.until is None else iso(pause.until)
    return {"what": name, "since": iso(pause.since), "by": pause.by, "why": pause.why, "until": until}
