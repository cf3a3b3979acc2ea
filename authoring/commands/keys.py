"""keys: who may send events."""

from typing import Any

import click
from rich.table import Table
from rich.text import Text

from authoring.commands.shared import App, business_zone, emit, explained, json_option, must_ask, print_whole, say
from authoring.when import minute
from functions import clock, releases
from functions.aws.dynamodb import ConditionFailed
from functions.core import keys as write_keys
from functions.core.keys import PER_MINUTE, PUBLIC, WriteKey
from functions.core.views import iso
from functions.publish import keyring

_WITHIN = f"within {releases.KEYS_FOR_S} seconds"


@click.group()
def keys() -> None:
    """Write keys: who may send events.

    A public key is for pages and apps, where anybody can read it. A secret key is for your own servers:
    what it brings is taken as vouched for. Give each site and server its own, so that one can be revoked alone.
    """


@keys.command("list")
@json_option
@click.pass_obj
def list_keys(app: App, as_json: bool) -> None:
    """Every key of the deployment."""
    with explained(as_json):
        app.connect()
        held, zone = releases.keyring().keys, business_zone()
    if as_json:
        emit([_plain(key) for key in held])
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("name", "kind", "key", "origins", "events a minute", f"made ({zone})"):
        table.add_column(column, no_wrap=column == "key")
    for key in held:
        public = key.kind == PUBLIC
        rate = f"{key.per_minute:,}" if public else "no limit"
        shown = (key.held if public else "shown once, when it was made", ", ".join(key.origins) or "any")
        cells = (key.name, key.kind, shown[0], shown[1] if public else "no browser", rate, minute(key.at, zone)[:10])
        table.add_row(*(Text(cell) for cell in cells))
    print_whole(table)


@keys.command()
@click.argument("name")
@click.option("--secret", is_flag=True, help="A key for your servers: shown now and never again.")
@click.option("--origin", "origins", multiple=True, metavar="URL", help="Pages that may use it; may be repeated.")
@click.option("--per-minute", type=int, help=f"The most events in a minute ({PER_MINUTE:,} by default).")
@json_option
@click.pass_obj
def create(app: App, name: str, secret: bool, origins: tuple[str, ...], per_minute: int | None, as_json: bool) -> None:
    """Make a key called NAME.

    Public unless --secret. With --origin only pages of those origins may use it, such as
    --origin https://tea.example --origin https://*.tea.example; without, any page and any app may.
    """
    with explained(as_json):
        if secret and (origins or per_minute is not None):
            raise ValueError("a secret key is never sent by a page: it has neither origins nor a limit")
        app.connect()
        now, shown = clock.now_ms(), keyring.new_secret() if secret else keyring.new_public()
        rate = PER_MINUTE if per_minute is None else per_minute
        if secret:
            key = write_keys.secret_key(name, shown, releases.keyring().pepper, at=now)
        else:
            key = write_keys.public_key(name, shown, origins=origins, per_minute=rate, at=now)
        _once(lambda: keyring.add(key))
    if as_json:
        emit({**_plain(key), "key": shown})
        return
    say(shown, "bold")
    say(f"It is good {_WITHIN}." + (" Keep it now: it is not shown again." if secret else ""))


@keys.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def revoke(app: App, name: str, yes: bool, as_json: bool) -> None:
    """Refuse the key called NAME from now on.

    What it brought stays. A revoked key never comes back: pages and servers that send it need another.
    """
    with explained(as_json):
        app.connect()
        if must_ask(yes, as_json) and any(key.name == name for key in releases.keyring().keys):
            click.confirm(f'Whatever still sends the key "{name}" will be refused. Revoke it?', abort=True)
        key = _once(lambda: keyring.remove(name))
    if as_json:
        emit(_plain(key))
    else:
        say(f"{key.name} is refused {_WITHIN}.")


def _once(change: Any) -> Any:
    try:
        return change()
    except ConditionFailed:
        raise ValueError("somebody else changed the keys at this moment: try again") from None


def _plain(key: WriteKey) -> dict[str, Any]:
    """What may be shown of a key: of a secret one nothing is left to show."""
    plain = write_keys.to_plain(key)
    held = plain.pop("held")
    return {**plain, "key": held if key.kind == PUBLIC else None, "made": iso(plain.pop("at"))}
