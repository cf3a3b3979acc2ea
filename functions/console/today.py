"""The first page: what needs somebody, and who has just become interesting."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from functions import clock, releases
from functions.console.naming import called
from functions.console.routes import Asked, Shown
from functions.core import setback
from functions.core.campaign import place_of
from functions.core.pauses import Pauses, journey_of
from functions.core.release import Release
from functions.core.roles import Right
from functions.core.runs import Run
from functions.core.views import iso
from functions.tables import campaigns, contacts, duplicates, leads, pauses, setbacks

MANY: Final = 20
"""So many of each are listed; more are said to be more."""


def show(asked: Asked) -> Shown:
    """What needs a decision today."""
    live, now = releases.live(), clock.now_ms()
    release = live.release
    held = pauses.get()
    values: dict[str, Any] = {
        "now": iso(now),
        "release": {"id": live.id, "number": live.seq},
        "paused": list(_paused(held, release, now)),
        "stuck": [_stuck(one, release) for one in setbacks.listed()],
        "campaigns": list(_campaigns(release, held, now)),
        "leads": _leads(now, asked.who.member.may(Right.SEE_PEOPLE)),
        "conflicts": sum(1 for pair in islice(duplicates.listed(), MANY + 1) if pair.kind == "conflict"),
    }
    return Shown("today.html", values)


def _paused(held: Pauses, release: Release, now: int) -> Iterator[dict[str, Any]]:
    for name in held.held:
        pause = held.standing(name, now)
        if pause is None:
            continue
        journey = journey_of(name)
        called = release.present_name("journey", journey) if journey else name
        kind = "journey" if journey else "sending" if "/" not in name else "campaign"
        until = None if pause.until is None else iso(pause.until)
        said = {"name": called, "since": iso(pause.since), "until": until, "by": pause.by, "why": pause.why}
        yield {"kind": kind, **said}


def _stuck(one: setbacks.Setback, release: Release) -> dict[str, Any]:
    return {
        "journey": release.present_name("journey", one.journey),
        "step": one.step,
        "code": one.code,
        "why": setback.in_words(one.code),
        "since": iso(one.since),
        "last": iso(one.at),
    }


def _campaigns(release: Release, held: Pauses, now: int) -> Iterator[dict[str, Any]]:
    plans = {plan.campaign: plan for plan in campaigns.plans()}
    for id in sorted({*release.campaigns, *plans}):
        (newest, *_) = (*campaigns.runs_of(id, newest=1), None)
        plan = plans.get(id)
        following = plan.at if plan else None
        if following is None and (newest is None or not newest.open):
            continue
        yield {
            "campaign": release.present_name("campaign", id),
            "title": release.campaigns[id].title if id in release.campaigns else "",
            "next": iso(following) if following else None,
            "run": _run(newest, held, now) if newest and newest.open else None,
        }


def _run(run: Run, held: Pauses, now: int) -> dict[str, Any]:
    return {
        "run": run.run,
        "state": "paused" if held.standing(place_of(run.campaign, run.run), now) else run.state,
        "at": iso(run.at),
        "held_until": iso(run.held_until) if run.state == "holding" else None,
        "people": run.people,
        "decided": run.intended,
    }


def _leads(now: int, with_names: bool) -> list[dict[str, Any]]:
    """The newest leads: without names for whoever sees no people."""
    found = leads.newest(now, MANY)
    known = contacts.load({one.contact for one in found}) if with_names else {}
    return [
        {
            "at": iso(one.at),
            "to": one.to,
            "reason": one.reason,
            **({"contact": one.contact, "who": called(known.get(one.contact), one.contact)} if with_names else {}),
        }
        for one in found
    ]
