"""duplicates and merge: who may be one person twice, and making them one."""

from typing import Any

import click

from authoring.commands.shared import App, emit, explained, json_option, must_ask, say
from functions import clock
from functions.people import whom
from functions.people.pairs import Suspected, suspected
from functions.people.sameness import join

_WHY = {
    "plus-tag": "the address of one is the other's with a plus-tag",
    "conflict": "your own systems gave both the same identity",
}


@click.command()
@json_option
@click.pass_obj
def duplicates(app: App, as_json: bool) -> None:
    """Contacts that may be one person.

    Nothing is merged by itself: look at both with `samovar contact`, then use `samovar merge`.
    """
    with explained(as_json):
        app.connect()
        found = list(suspected())
    if as_json:
        emit({"duplicates": [_plain(pair) for pair in found]})
        return
    for pair in found:
        say(f"{pair.one.label}  and  {pair.other.label}", "bold")
        say(f"  {_WHY[pair.kind]}; join them with: samovar merge {pair.one.label} {pair.other.label}")
    say(f"{len(found)} pair{'' if len(found) == 1 else 's'}")


def _plain(pair: Suspected) -> dict[str, Any]:
    return {
        "kind": pair.kind,
        "contacts": [pair.one.id, pair.other.id],
        "known_as": [pair.one.label, pair.other.label],
        "since": pair.since,
    }


@click.command()
@click.argument("keep")
@click.argument("other")
@click.option("--yes", is_flag=True, help="Don't ask.")
@json_option
@click.pass_obj
def merge(app: App, keep: str, other: str, yes: bool, as_json: bool) -> None:
    """Make two contacts one person.

    KEEP and OTHER are each an address, user id, phone, anonymousId or contact id. Everything
    that OTHER did becomes KEEP's; its open journeys go on there. It can't be taken back.
    """
    with explained(as_json):
        app.connect()
        winner, loser = whom.of(keep), whom.of(other)
        if winner.id == loser.id:
            raise whom.UnknownPerson(f'"{keep}" and "{other}" are the same contact already')
        if must_ask(yes, as_json):
            click.confirm(f"Make {other} and {keep} one person? This can't be taken back.", abort=True, err=True)
        joined = join(loser.id, winner.id, clock.now_ms())
    if as_json:
        emit({"contact": joined, "merged": loser.id})
    else:
        say(f"{other} is now the same contact as {keep}: {joined}", "green")
