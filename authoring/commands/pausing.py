"""pause, resume, paused: the big switch, and a journey's own."""

import getpass
from typing import Any

import click

from authoring.commands.local import Span
from authoring.commands.shared import App, business_zone, emit, explained, json_option, live_release, say
from authoring.when import told
from functions import clock, releases
from functions.core.pauses import EVERYTHING, MARKETING, Pause, of_journey
from functions.core.views import iso
from functions.tables import pauses
from functions.work import deciding
from functions.work.deciding import LONGEST_WHY, Decision

_WHAT = click.Choice([MARKETING, EVERYTHING])


@click.command()
@click.argument("what", type=_WHAT, default=MARKETING)
@click.option("--journey", metavar="ID", help="This journey instead: nobody moves in it, and nothing of it goes out.")
@click.option("--why", required=True, help="Kept, and shown to whoever wonders why nothing goes out.")
@click.option("--for", "span", type=Span(), metavar="SPAN", help="End by itself after 2h, 3d: without, a person does.")
@json_option
@click.pass_obj
def pause(app: App, what: str, journey: str | None, why: str, span: int | None, as_json: bool) -> None:
    """Stop sending, or stop a journey: what is on its way waits.

    "marketing" lets through what people are owed, such as orders; "everything" stops that too. Nothing is lost:
    messages go on after `samovar resume`, unless their own time is over by then.

    With --journey whoever is inside stays where they are, and whoever comes stands before its first step, until
    `samovar resume --journey ID`.
    """
    with explained(as_json):
        why = why.strip()[:LONGEST_WHY]
        if not why:
            raise ValueError("say why: whoever wonders why nothing goes out will read it")
        if journey and span is not None:
            raise ValueError("a journey is let go on by a person: leave --for out")
        app.connect()
        what, said = _named(what, journey)
        now, who = clock.now_ms(), getpass.getuser()
        begun = deciding.hold(what, Decision(who, now, why), until=None if span is None else now + span * 1000)
        standing = pauses.get().standing(what, now)
    if as_json:
        emit({"paused": begun, **(_plain(what, standing) if standing else {})})
    elif begun:
        say(f"{said} is paused: what is on its way waits. To let it go on:", "yellow")
        say(f"  samovar resume {f'--journey {journey}' if journey else what}")
    elif standing:
        say(f"It was paused already. {told(what, standing, business_zone(), live_release())}")


@click.command()
@click.argument("what", type=_WHAT, default=MARKETING)
@click.option("--journey", metavar="ID", help="This journey, which was paused.")
@click.option("--why", default="", help="Kept with who resumed it, and when.")
@json_option
@click.pass_obj
def resume(app: App, what: str, journey: str | None, why: str, as_json: bool) -> None:
    """Let messages, or a journey, go on that were paused.

    A journey goes on within some minutes: whoever stands before its first step enters it by the live rules, and
    whoever is due goes on, at most 25 people a second.

    Where Samovar itself had paused them for too many bounces or complaints, what was counted until now is not held
    against you again: only what comes of mail sent from now on.
    """
    with explained(as_json):
        app.connect()
        what, said = _named(what, journey)
        now, who = clock.now_ms(), getpass.getuser()
        ended = deciding.let_on(what, Decision(who, now, why))
        held = pauses.get()
        left = {name: pause for name in sorted(held.held) if name != what and (pause := held.standing(name, now))}
    if as_json:
        emit({"resumed": ended, "still_paused": [_plain(name, pause) for name, pause in left.items()]})
        return
    say(f"{said} goes on, in a few minutes." if ended else f"{said} was not paused.", "green")
    for name, pause in left.items():
        say(f"Still paused: {told(name, pause, business_zone(), live_release())}", "yellow")


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
        say(told(name, pause, business_zone(), live_release()), "yellow")
    if not held:
        say("Nothing is paused.", "green")


def _named(what: str, journey: str | None) -> tuple[str, str]:
    """The name of what is paused, and how it is said. Raises ValueError for a journey that is not there."""
    if not journey:
        return what, what.capitalize()
    live = releases.live().release
    id = live.first_name("journey", journey)
    if id not in live.every_journey and pauses.get().standing(of_journey(id), clock.now_ms()) is None:
        known = ", ".join(sorted(live.present_name("journey", one) for one in live.journeys)) or "none is defined"
        raise ValueError(f'there is no journey "{journey}": {known}')
    return of_journey(id), f"The journey {journey}"


def _plain(name: str, pause: Pause) -> dict[str, Any]:
    until = None if pause.until is None else iso(pause.until)
    return {"what": name, "since": iso(pause.since), "by": pause.by, "why": pause.why, "until": until}
