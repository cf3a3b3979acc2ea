"""start: a journey for one person, by hand."""

import getpass

import click

from authoring import starting
from authoring.commands.shared import App, emit, explained, json_option, say
from functions.people import whom


@click.command()
@click.argument("journey")
@click.argument("who")
@json_option
@click.pass_obj
def start(app: App, journey: str, who: str, as_json: bool) -> None:
    """Start a journey for somebody.

    JOURNEY starts on request: `start: {when: {requested: true}}`. WHO as in `samovar contact`. Its own rules
    (again, only_if, ends) say whether they enter; look a moment later with `samovar contact`.
    """
    with explained(as_json):
        app.connect()
        contact = whom.of(who)
        event = starting.ask(journey, contact, getpass.getuser())
    if as_json:
        emit({"journey": journey, "contact": contact.id, "event": event.ref})
        return
    say(f"Asked for {journey}: it starts in a moment, unless its own rules say no.", "green")
