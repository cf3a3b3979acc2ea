"""webhooks: the secrets that sign them, and receivers that are gone."""

import click

from authoring.commands.shared import App, business_zone, emit, explained, json_option, say
from authoring.when import minute
from functions import releases
from functions.aws.dynamodb import ConditionFailed
from functions.core.views import iso
from functions.publish import keyring
from functions.tables import hooks

_WITHIN = f"within {releases.KEYS_FOR_S} seconds"


@click.group()
def webhooks() -> None:
    """Webhooks: the secrets that sign them, and receivers that are gone."""


@webhooks.command()
@click.argument("name", default="default")
@click.option("--rotate", is_flag=True, help="Make a new one that signs beside the old one.")
@click.option("--retire", is_flag=True, help="Let the old one sign no more.")
@json_option
@click.pass_obj
def secret(app: App, name: str, rotate: bool, retire: bool, as_json: bool) -> None:
    """Show the secret called NAME, or make it.

    A webhook names it as `secret:` in its file; its receiver is given it once. To replace it: --rotate, give
    the receiver the new one, and then --retire. Both sign meanwhile.
    """
    with explained(as_json):
        if rotate and retire:
            raise ValueError("rotate first; retire the old secret once the receiver has the new one")
        app.connect()
        held = releases.keyring().webhooks.get(name, ())
        try:
            if retire:
                keyring.retire(name)
                shown = held[:1]
            elif rotate or not held:
                shown = (keyring.make_secret(name, replace=rotate), *held[:1])
            else:
                shown = held
        except ConditionFailed:
            raise ValueError("somebody else changed the keys at this moment: try again") from None
    if as_json:
        emit({"name": name, "secrets": list(shown)})
        return
    for one in shown:
        say(one, "bold")
    if shown != held:
        say(f"It holds {_WITHIN}.")


@webhooks.command()
@json_option
@click.pass_obj
def gone(app: App, as_json: bool) -> None:
    """Webhooks whose receivers answered that they are gone (410): nothing is asked of them, their messages wait."""
    with explained(as_json):
        app.connect()
        found, zone = hooks.listed(), business_zone()
    if as_json:
        emit([{"webhook": name, "since": iso(one.at)} for name, one in found.items()])
        return
    for name, one in found.items():
        say(f"{name}: since {minute(one.at, zone)} ({zone})")
    if not found:
        say("Every receiver is there.")


@webhooks.command()
@click.argument("webhook")
@json_option
@click.pass_obj
def resume(app: App, webhook: str, as_json: bool) -> None:
    """Let the receiver of WEBHOOK be asked again: what waits for it goes out within the hour."""
    with explained(as_json):
        app.connect()
        resumed = hooks.back(webhook)
    if as_json:
        emit({"webhook": webhook, "resumed": resumed})
    elif resumed:
        say(f"{webhook} is asked again: what waits for it goes out within the hour.", "green")
    else:
        say(f"The receiver of {webhook} was not gone: see samovar webhooks gone.")
