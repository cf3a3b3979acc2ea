"""contact: one person, and why."""

from typing import Any

import click
from rich.table import Table
from rich.text import Text

from authoring.commands import reasons
from authoring.commands.shared import App, console, emit, explained, json_option, say
from authoring.when import localised
from functions.core import answering, confirm
from functions.core.happenings import OUTCOMES, words_of
from functions.core.policy import REASONS
from functions.core.verdicts import BY_HAND
from functions.people import dossier

_IDS = ("message", "enrollment", "provider_id", "feedbackId", "sent", "processingTimeMillis")


@click.command()
@click.argument("who")
@click.option("--limit", default=50, show_default=True, help="How many of the newest events to show.")
@click.option("--refs", is_flag=True, help="Name each event as `samovar verdict` takes it.")
@click.option("--explain", is_flag=True, help="Say why: every point, grade, tag and segment with what is behind it.")
@click.option("--segment", help="With its id: this segment alone, with every part of its condition.")
@json_option
@click.pass_obj
def contact(app: App, who: str, limit: int, refs: bool, explain: bool, segment: str | None, as_json: bool) -> None:
    """One person: score, timeline, messages, and why.

    WHO is the person's address, user id, phone, anonymousId or contact id. Also shows decisions with their
    causes, journeys and consent. Times are the business's own; with --json they are UTC.
    """
    with explained(as_json):
        app.connect()
        found = dossier.dossier(who, limit=limit, explain=explain or segment is not None, segment=segment)
    if as_json:
        emit(found)
        return
    shown = localised(found, found["time_zone"])
    if segment is not None:
        reasons.show_segment(shown["why"]["segments"][0])
    elif explain:
        _show_head(shown)
        reasons.show(shown["why"], refs)
    else:
        _show(shown, refs)


def _show_head(found: dict[str, Any]) -> None:
    say(f"{found['email'] or 'no address'}  ·  contact {found['contact']}", "bold")
    say(f"Known by: {', '.join(found['known_by'])}")
    scores = ", ".join(f"{name} {value}" for name, value in found["scores"].items()) or "none"
    grade = f"  ·  grade {found['grade']}" if found["grade"] else ""
    stage = f"  ·  stage {found['stage']}" if found["stage"] else ""
    say(f"Scores: {scores}  ·  {found['temperature']}{grade}{stage}")
    say(f"Tags: {', '.join(found['tags']) or 'none'}  ·  Segments: {', '.join(found['segments']) or 'none'}")


def _show(found: dict[str, Any], refs: bool) -> None:
    _show_head(found)
    traits = ", ".join(f"{_cell(name)} {_cell(value)}" for name, value in found["traits"].items() if name != "email")
    say(f"Traits: {traits or 'none'}")
    for which, touch in found["attribution"].items():
        if touch:
            said = ", ".join(f"{name} {_cell(value)}" for name, value in touch.items() if name != "at")
            say(f"{which.capitalize()} touch: {touch['at']}  {said}")
    topics = found["topics"]["topics"].items()
    say("Topics: " + (", ".join(f"{name} {_agreed(topic)}" for name, topic in topics) or "none"))
    for reason, at in found["topics"]["suppressed"].items():
        say(f"Nothing is sent there since {at}: {REASONS.get(f'suppressed-{reason}', reason)}", "red")
    _table("Messages", ("created", "template", "step", "state", "why"), found["messages"])
    _table("Handed off", ("at", "to", "reason", "journey", "step"), found["leads"])
    for run in found["enrollments"]:
        waiting = f", waits at {run['waiting']['step']} until {run['waiting']['until']}" if run["waiting"] else ""
        name = _journey(run["journey"])
        say(f"\n{name[:1].upper()}{name[1:]}: {run['state']}, entered {run['entered']}{waiting}", "bold")
        for step in run["path"]:
            say(f"  {step['at']}  {step['step']}: {OUTCOMES.get(step['outcome'], step['outcome'])}")
    _table("Decisions", ("at", "what", "from", "to", "because"), [_told(one) for one in found["decisions"]])
    told = [
        {**event, "who": _who(event), "properties": words_of(event) or _telling(event.get("properties", {}))}
        for event in found["timeline"]
    ]
    apart = "".join(f", {found[key]} {said}" for key, said in _APART.items() if found[key])
    title = f"Events ({found['events']} of people{apart}, newest first; times are {found['time_zone']})"
    if refs:
        _named(title, told)
    else:
        _table(title, ("at", "who", "name", "properties"), told)


def _told(decision: dict[str, Any]) -> dict[str, Any]:
    """A decision with what was decided in one phrase: "segment keen", "journey welcome", "stage"."""
    kind, name = decision["kind"], decision["name"]
    if kind == "trigger":
        refused = decision.get("why")
        because = f"{decision['because'] or ''}; {refused}".lstrip("; ") if refused else decision["because"]
        to = "refused" if refused else "started"
        return {**decision, "what": _journey(name), "from": "", "to": to, "because": because}
    what = {"wake": "journeys look again", name: name}.get(kind, f"{kind} {name}")
    return {**decision, "what": what}


def _journey(name: str) -> str:
    return answering.called(name) or f"journey {name}"


def _named(title: str, told: list[dict[str, Any]]) -> None:
    """Each event with its name in a line of its own, where it can be copied whole."""
    say(f"\n{title}", "bold")
    for event in told:
        say("  ".join(cell for column in ("at", "who", "name", "properties") if (cell := _cell(event[column]))))
        say(f"  {event['ref']}", "dim")


_APART = {"events_of_bots": "of bots", "events_waiting": "not ruled yet"}


def _who(event: dict[str, Any]) -> str:
    """A machine, and by which rule; people go without saying."""
    if event["who"] == "person":
        return "person by hand" if event.get("rule") == BY_HAND else ""
    return f"{event['who']} ({event['rule']})" if event["rule"] else str(event["who"])


def _agreed(topic: dict[str, Any]) -> str:
    if topic["agreed"]:
        return f"yes, since {topic['granted']}"
    return f"no, withdrawn {topic['withdrawn']}" if topic["withdrawn"] else "no"


def _telling(properties: dict[str, Any]) -> dict[str, Any]:
    """What tells a person something: ids and empty values are in --json."""
    said = {name: value for name, value in properties.items() if name not in _IDS and value not in ("", None, [], {})}
    if (form := confirm.form_of(str(said.get("journey", "")))) is not None:
        # Nobody wrote that journey: a form's double opt-in is one.
        said = {name: value for name, value in said.items() if name not in ("journey", "step")} | {"form": form}
    return said


def _table(title: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    say(f"\n{title}", "bold")
    table = Table(*columns, box=None, padding=(0, 2, 0, 0), header_style="dim")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    console().print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(_cell(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{_cell(key)}: {_cell(part)}" for key, part in value.items())
    # A line of what somebody typed would pass for one of ours.
    return " ".join(str(value).splitlines())
