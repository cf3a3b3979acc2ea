"""Sending: whether anything goes out, and the big switch."""

from typing import Any, Final

from functions import clock, releases
from functions.console.acting import decision, done, typed
from functions.console.routes import Asked, Shown
from functions.core.errors import Refused
from functions.core.pauses import EVERYTHING, MARKETING, Pauses, journey_of
from functions.core.release import Release
from functions.core.views import iso
from functions.http import Answer
from functions.tables import pauses
from functions.work import deciding

WHAT: Final = (MARKETING, EVERYTHING)
MOST_HOURS: Final = 30 * 24
HOUR_MS: Final = 3_600_000


def show(asked: Asked) -> Shown:
    """What is paused, and by whom."""
    release, held = releases.live().release, pauses.get()
    return Shown("sending.html", {"what": list(WHAT), "paused": paused(held, release, clock.now_ms())})


def paused(held: Pauses, release: Release, now: int) -> list[dict[str, Any]]:
    """Every pause that stands: `what` is its name, `kind` what it is about."""
    found = []
    for name in sorted(held.held, key=lambda one: (one not in WHAT, one)):
        pause = held.standing(name, now)
        if pause is None:
            continue
        kind, called = _called(name, release)
        until = None if pause.until is None else iso(pause.until)
        said = {"since": iso(pause.since), "until": until, "by": pause.by, "why": pause.why}
        found.append({"kind": kind, "what": name, "name": called, **said})
    return found


def _called(name: str, release: Release) -> tuple[str, str]:
    """What is paused, and what people call it."""
    if journey := journey_of(name):
        known = release.every_journey.get(journey)
        return "journey", (known.title if known else "") or release.present_name("journey", journey)
    campaign, is_run, run = name.removeprefix("campaign--").partition("/")
    return ("campaign", f"{release.present_name('campaign', campaign)}/{run}") if is_run else ("sending", name)


def pause(asked: Asked) -> Answer:
    """Let nothing go out for now: no marketing, or nothing at all."""
    what = typed(asked, "what") or MARKETING
    if what not in WHAT:
        raise Refused("unknown-pause", "That is nothing which can be paused here.", field="what", status=422)
    decided = decision(asked, reasoned=True)
    hours = _hours(typed(asked, "hours"))
    begins = deciding.hold(what, decided, until=decided.at + hours * HOUR_MS if hours else None)
    return done(asked, "sending", what=what, paused=True, changed=begins)


def resume(asked: Asked) -> Answer:
    """Let go on whatever stands among the pauses."""
    what, decided = typed(asked, "what") or MARKETING, decision(asked)
    if pauses.get().standing(what, decided.at) is None and what not in WHAT:
        raise Refused("unknown-pause", "That is not paused, or no longer.", field="what", status=422)
    ended = deciding.let_on(what, decided)
    return done(asked, "sending", what=what, paused=False, changed=ended)


def _hours(said: str) -> int:
    """For how many hours, 0 until somebody ends it."""
    if not said:
        return 0
    if not said.isascii() or not said.isdecimal() or not 0 < int(said[:6]) <= MOST_HOURS:
        raise Refused("invalid-hours", "Write a whole number of hours, 720 at most.", field="hours", status=422)
    return int(said)
