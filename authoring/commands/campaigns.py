"""campaigns: what is planned, what a run would do and did, and every way to stop it."""

import getpass
import time
from typing import Any

import click
from rich.table import Table

from authoring import runs as told
from authoring.commands.progress import LOOK_EVERY_S, bar
from authoring.commands.shared import App, business_zone, console, counted, emit, explained, json_option, say
from authoring.runs import Tally
from authoring.when import minute
from functions import clock, releases
from functions.core.campaign import place_of
from functions.core.foretold import deferred, going, in_about, lately, withheld
from functions.core.ids import digest
from functions.core.occasions import run_on_request
from functions.core.pauses import Pause
from functions.core.policy import REASONS
from functions.core.runs import Run
from functions.core.views import iso
from functions.tables import campaigns as rows
from functions.tables import pauses
from functions.work import campaigns as work
from functions.work import deciding, jobs
from functions.work.deciding import Decision

AGAIN_MS = 3_600_000
"""Whoever asks for a run so soon after the last one is asked whether that is meant."""


@click.group()
def campaigns() -> None:
    """One message to everybody in a segment: plan, look, hold, send, stop.

    A run is named CAMPAIGN/RUN; CAMPAIGN alone means its newest.
    """


@campaigns.command("list")
@json_option
@click.pass_obj
def list_(app: App, as_json: bool) -> None:
    """Every campaign, when it runs next, and how its newest run stands."""
    with explained(as_json):
        app.connect()
        defined = releases.live().release.campaigns
        plans = {plan.campaign: plan for plan in rows.plans()}
        found = {name: rows.runs_of(name) for name in sorted({*defined, *plans})}
        held, zone = pauses.get(), business_zone()
    newest = {name: max(runs, key=lambda run: run.begun, default=None) for name, runs in found.items()}
    if as_json:
        emit(
            {
                "campaigns": [
                    {
                        "campaign": name,
                        "live": name in defined,
                        "next": iso(plan.at) if (plan := plans.get(name)) and plan.at else None,
                        "runs": [_plain(run) for run in runs],
                    }
                    for name, runs in found.items()
                ]
            }
        )
        return
    table = Table("campaign", "title", "next", "newest run", "state", "people", box=None)
    for name, run in newest.items():
        title = defined[name].title if name in defined else "(removed)"
        plan = plans.get(name)
        following = minute(plan.at, zone) if plan and plan.at else "on request" if name in defined else ""
        state = "" if run is None else "paused" if place_of(name, run.run) in held.held and run.open else run.state
        table.add_row(_called(name), title, following, run.run if run else "", state, f"{run.people:,}" if run else "")
    console().print(table)
    if any(plan.at for plan in plans.values()):
        say(f"Times are {zone}.", "dim")


@campaigns.command()
@click.argument("name", metavar="RUN")
@click.option("--watch", is_flag=True, help="Follow it until it has ended.")
@click.option("--who", metavar="STATE", help='List people: "sent", "withheld", "unknown", or a reason.')
@json_option
@click.pass_obj
def show(app: App, name: str, watch: bool, who: str | None, as_json: bool) -> None:
    """What a run would do, is doing, or did: counted from the ledger, message by message."""
    with explained(as_json):
        app.connect()
        run = told.find(name)
        if watch:
            run = _follow(run, quiet=as_json)
        if who:
            _list(run, who, as_json)
            return
        tally = told.tally(run) if run.state not in ("counting", "holding") else None
        held, zone = pauses.get().held.get(place_of(run.campaign, run.run)), business_zone()
    if as_json:
        emit(_plain(run) | ({"paused": held.why} if held else {}) | (_tallied(tally) if tally else {}))
        return
    _say(run, tally, held, zone)


def _say(run: Run, tally: Tally | None, held: Pause | None, zone: str) -> None:
    say(f"{_called(run.campaign)}/{run.run}: {'paused' if held and run.open else run.state}", "bold")
    if held and run.open:
        say(f"  Paused by {held.by}: {held.why or 'no reason given'}.", "yellow")
    if run.why:
        say(f"  {run.why}")
    if run.state == "counting":
        say("  It is being counted.")
        return
    many = going(run)
    say(f"  On the list at {minute(run.begun, zone)} ({zone}): {counted(run.people, 'contact')}.")
    cost = told.dollars(run, many)
    price = f", for about ${cost:,.2f}" if cost is not None else ""
    say(f"  Expected: {many:,} get it{price}, in {in_about(run.seconds)} once it goes out.")
    for reasons, verb in ((withheld(run), "don't get it"), (deferred(run), "get it later")):
        for reason, count in reasons.items():
            say(f"    {count:,} {verb}: {REASONS.get(reason, reason)}")
    if set(often := lately(run)) - {"0"}:
        words = ", ".join(f"{count:,} got {name}" for name, count in often.items())
        say(f"    Lately, as far back as your caps look: {words}.")
    if len(run.parts) > 1:
        say(f"    Each by the clock where they are; here it is then ({zone}):")
        for at, count in sorted(run.parts.items(), key=lambda part: int(part[0])):
            say(f"      {minute(int(at), zone)}  {count:,}")
    if run.state == "holding":
        say(f"  It goes out at {minute(run.held_until, zone)} unless somebody says:", "yellow")
        say(f"    samovar campaigns cancel {_called(run.campaign)}/{run.run}")
        say("  Not to wait until then:")
        say(f"    samovar campaigns let-go {_called(run.campaign)}/{run.run}")
    if tally is not None:
        _say_tally(tally)


def _say_tally(tally: Tally) -> None:
    if not tally.states and not tally.absent:
        say("  Nothing of it went to anybody.")
        return
    say("  As it stands, counted message by message:")
    for state, count in tally.states.most_common():
        say(f"    {count:,} {_IN_WORDS.get(state, state)}")
        reasons = tally.withheld if state == "withheld" else tally.deferred if state == "intended" else {}
        for reason, many in sorted(reasons.items()):
            say(f"      {many:,} {REASONS.get(reason, reason)}")
    if tally.absent:
        say(f"    {tally.absent:,} still to come, or gone since it was counted")


_IN_WORDS = {
    "intended": "waiting to go out",
    "sending": "being handed over",
    "sent": "sent; no report of them yet",
    "bounced": "came back",
    "complained": "marked as spam",
    "unknown": "sent or not, nobody knows; they are never sent again",
    "withheld": "not sent",
}
"""States of messages that say little to whoever doesn't know them."""


def _list(run: Run, who: str, as_json: bool) -> None:
    found = [
        {"contact": contact, "message": message.id, "state": message.state, "reason": message.reason or ""}
        for contact, message in told.listed(run)
        if message is not None and who in (message.state, message.reason)
    ]
    if as_json:
        emit({"run": f"{run.campaign}/{run.run}", "people": found})
        return
    for one in found:
        said = REASONS.get(one["reason"], one["reason"])
        say(f"{one['contact']}  {_IN_WORDS.get(one['state'], one['state'])}" + (f": {said}" if said else ""))
    say(f"{counted(len(found), 'message')}.", "green")


@campaigns.command()
@click.argument("campaign")
@click.option("--key", help="A name for this sending: asked for again with the same name, it is the same run.")
@click.option("--again", is_flag=True, help="Although it is running, or ran within the hour.")
@json_option
@click.pass_obj
def send(app: App, campaign: str, key: str | None, again: bool, as_json: bool) -> None:
    """Begin a run now. It is counted, then holds as long as the campaign says before anything goes out."""
    with explained(as_json):
        app.connect()
        live, now = releases.live(), clock.now_ms()
        called, campaign = campaign, live.release.first_name("campaign", campaign)
        if campaign not in live.release.campaigns:
            known = ", ".join(sorted(_called(one) for one in live.release.campaigns)) or "none"
            raise ValueError(f'the live release has no campaign "{called}"; there are: {known}')
        run = f"k{digest('run', campaign, key)[:15]}" if key else None
        run = run or run_on_request(now, live.release.sending.business.time_zone)
        others = [one for one in rows.runs_of(campaign) if one.run != run and one.state != "cancelled"]
        near = [one for one in others if one.open or (one.ended or 0) > now - AGAIN_MS]
        if near and not again:
            state = "is still " + near[0].state if near[0].open else "has only just ended"
            raise ValueError(f"its run {called}/{near[0].run} {state}: if another one is meant, add --again")
        begun = work.begin_on_request(campaign, run, by=getpass.getuser(), now=now)
    if as_json:
        emit(_plain(begun))
        return
    say(f"Run {called}/{begun.run} is being counted; then it holds, and says so.", "green")
    say(f"To look: samovar campaigns show {called}/{begun.run}")


@campaigns.command()
@click.argument("name", metavar="RUN")
@click.option("--why", default="", help="For those who find it paused.")
@json_option
@click.pass_obj
def pause(app: App, name: str, why: str, as_json: bool) -> None:
    """Hold a run where it is: nothing of it goes out until it is resumed."""
    with explained(as_json):
        app.connect()
        run = _open(name)
        deciding.hold_run(run, Decision(getpass.getuser(), clock.now_ms(), why))
    _done(run, "is paused; `samovar campaigns resume` lets it go on where it stopped", as_json)


@campaigns.command()
@click.argument("name", metavar="RUN")
@json_option
@click.pass_obj
def resume(app: App, name: str, as_json: bool) -> None:
    """Let a paused run go on where it stopped."""
    with explained(as_json):
        app.connect()
        run = _open(name)
        deciding.let_run_on(run, Decision(getpass.getuser(), clock.now_ms()))
    _done(run, "goes on", as_json)


@campaigns.command()
@click.argument("name", metavar="RUN")
@click.option("--why", default="", help="For the record.")
@json_option
@click.pass_obj
def cancel(app: App, name: str, why: str, as_json: bool) -> None:
    """Stop a run for good: whatever hasn't gone out never will."""
    with explained(as_json):
        app.connect()
        run = deciding.stop(told.find(name), Decision(getpass.getuser(), clock.now_ms(), why))
    _done(run, "is cancelled: nothing more of it goes out", as_json)


@campaigns.command("let-go")
@click.argument("name", metavar="RUN")
@json_option
@click.pass_obj
def let_go(app: App, name: str, as_json: bool) -> None:
    """End a run's hold: it goes out now."""
    with explained(as_json):
        app.connect()
        run = deciding.let_go(told.find(name), Decision(getpass.getuser(), clock.now_ms()))
    _done(run, "goes out now", as_json)


def _called(campaign: str) -> str:
    return releases.live().release.present_name("campaign", campaign)


def _open(name: str) -> Run:
    run = told.find(name)
    if not run.open:
        raise ValueError(
            f"run {_called(run.campaign)}/{run.run} is {run.state}: nothing of it is left to hold or to resume"
        )
    return run


def _done(run: Run, what: str, as_json: bool) -> None:
    if as_json:
        emit(_plain(run))
    else:
        say(f"Run {_called(run.campaign)}/{run.run} {what}.", "green")


def _follow(run: Run, *, quiet: bool) -> Run:
    """Show a run until it has ended, or holds; it goes on when nobody looks."""
    begun, first = time.monotonic(), None
    with bar(quiet=quiet) as shown:
        task = shown.add_task(run.state, total=run.people or None, contacts=0, rate=0.0)
        while True:
            run = rows.get(run.campaign, run.run) or run
            kind = work.COUNT if run.state == "counting" else work.SEND
            job = jobs.get(work.job_id(run, kind))
            done = job.done if job else 0
            first = done if first is None else first
            rate = max(0, done - first) / max(0.001, time.monotonic() - begun)
            total = run.people or None
            shown.update(task, description=run.state, completed=done, total=total, contacts=done, rate=rate)
            if run.state not in ("counting", "sending"):
                return run
            time.sleep(LOOK_EVERY_S)


def _plain(run: Run) -> dict[str, Any]:
    times = {name: iso(at) for name in ("begun", "at", "held_until", "sending", "ended") if (at := getattr(run, name))}
    return {
        "campaign": run.campaign,
        "run": run.run,
        "state": run.state,
        "release": run.release,
        "by": run.by,
        "why": run.why,
        **times,
        "people": run.people,
        "foretold": dict(run.counts),
        "parts": {iso(int(at)): count for at, count in run.parts.items()},
        "seconds": run.seconds,
        "intended": run.intended,
        "missed": run.missed,
        "dollars": told.dollars(run, going(run)),
    }


def _tallied(tally: Tally) -> dict[str, Any]:
    return {
        "states": dict(tally.states),
        "withheld": dict(tally.withheld),
        "deferred": dict(tally.deferred),
        "not_decided": tally.absent,
    }
