"""graph: a journey drawn, with the people in it."""

import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import click

from authoring import headcount
from authoring.commands.progress import bar
from authoring.commands.shared import App, counted, emit, explained, json_option, say
from authoring.drawing import svg
from authoring.headcount import Heads
from authoring.validate import validate
from functions import releases
from functions.core.release import Release
from functions.core.renaming import authored


@click.command()
@click.argument("journey")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; JOURNEY.svg without it.",
)
@click.option("--people", is_flag=True, help="Count who stands where, and who went which way, in the deployment.")
@click.option("--exact", is_flag=True, help="With --people: read everybody, however many they are.")
@json_option
@click.pass_obj
def graph(app: App, journey: str, output: Path | None, people: bool, exact: bool, as_json: bool) -> None:
    """Draw a journey as an SVG picture that is readable on a phone.

    It is drawn as it stands in marketing/; with --people as it is live, with everybody in it counted. Of a long list
    of contacts a part is read, the same each time.
    """
    with explained(as_json):
        if people:
            app.connect()
        live = releases.live().release if people else None
        release = authored(live) if live else validate(app.marketing).release
        rules = _rules(release, journey)
        heads = _counted(live, journey, exact, as_json) if live else None
        file = output or Path(f"{journey}.svg")
        file.write_text(svg(journey, rules, release, heads), encoding="utf-8")
    if as_json:
        emit({"journey": journey, "file": str(file), "people": _plain(heads) if heads else None})
        return
    say(f"Wrote {file}", "green")
    if heads and not heads.whole:
        say(f"Counted in {heads.parts} of {counted(heads.of, 'part')} of the contacts; --exact counts everybody.")


def _rules(release: Release, name: str) -> Any:
    if name not in release.journeys:
        raise ValueError(f'there is no journey "{name}": {", ".join(release.journeys) or "none is defined"}')
    return release.journeys[name]


def _counted(live: Release, called: str, exact: bool, quiet: bool) -> Heads:
    """Everybody in a journey, at steps by the names that they have now."""
    journey = live.first_name("journey", called)
    heads = _heads(journey, exact, quiet)
    now = partial(live.present_name, "step", inside=f"journey {journey}")
    heads.waiting = Counter({now(step): many for step, many in heads.waiting.items()})
    heads.passed = Counter({(now(step), outcome): many for (step, outcome), many in heads.passed.items()})
    return heads


def _heads(journey: str, exact: bool, quiet: bool) -> Heads:
    wanted = headcount.plan(sample=None if exact else headcount.SAMPLE)
    if not quiet:
        say(f"AWS takes about ${wanted.dollars:.2f} for reading ({wanted.read_units:,.0f} read units).")
    begun = time.monotonic()
    with bar(quiet=quiet) as shown:
        task = shown.add_task("counting", total=wanted.rows or None, contacts=0, rate=0.0)

        def seen(runs: int, rows: int) -> None:
            rate = runs / max(0.001, time.monotonic() - begun)
            shown.update(task, completed=rows, total=max(rows, wanted.rows), contacts=runs, rate=rate)

        return headcount.count(journey, wanted, seen)


def _plain(heads: Heads) -> dict[str, Any]:
    return {
        "runs": heads.runs,
        "states": dict(heads.states),
        "waiting": dict(heads.waiting),
        "passed": [
            {"step": step, "outcome": outcome, "times": times, "share": heads.share(step, outcome)}
            for (step, outcome), times in sorted(heads.passed.items())
        ],
        "whole": heads.whole,
        "parts": [heads.parts, heads.of],
    }
