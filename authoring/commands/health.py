"""doctor: what stands between this deployment and sending."""

import os
from typing import Any

import click

from authoring import doctor as examination
from authoring.commands.shared import App, emit, explained, json_option, say
from authoring.doctor import Check
from functions import releases
from functions.aws.session import client

_MARKS = {"ok": ("✓", "green"), "do": ("✗", "red"), "unknown": ("?", "yellow")}


@click.command()
@json_option
@click.pass_obj
def doctor(app: App, as_json: bool) -> None:
    """What stands between you and sending.

    Each thing with what to do. Exits 1 while there is something.
    """
    with explained(as_json):
        where = app.connect()
        checks = examination.examine(str(client("sesv2").meta.region_name))
        about: dict[str, Any] = {
            "stack": where.name,
            "api_url": os.environ.get("PUBLIC_URL", ""),
            "write_keys": list(_write_keys()),
        }
    if as_json:
        emit({**about, "ready": _ready(checks), "checks": [check.as_json() for check in checks]})
    else:
        if where.local:
            say("This is the local stack: no mail leaves this machine, and none of this is needed here.", "yellow")
        say(f"{about['stack']}  {about['api_url']}  write key {', '.join(about['write_keys']) or 'not made yet'}\n")
        for check in checks:
            _show(check)
        say("Ready to send." if _ready(checks) else "Not ready to send yet.", "bold")
    raise SystemExit(0 if _ready(checks) else 1)


def _ready(checks: list[Check]) -> bool:
    return all(check.state != "do" for check in checks)


def _write_keys() -> tuple[str, ...]:
    try:
        return releases.keyring().write_keys
    except releases.NothingLive:
        return ()


def _show(check: Check) -> None:
    mark, style = _MARKS[check.state]
    say(f"{mark} {check.name}: {check.found}", style)
    if check.what_to_do:
        say(f"  {check.what_to_do}")
    if check.state != "ok":
        for record in check.records:
            say(f"    {record.name}  {record.type}  {record.value}", "cyan")
    if check.text:
        say(f"    {check.text}", "italic")
