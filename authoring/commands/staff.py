"""staff: who gets into the console, and as what."""

import getpass
from typing import Any

import click
from rich.table import Table

from authoring import staff as accounts
from authoring.commands.shared import App, console, emit, explained, json_option, say
from authoring.target import Unreachable
from functions import clock
from functions.aws.session import client
from functions.core.policy import mailbox
from functions.core.roles import Role
from functions.tables import audit
from functions.tables.audit import Kind, Noted

_STATES = {accounts.INVITED: "invited", "CONFIRMED": "signs in"}


@click.group()
def staff() -> None:
    """Who gets into the console, and as what."""


@staff.command("list")
@json_option
@click.pass_obj
def list_(app: App, as_json: bool) -> None:
    """Everybody who has an account, and their role."""
    with explained(as_json):
        found = accounts.listed(*_pool(app))
    if as_json:
        emit({"staff": [{"email": one.email, "role": one.role, "state": one.state} for one in found]})
        return
    table = Table("address", "role", "state", box=None)
    for one in found:
        table.add_row(one.email, one.role or "none: gets no further", _STATES.get(one.state, one.state.lower()))
    console().print(table)


@staff.command()
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@json_option
@click.pass_obj
def invite(app: App, email: str, role: str, as_json: bool) -> None:
    """Let EMAIL into the console as owner, marketer, sales or viewer; or give them that role, if they are in already.

    Whoever is new gets a mail with a password to be changed.
    """
    with explained(as_json):
        address = mailbox(email)
        if address is None:
            raise ValueError(f'"{email}" is no address that mail could be sent to')
        is_new = accounts.invite(*_pool(app), address, Role(role))
        _note("invite", address, role)
    if as_json:
        emit({"email": address, "role": role, "invited": is_new})
        return
    say(f"{address} is {'invited' if is_new else 'in'} as {role}.", "green")


@staff.command()
@click.argument("email")
@json_option
@click.pass_obj
def remove(app: App, email: str, as_json: bool) -> None:
    """Let EMAIL in no more, from now on."""
    with explained(as_json):
        try:
            accounts.remove(*_pool(app), email)
        except LookupError:
            raise ValueError(f"nobody on the staff has the address {email}: see `samovar staff list`") from None
        _note("remove", email)
    if as_json:
        emit({"removed": email})
        return
    say(f"{email} gets in no more.", "green")


def _note(kind: Kind, email: str, role: str = "") -> None:
    audit.note(Noted(kind, email, clock.now_ms(), by=getpass.getuser(), why=role))


def _pool(app: App) -> tuple[Any, str]:
    where = app.connect()
    if "StaffPool" not in where.outputs:
        raise Unreachable("this deployment was made before there was a console: deploy it anew")
    return client("cognito-idp"), where.outputs["StaffPool"]
