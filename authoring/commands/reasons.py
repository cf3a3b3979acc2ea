"""Printing why somebody has their points, grade, stage, tags and segments."""

from textwrap import fill
from typing import Any

from authoring.commands.shared import console, say

_YES, _NO = "✓", "✗"
_SHOWN = 20
"""So many events of a rule are printed, the newest; --json has all."""


def show(why: dict[str, Any], refs: bool = False) -> None:
    """Everything, as core/why.py gives it with moments as people read them; segments without their parts. With
    `refs` events are named as `samovar verdict` takes them."""
    for name, score in why["scores"].items():
        _score(name, score, refs)
    band = why["temperature"]
    cools = f", cools {band['cools']} if nothing happens" if band["cools"] else ""
    since = f" since {band['since']}" if band["since"] else ""
    say(f"\nTemperature: {band['band']}{since}{cools}", "bold")
    if why["grade"]:
        _grade(why["grade"])
    if why["stage"]:
        _stage(why["stage"])
    say("\nTags" if why["tags"] else "\nNo tags", "bold")
    for tag in why["tags"]:
        say(f"  {tag['tag']}  since {tag['since']}, by {tag['by']}")
    say("\nSegments" if why["segments"] else "\nNo segments", "bold")
    for segment in why["segments"]:
        _segment_line(segment)
    if why["segments"]:
        say("  --segment ID shows every part of one.", "dim")


def show_segment(segment: dict[str, Any]) -> None:
    """One segment with the verdict on every part of its condition."""
    _segment_line(segment)
    show_part(segment["why"], 1)


def _line(text: str, depth: int) -> None:
    """A line, in a terminal with its further lines standing below its text."""
    width = console().width
    if console().is_terminal and width > 40:
        text = fill(text, width, subsequent_indent=" " * (depth + 2), break_long_words=False, break_on_hyphens=False)
    say(text)


def _score(name: str, score: dict[str, Any], refs: bool) -> None:
    title = f" ({score['title']})" if score["title"] else ""
    say(f"\nScore {name}{title}: {score['points']}, halves every {score['halves_every']}", "bold")
    if not score["rules"]:
        say("  nothing has given any points")
    for rule in score["rules"]:
        capped = f", {rule['capped']} not, over a cap" if rule["capped"] else ""
        each = "" if rule["points_each"] is None else f"{rule['points_each']:+d} each, "
        worth = f"{each}{rule['counted']} counted{capped}; {rule['left']:g} left"
        say(f"  {rule['rule']}: {rule['when']}  ({worth})")
        hidden = len(rule["events"]) - _SHOWN
        if hidden > 0:
            say(f"    … {hidden} earlier", "dim")
        for event in rule["events"][-_SHOWN:]:
            because = ", ".join(f"{key}: {value}" for key, value in event["because"].items())
            said = "over a cap" if event["capped"] else f"{event['points']:+g} → {event['left']:g} left"
            say(f"    {event['at']}  {said}" + (f"  ({because})" if because else ""))
            if refs:
                say(f"      {event['event']}", "dim")


def _grade(grade: dict[str, Any]) -> None:
    needed = ", ".join(f"{letter} needs {points}" for letter, points in grade["needed"].items())
    say(f"\nGrade: {grade['letter']} with {grade['points']} points of fit ({needed})", "bold")
    for rule in grade["rules"]:
        saw = f"  ({rule['saw']})" if rule["saw"] else ""
        _line(f"  {_mark(rule)} {rule['points']:+d} {rule['rule']}: {rule['sentence']}{saw}", 2)


def _stage(stage: dict[str, Any]) -> None:
    since = f" since {stage['entered']}" if stage["entered"] else ""
    say(f"\nStage: {stage['id'] or 'before the first'}{since}", "bold")
    if stage["put"]:
        because = ", ".join(f"{key}: {value}" for key, value in stage["put"]["because"].items())
        say(f"  put at {stage['put']['id']} on {stage['put']['at']}" + (f"  ({because})" if because else ""))
    for one in stage["stages"]:
        entered = f"  (last entered {one['entered']})" if one["entered"] else ""
        _line(f"  {_mark(one)} {one['id']}: {one['sentence']}{entered}", 2)


def _segment_line(segment: dict[str, Any]) -> None:
    since = f" since {segment['since']}" if segment["in"] and segment["since"] else ""
    until = f", until {segment['why']['until']} at least" if segment["why"]["until"] else ""
    where = "in" if segment["in"] else "out"
    _line(f"  {_YES if segment['in'] else _NO} {segment['id']}: {where}{since}{until}; asks: {segment['asks']}", 2)


def show_part(part: dict[str, Any], depth: int) -> None:
    """A part of a condition with its verdict, and the parts inside it."""
    saw = f"  ({part['saw']})" if part["saw"] else ""
    until = f"  until {part['until']} at least" if part["until"] else ""
    _line(f"{'  ' * depth}  {_mark(part)} {part['sentence']}{saw}{until}", 2 * depth + 2)
    for inner in part.get("parts", ()):
        show_part(inner, depth + 1)


def _mark(one: dict[str, Any]) -> str:
    return _YES if one["holds"] else _NO
