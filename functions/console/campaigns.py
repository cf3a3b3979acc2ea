"""Campaigns: what is planned, under way and over; a run as it was foretold and goes, and every decision about it."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, time
from typing import Any, Final

from functions import clock, releases
from functions.console.acting import as_it_stands, decision, done
from functions.console.routes import Asked, Shown
from functions.core import foretold
from functions.core.campaign import Campaign, place_of
from functions.core.channels import channel_and_template
from functions.core.counting import LETTERS, MACHINES
from functions.core.errors import Refused
from functions.core.pauses import Pauses
from functions.core.reasons import REASONS
from functions.core.release import Release
from functions.core.runs import Run
from functions.core.telling import contact_that
from functions.core.views import iso
from functions.http import Answer
from functions.tables import campaigns, counts, pauses
from functions.tables.counts import EVER
from functions.work import campaigns as work
from functions.work import deciding, jobs

RECENT: Final = 3
"""Runs of each campaign that the first page looks at."""
MEASURES: Final = (*LETTERS, "unknown", *MACHINES)
"""What a page says of a run's messages, in this order."""
PAGE: Final = 25
"""Runs on a page about one campaign."""


def index(asked: Asked) -> Shown:
    """Every campaign: what comes, what goes out, what went out lately."""
    live, now, held = releases.live().release, clock.now_ms(), pauses.get()
    plans = {plan.campaign: plan for plan in campaigns.plans()}
    planned: list[dict[str, Any]] = []
    under_way: list[tuple[int, dict[str, Any]]] = []
    past: list[tuple[int, dict[str, Any]]] = []
    for id in sorted({*live.campaigns, *plans}):
        runs = campaigns.runs_of(id, newest=RECENT)
        called = named(id, live, runs[0] if runs else None)
        if (plan := plans.get(id)) is not None and plan.at is not None:
            planned.append(called | {"next": iso(plan.at)})
        elif id in live.campaigns:
            planned.append(called | {"next": None})
        for run in runs:
            (under_way if run.open else past).append((run.begun, called | stood(run, held, now)))
    values = {
        "planned": sorted(planned, key=lambda one: str(one["next"] or "~")),
        "under_way": _newest_first(under_way),
        "past": _newest_first(past)[:PAGE],
    }
    return Shown("campaigns.html", values)


def _newest_first(found: list[tuple[int, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [said for _, said in sorted(found, key=lambda one: one[0], reverse=True)]


def named(id: str, release: Release, run: Run | None) -> dict[str, Any]:
    """A campaign by its id, its present name and its title: where the live release has it no more, by that of the
    release by which a run of it goes."""
    held = release.campaigns.get(id)
    if held is None and run is not None and (by := releases.found(run.release)) is not None:
        held = by.campaigns.get(id)
    return {"id": id, "campaign": release.present_name("campaign", id), "title": held.title if held else ""}


def stood(run: Run, held: Pauses, now: int) -> dict[str, Any]:
    """A run in a few words."""
    is_paused = run.open and held.standing(place_of(run.campaign, run.run), now) is not None
    return {
        "run": run.run,
        "state": "paused" if is_paused else run.state,
        "holds": run.state == "holding",
        "at": iso(run.at),
        "held_until": iso(run.held_until) if run.state == "holding" else None,
        "people": run.people,
        "decided": run.intended,
        "going": foretold.going(run),
    }


def of_campaign(asked: Asked) -> Shown:
    """One campaign: to whom, when, and its runs, newest first."""
    live, now, held, id = releases.live().release, clock.now_ms(), pauses.get(), asked.named["campaign"]
    plan, definition = campaigns.plan(id), live.campaigns.get(id)
    before = asked.request.query.get("before", "")
    found = campaigns.runs_of(id, newest=PAGE + 1, before=before[:200])
    if plan is None and definition is None and not found:
        raise Refused("unknown-campaign", "There is no such campaign.", status=404)
    values = named(id, live, found[0] if found else None) | {
        "known": definition is not None,
        "audience": _audience(definition, live) if definition else None,
        "occasions": _when(definition) if definition else None,
        "next": iso(plan.at) if plan and plan.at else None,
        "runs": [stood(run, held, now) | {"begun": iso(run.begun)} for run in found[:PAGE]],
        "older": found[PAGE - 1].run if len(found) > PAGE else None,
    }
    return Shown("campaign.html", values)


def show(asked: Asked) -> Shown:
    """One run: who would get it, how far it is, what became of it."""
    run, now, pausing = _run_of(asked), clock.now_ms(), pauses.get()
    held = pausing.standing(place_of(run.campaign, run.run), now)
    values = named(run.campaign, releases.live().release, run) | stood(run, pausing, now) | _of_definition(run)
    values |= {name: iso(at) if (at := getattr(run, name)) else None for name in ("begun", "sending", "ended")}
    values |= {
        "open": run.open,
        "release": run.release,
        "by": run.by,
        "why": run.why,
        "paused": {"by": held.by, "why": held.why, "since": iso(held.since)} if held and run.open else None,
        "withheld": _reasons(foretold.withheld(run)),
        "deferred": _reasons(foretold.deferred(run)),
        "moments": {iso(int(at)): many for at, many in sorted(run.parts.items(), key=lambda part: int(part[0]))},
        "takes": foretold.in_about(run.seconds) if run.seconds else None,
        "missed": run.missed,
        "progress": _progress(run),
        "results": results(run),
    }
    return Shown("run.html", values)


def results(run: Run) -> Mapping[str, int] | None:
    """What became of a run's messages, as far as it is counted; None where nothing is. Opens and clicks are people's,
    one a message; machines' stand apart."""
    journey, _, step = place_of(run.campaign, run.run).partition("/")
    found = counts.over_days(f"journey/{journey}", *EVER).get(step, Counter[str]())
    return {measure: found[measure] for measure in MEASURES if found.get(measure)} or None


def let_go(asked: Asked) -> Answer:
    """End a run's hold: it goes out now."""
    with as_it_stands():
        return _done(asked, deciding.let_go(_run_of(asked), decision(asked)))


def stop(asked: Asked) -> Answer:
    """Stop a run for good."""
    with as_it_stands():
        return _done(asked, deciding.stop(_run_of(asked), decision(asked)))


def pause(asked: Asked) -> Answer:
    """Hold a run where it is."""
    run = _run_of(asked)
    with as_it_stands():
        deciding.hold_run(run, decision(asked, reasoned=True))
    return _done(asked, run)


def resume(asked: Asked) -> Answer:
    """Let a paused run go on."""
    run = _run_of(asked)
    with as_it_stands():
        deciding.let_run_on(run, decision(asked))
    return _done(asked, run)


def _done(asked: Asked, run: Run) -> Answer:
    paused = pauses.get().standing(place_of(run.campaign, run.run), clock.now_ms()) is not None
    facts = {"campaign": run.campaign, "run": run.run, "state": run.state, "paused": paused and run.open}
    return done(asked, "campaigns", run.campaign, run.run, **facts)


def _run_of(asked: Asked) -> Run:
    found = campaigns.get(asked.named["campaign"], asked.named["run"])
    if found is None:
        raise Refused("unknown-run", "There is no such run of a campaign.", status=404)
    return found


def _of_definition(run: Run) -> dict[str, Any]:
    """What the release by which a run goes says of it; nothing where that is no longer stored."""
    release = releases.found(run.release)
    definition = release.campaigns.get(run.campaign) if release else None
    if release is None or definition is None:
        return {"audience": None, "occasions": None, "channel": None, "mail": None}
    channel, template = channel_and_template(definition.send)
    mail = template if channel == "email" else None
    return {
        "audience": _audience(definition, release),
        "occasions": _when(definition),
        "channel": channel,
        "mail": mail,
    }


def _audience(definition: Campaign, release: Release) -> dict[str, Any]:
    segment = release.segments.get(definition.to)
    return {
        "segment": _titled(definition.to, release),
        "says": contact_that(segment.when, release) if segment else "",
        "except": [_titled(id, release) for id in definition.except_],
    }


def _titled(segment: str, release: Release) -> str:
    found = release.segments.get(segment)
    return (found.title if found else "") or release.present_name("segment", segment)


def _when(definition: Campaign) -> dict[str, Any]:
    when = definition.when
    if isinstance(when, str):
        return {"kind": "request", "local": False}
    said = when.model_dump(mode="python", by_alias=True, exclude_none=True)
    plain = {
        name: one.isoformat()[:5] if isinstance(one, time) else one.isoformat() if isinstance(one, date) else one
        for name, one in said.items()
    }
    kind = "once" if "on" in plain else "month" if plain["every"] == "month" else "every"
    return {"kind": kind, **plain, "local": definition.local}


def _reasons(counted: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"reason": one, "says": REASONS.get(one, one), "people": many} for one, many in counted.items()]


def _progress(run: Run) -> dict[str, Any] | None:
    """How many of those on the list were decided (while it is counted: how many were looked at)."""
    if run.state not in ("counting", "sending"):
        return None
    job = jobs.get(work.job_id(run, work.COUNT if run.state == "counting" else work.SEND))
    return {"done": job.done if job else 0, "of": run.people or None}
