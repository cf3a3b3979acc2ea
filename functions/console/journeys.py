"""Journeys: what starts each, whether it goes, and what a person does to those inside."""

from collections import Counter
from typing import Any, Final

from functions import clock, releases
from functions.console.acting import decision, done, typed
from functions.console.routes import Asked, Shown
from functions.console.senders import FORMER
from functions.core import setback
from functions.core.correction import GoTo, Leave, Recall, Skip, Unfit, check_recall
from functions.core.errors import Refused
from functions.core.journey import Journey
from functions.core.pauses import of_journey
from functions.core.release import Release
from functions.core.telling import lines, of_start
from functions.core.views import iso
from functions.http import Answer
from functions.tables import counts, pauses, setbacks
from functions.tables.setbacks import Setback
from functions.work import deciding

HOW: Final = ("skip", "leave", "goto")


def index(asked: Asked) -> Shown:
    """Every journey, those first that need somebody; of those that are live no more, whoever is still in them."""
    pointer = releases.live()
    live, now, held, kept = pointer.release, clock.now_ms(), pauses.get(), setbacks.listed()
    past = {one.id: one for one in pointer.former if one.kind == "journey"}
    inside = {id: many for id in list(past)[:FORMER] if (many := sum(waiting(id).values()))}
    known = {*live.journeys, *held.journeys(now), *(one.journey for one in kept), *inside}
    found = []
    for id in sorted(known):
        pause = held.standing(of_journey(id), now)
        stands = {"since": iso(pause.since), "by": pause.by, "why": pause.why} if pause else None
        found.append(
            named(id, live)
            | ({"title": past[id].title or past[id].name} if id in past else {})
            | {"live": id in live.every_journey, "starts": _starts(id, live), "paused": stands}
            | {"inside": inside.get(id)}
            | {"stuck": stuck([one for one in kept if one.journey == id], live)}
        )
    return Shown("journeys.html", {"journeys": sorted(found, key=lambda one: not (one["stuck"] or one["paused"]))})


def named(id: str, release: Release) -> dict[str, Any]:
    """A journey by its id, its present name and its title."""
    held = release.every_journey.get(id)
    return {"id": id, "journey": release.present_name("journey", id), "title": held.title if held else ""}


def stuck(kept: list[Setback], release: Release) -> list[dict[str, Any]]:
    """Mistakes that keep people, in words, with how many each keeps now, as far as it is counted."""
    standing = {journey: counts.standing(f"journey/{journey}") for journey in {one.journey for one in kept}}
    return [_stuck(one, standing[one.journey].get(one.step, Counter[str]())["stuck"], release) for one in kept]


def _stuck(one: Setback, keeps: int, release: Release) -> dict[str, Any]:
    return {
        # Whoever was not let in by what is asked of them stands nowhere, and is not counted.
        "keeps": keeps if keeps or one.step != setback.ASKING else None,
        "id": one.journey,
        "journey": release.present_name("journey", one.journey),
        "title": named(one.journey, release)["title"],
        "at": one.step,
        "step": release.present_name("step", one.step, f"journey {one.journey}"),
        "code": one.code,
        "why": setback.in_words(one.code),
        "since": iso(one.since),
        "last": iso(one.at),
    }


def _starts(id: str, release: Release) -> str:
    held = release.journeys.get(id)
    return of_start(held.start, release) if held else ""


def pause(asked: Asked) -> Answer:
    """Stop a journey: nobody moves in it, and nothing of it goes out."""
    id, live = asked.named["journey"], releases.live()
    # Of one that is live no more there may be people inside.
    if id not in live.release.every_journey and all((one.kind, one.id) != ("journey", id) for one in live.former):
        raise _unknown()
    begins = deciding.hold(of_journey(id), decision(asked, reasoned=True))
    return done(asked, "journeys", journey=id, paused=True, changed=begins)


def resume(asked: Asked) -> Answer:
    """Let a paused journey go on, which takes some minutes."""
    id = asked.named["journey"]
    ended = deciding.let_on(of_journey(id), decision(asked))
    return done(asked, "journeys", journey=id, paused=False, changed=ended)


def retry(asked: Asked) -> Answer:
    """Let those go on whom a mistake keeps, once it is mended."""
    id, step = asked.named["journey"], typed(asked, "step")
    kept = {one.step for one in setbacks.listed() if one.journey == id}
    if not kept or step not in ("", *kept):
        raise Refused("not-now", "No mistake keeps anybody there, or not any more.", status=409)
    job = deciding.retry(id, step, decision(asked))
    return done(asked, "jobs", job.id, journey=id, step=step, job=job.id)


def ask_recall(asked: Asked) -> Shown:
    """Whom to recall: from which step, and whereto."""
    id, journey = _journey_of(asked)
    live = releases.live().release
    here = waiting(id)
    steps = [
        {
            "id": line.step.id,
            "step": live.present_name("step", line.step.id, f"journey {id}"),
            "depth": line.depth,
            "says": line.text,
            "waiting": here.get(line.step.id),
        }
        for line in lines(journey.steps, live)
    ]
    wanted = asked.request.query.get("step", "")
    return Shown("recall.html", named(id, live) | {"steps": steps, "wanted": wanted, "how": list(HOW)})


def waiting(journey: str) -> dict[str, int]:
    """How many wait at each step now, as far as it is counted."""
    return {step: many for step, numbers in counts.standing(f"journey/{journey}").items() if (many := numbers["here"])}


def recall(asked: Asked) -> Answer:
    """Correct everybody who waits at a step now."""
    id, journey = _journey_of(asked)
    step, what = typed(asked, "step"), _recall(asked)
    try:
        check_recall(journey, step, what)
    except Unfit as error:
        raise Refused("unfit-recall", str(error), status=422) from error
    many = waiting(id).get(step, 0)
    job = deciding.recall(id, step, what, decision(asked, reasoned=True), many=many)
    return done(asked, "jobs", job.id, journey=id, step=step, job=job.id)


def _recall(asked: Asked) -> Recall:
    match typed(asked, "how"):
        case "skip":
            return Skip()
        case "leave":
            return Leave()
        case "goto":
            return GoTo(typed(asked, "to"))
    raise Refused("unfit-recall", "Say what becomes of them.", field="how", status=422)


def _journey_of(asked: Asked) -> tuple[str, Journey]:
    id = asked.named["journey"]
    found = releases.live().release.every_journey.get(id)
    if found is None:
        raise _unknown()
    return id, found


def _unknown() -> Refused:
    return Refused("unknown-journey", "There is no such journey.", status=404)
