"""explain: how a person's journeys went, what they wait for, and why others were never begun."""

from typing import Any

import click

from authoring.commands.reasons import show_part
from authoring.commands.shared import App, emit, explained, json_option, say
from authoring.course import Course
from authoring.when import localised
from functions import bots, clock, releases
from functions.aws.s3 import NotThere
from functions.core.contact import Contact
from functions.core.release import Release
from functions.core.verdicts import verdict
from functions.people.whom import of
from functions.score.history import History
from functions.tables import enrollments, messages


@click.command()
@click.argument("who")
@click.argument("journey", required=False)
@json_option
@click.pass_obj
def explain(app: App, who: str, journey: str | None, as_json: bool) -> None:
    """Why somebody is where they are in journeys, or in none.

    WHO as in `samovar contact`. Of each run: every step passed, when and why, its message and what became of it,
    and what it waits for until when. Of a journey never entered: why not. Conditions are asked of what is known
    now. Times are the business's own; with --json they are UTC.
    """
    with explained(as_json):
        app.connect()
        contact, live, now = of(who), releases.live(), clock.now_ms()
        zone = live.release.sending.business.time_zone
        found: dict[str, Any] = {
            "contact": contact.id,
            "email": contact.profile.email,
            "time_zone": zone,
            "journeys": _course(contact, live, now).told(journey),
        }
    if as_json:
        emit(found)
        return
    shown = localised(found, zone)
    say(f"{shown['email'] or 'no address'}  ·  contact {shown['contact']}  ·  times are {shown['time_zone']}", "bold")
    for one in shown["journeys"]:
        _journey(one)


def _course(contact: Contact, live: releases.Live, now: int) -> Course:
    rules = bots.rules(live)
    events = [event for event, ruling in History(contact).told() if verdict(event, ruling, rules).who == "person"]
    runs = [*enrollments.of(contact.id), *enrollments.earlier(contact.id)]
    entered_with: dict[str, Release] = {}
    for name in {run.release for run in runs}:
        try:
            entered_with[name] = releases.by_id(name)
        except NotThere:
            continue  # told by the rules of today
    return Course(contact, live.release, entered_with, runs, messages.list_for(contact.id), events, now)


def _journey(one: dict[str, Any]) -> None:
    title = f" ({one['title']})" if one["title"] else ""
    gone = "" if one["live"] else ", which is no longer live"
    say(f"\nJourney {one['called']}{title}{gone}", "bold")
    if one["starts"]:
        say(f"  Starts {one['starts']}", "dim")
    for run in one["runs"]:
        _run(run)
    if not one["runs"]:
        say("  Never entered:" if one["kept_out"] else "  Never entered, and nothing keeps the contact out.")
    elif one["kept_out"]:
        say("  Not entered again now:")
    for reason in one["kept_out"]:
        say(f"    {reason['says']}")
        if "asked" in reason:
            show_part(reason["asked"], 2)


def _run(run: dict[str, Any]) -> None:
    because = f" by {run['cause']['name']}" if run["cause"]["name"] else ""
    ended = f" on {run['ended']}: {run['ended_because']}" if run["ended_because"] else ""
    say(f"  Entered {run['entered']}{because}; {run['says']}{ended}")
    if run["earlier_steps_left_out"]:
        say("    … what came before is not kept", "dim")
    for step in run["steps"]:
        say(f"    {step['at']}  {step['step']}: {step['says']}")
        if message := step.get("message"):
            why = f": {message['why']}" if message["why"] else ""
            say(f"      message {message['state']}{why}", "dim")
        if step.get("asked"):
            say("      now:", "dim")
        for asked in step.get("asked", ()):
            show_part(asked, 3)
    if failure := run["failure"]:
        where = f"at {failure['step']}" if failure["step"] else "before the first step"
        then = "set aside until samovar retry" if failure["aside"] else f"tried again {failure['again']}"
        said = f" ({failure['words']})" if failure["words"] else ""
        say(f"    Kept {where} since {failure['at']}: {failure['says']}: {failure['code']}{said}; {then}", "red")
    if waiting := run["waiting"]:
        say(f"    Waits at {waiting['step']} since {waiting['since']}, until {waiting['until']} at the latest", "green")
        say(f"      {waiting['says']}")
        for asked in waiting["asked"]:
            show_part(asked, 3)
