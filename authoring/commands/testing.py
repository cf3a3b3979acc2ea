"""test: scenarios of journeys, tried in virtual time without a deployment."""

import time
from typing import Any

import click

from authoring.commands.shared import App, counted, emit, explained, json_option, say
from authoring.compile import Bundle, bundle
from authoring.load import load
from authoring.scenarios.moments import since, spelled
from authoring.scenarios.trial import Report, Tried, chosen, missing, tried


@click.command("test")
@click.argument("wanted", metavar="[JOURNEY|FILE]", required=False)
@click.option("--coverage", is_flag=True, help="Also list every way through the journeys that no scenario takes.")
@click.option("--story", is_flag=True, help="Tell what happens in each scenario, also in those that pass.")
@json_option
@click.pass_obj
def test(app: App, wanted: str | None, coverage: bool, story: bool, as_json: bool) -> None:
    """Try the scenarios of marketing/scenarios/.

    Nothing is sent, stored or asked of AWS: each is a person's life in virtual time, decided by the code that runs in
    production. Exit code 1 where anything is otherwise than expected.
    """
    with explained(as_json):
        compiled = bundle(app.marketing)
        files = chosen(compiled.scenarios, wanted)
        began = time.monotonic()
        report = tried(compiled.authored, files)
        took = time.monotonic() - began
    if as_json:
        emit(_plain(compiled, report))
    else:
        _show(compiled, report, took, coverage=coverage, story=story)
    if not report.passed:
        raise SystemExit(1)


def _show(compiled: Bundle, report: Report, took: float, *, coverage: bool, story: bool) -> None:
    journey = ""
    for one in report.tried:
        if one.life.journey != journey:
            journey = one.life.journey
            say(journey, "bold")
        say(f"  {'✓' if one.passed else '✗'} {one.name}", "green" if one.passed else "red")
        if not one.passed:
            _differs(one)
        if story or not one.passed:
            _story(one)
    failed = sum(not one.passed for one in report.tried)
    for name, found in report.coverage.items():
        ways = len(found.taken) + len(found.missing)
        say(f"{name}: {len(found.taken)} of {ways} ways taken ({found.percent} %)")
    if coverage:
        for name, way, line in _missing(compiled, report):
            say(f"  journeys/{name}.yaml:{line}: no scenario takes {way}", "yellow")
    said = f"{counted(len(report.tried), 'scenario')} in {took * 1000:.0f} ms"
    say(f"{said}: {failed} failed" if failed else f"{said}: all as expected", "bold red" if failed else "bold green")


def _differs(one: Tried) -> None:
    for number, difference in enumerate(one.differences):
        file, line, column = one.where(difference.path)
        say(f"      {file}:{line}:{column}: {difference.message}", "red" if number == 0 else "")


def _story(one: Tried) -> None:
    world = one.life.world
    for told in world.story:
        say(f"        {spelled(told.at, world.start, world.zone)}: {told.text}")
    if one.life.unfinished:
        say("        … and so on: it was not followed any further", "yellow")


def _missing(compiled: Bundle, report: Report) -> list[tuple[str, str, int]]:
    found = []
    for journey, way, path in missing(compiled.authored, report.coverage):
        file = f"journeys/{journey}.yaml"
        found.append((journey, str(way), load(file, compiled.sources[file]).at(path)[0]))
    return found


def _plain(compiled: Bundle, report: Report) -> dict[str, Any]:
    return {
        "passed": report.passed,
        "scenarios": [_plain_one(one) for one in report.tried],
        "coverage": {
            name: {
                "percent": found.percent,
                "taken": [str(way) for way in found.taken],
                "missing": [str(way) for way in found.missing],
            }
            for name, found in report.coverage.items()
        },
        "missing": [
            {"file": f"journeys/{name}.yaml", "line": line, "way": way}
            for name, way, line in _missing(compiled, report)
        ],
    }


def _plain_one(one: Tried) -> dict[str, Any]:
    life, world = one.life, one.life.world
    file, line, _ = one.where()
    places = [(*one.where(difference.path), difference.message) for difference in one.differences]
    return {
        "name": one.name,
        "journey": life.journey,
        "file": file,
        "line": line,
        "passed": one.passed,
        "differences": [
            {"file": file, "line": line, "column": column, "message": said} for file, line, column, said in places
        ],
        "runs": [
            {
                "ends": "waiting" if run.enrollment.active else run.enrollment.state,
                "path": [
                    {"step": step.step, "outcome": step.outcome, "at": since(step.at, world.start)} for step in run.path
                ],
            }
            for run in life.runs
        ],
        "messages": [
            {
                "channel": letter.message.channel,
                "template": letter.message.template,
                "state": letter.state,
                "reason": letter.reason,
                "at": since(letter.at, world.start),
                "subject": letter.said.subject,
            }
            for letter in life.letters
        ],
        "story": [{"at": since(told.at, world.start), "said": told.text} for told in world.story],
        "unfinished": life.unfinished,
    }
