"""doctor: what stands between this deployment and sending, and how sending goes."""

import os
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from authoring import doctor as examination
from authoring.commands.shared import App, console, emit, explained, json_option, say
from authoring.doctor import Check, Figures
from functions import clock, releases
from functions.aws.session import client
from functions.core import reputation
from functions.core.reputation import PAUSE, WATCH, Counts

_MARKS = {"ok": ("✓", "green"), "watch": ("!", "yellow"), "do": ("✗", "red"), "unknown": ("?", "yellow")}
_WIDTH = 24
"""Columns of the longest bar."""
_NARROW = 3
_NUMBERS = 53
"""Columns that the numbers take beside it."""


@click.command()
@json_option
@click.pass_obj
def doctor(app: App, as_json: bool) -> None:
    """What stands between you and sending, and how sending goes.

    Each thing with what to do; the mail of the last days, and the domains where most came back. Exits 1 while
    something stands in the way.
    """
    with explained(as_json):
        where = app.connect()
        checks, figures = examination.examine(
            str(client("sesv2").meta.region_name),
            clock.now_ms(),
            configuration_set=where.outputs.get("ConfigurationSet", ""),
        )
        about: dict[str, Any] = {
            "stack": where.name,
            "api_url": os.environ.get("PUBLIC_URL", ""),
            "write_keys": list(_write_keys()),
        }
    if as_json:
        emit({**about, "ready": _ready(checks), "checks": [check.as_json() for check in checks], **figures.as_json()})
    else:
        if where.local:
            say("This is the local stack: no mail leaves this machine, and none of this is needed here.", "yellow")
        say(f"{about['stack']}  {about['api_url']}  write key {', '.join(about['write_keys']) or 'not made yet'}\n")
        for check in checks:
            _show(check)
        _draw(figures)
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


def _draw(figures: Figures) -> None:
    """The numbers, where they would rather be seen: a bar for each day, and domains worst first."""
    for title, rows in (("day (UTC)", figures.days), ("domain, last 7 days", figures.domains)):
        if not rows:
            continue
        most = max(counts.tried for _, counts in rows) or 1
        table = Table(box=None, padding=(0, 2, 0, 0))
        for column in (title, "mails", "", "bounced for good", "for now", "marked as spam", "late"):
            table.add_column(column, justify="left" if column in (title, "") else "right")
        # A domain is read whole; what is left of the line is the bar's.
        longest = max(len(name) for name, _ in rows)
        table.columns[0].no_wrap = True
        widest = max(_NARROW, min(_WIDTH, console().width - longest - _NUMBERS))
        for name, counts in rows:
            length = round(counts.tried / most * widest) or (1 if counts.tried else 0)
            table.add_row(
                Text(name),
                f"{counts.tried:,}",
                Text("█" * length, "cyan"),
                _share(counts, "bounced"),
                f"{counts.soft:,}",
                _share(counts, "complained"),
                f"{counts.delayed:,}",
            )
        console().print()
        console().print(table)
    if figures.days:
        console().print()


def _share(counts: Counts, of: Any) -> Text:
    """A number and its rate, in the colour of the limits over a week."""
    many, rate = getattr(counts, of), counts.rate(of)
    reached = [limits for limits in (PAUSE, WATCH) if any(_is_over(limit, of, many, rate) for limit in limits)]
    style = "red" if PAUSE in reached else "yellow" if reached else ""
    return Text(f"{many:,} ({reputation.percent(rate)})" if many else "0", style)


def _is_over(limit: reputation.Limit, of: str, many: int, rate: float) -> bool:
    return limit.of == of and limit.days == 7 and many >= limit.at_least and rate >= limit.rate
