"""The first page: what needs somebody, what happened and goes out, who has just become interesting, what it costs."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from functions import clock, releases, spending
from functions.console.campaigns import named, stood
from functions.console.happened import within_a_week
from functions.console.journeys import stuck
from functions.console.naming import called
from functions.console.pairs import said
from functions.console.routes import Asked, Shown
from functions.console.sending import paused
from functions.core import costs
from functions.core.pauses import Pauses
from functions.core.release import Release
from functions.core.roles import Right
from functions.core.views import iso
from functions.people.pairs import suspected
from functions.tables import campaigns, contacts, duplicates, leads, pauses, proposals, setbacks

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
        "lately": within_a_week(),
        "proposals": [{"release": one.release, "by": one.by, "why": one.note} for one in proposals.listed(now)[:MANY]],
        "most": MANY,
        "paused": paused(held, release, now),
        "stuck": stuck(setbacks.listed(), release),
        "campaigns": list(_campaigns(release, held, now)),
        "leads": _leads(now, asked.who.member.may(Right.SEE_PEOPLE)),
        "conflicts": sum(1 for _ in duplicates.listed(duplicates.CONFLICT, most=MANY + 1)),
        "costs": _costs(release, now),
        "pairs": _pairs() if asked.who.member.may(Right.SEE_PEOPLE) else [],
    }
    return Shown("today.html", values)


def _costs(release: Release, now: int) -> dict[str, Any]:
    """What the month costs, in dollars."""
    found, budget = spending.reckoned(now), release.sending.monthly_budget
    return {
        "month": found.month,
        "at": iso(found.at),
        "so_far": round(found.spent, 2),
        "expected": round(found.by_the_end, 2),
        "budget": budget,
        "over": costs.over(found, budget) if budget is not None else "",
        "parts": [
            {
                "part": part,
                "messages": found.messages.get(part),
                "so_far": round(found.so_far.get(part, 0), 2),
                "expected": round(dollars, 2),
            }
            for part, dollars in sorted(found.expected.items(), key=lambda one: -one[1])
        ],
        "whole": found.whole,
        "text": {"price": round(found.text, 4), "by": found.text_by},
        "unforetold": [{"id": id, "campaign": release.present_name("campaign", id)} for id in found.unforetold],
    }


def _pairs() -> list[dict[str, Any]]:
    return [said(pair) for pair in islice(suspected(duplicates.CONFLICT, together=MANY), MANY)]


def _campaigns(release: Release, held: Pauses, now: int) -> Iterator[dict[str, Any]]:
    plans = {plan.campaign: plan for plan in campaigns.plans()}
    for id in sorted({*release.campaigns, *plans}):
        (newest, *_) = (*campaigns.runs_of(id, newest=1), None)
        plan = plans.get(id)
        following = plan.at if plan else None
        if following is None and (newest is None or not newest.open):
            continue
        yield {
            **named(id, release, newest),
            "next": iso(following) if following else None,
            "run": stood(newest, held, now) if newest and newest.open else None,
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
