"""Decisions: lines that a contact crosses, each made once with its cause."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from functions.core.contact import Contact, Decision, Standing, State
from functions.core.counters import matches
from functions.core.evaluate import Seen, earliest, evaluate
from functions.core.event import LIVE, Event
from functions.core.ids import decision_id, digest
from functions.core.release import Release
from functions.core.views import band, first_day_below, local_day, midnight

BY_TIME = "time"
BACKFILL = "backfill"
"""Cause of what a change of the rules decides, or of the facts, rather than the person or the time: it starts no
journey."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state to write, and the decisions that go out with it."""

    state: State
    decisions: tuple[Decision, ...]


def decide(
    contact: Contact, release: Release, now: int, events: Sequence[Event] = (), *, otherwise: str = BY_TIME
) -> Outcome:
    """What `contact` (facts already folded) crosses at `now` (ms).

    `events` are those just folded: they are the cause, start journeys (live ones only) and
    wake open enrollments. Without events the cause is `otherwise`. The next write's version is
    part of each decision's id, so that the same crossing is never two decisions.
    """
    state = contact.state
    cause = events[-1].ref if events else otherwise
    version = state.version + 1
    made: list[Decision] = []
    temperature, until_temperature = _temperature(contact, release, now)
    standing = state.standing
    if temperature != standing.temperature:
        identity = decision_id(contact.id, "temperature", temperature, version)
        made.append(Decision(identity, "temperature", "temperature", now, cause, standing.temperature, temperature))
        standing = replace(standing, temperature=temperature, since=now)
    standing, crossed, until_segments = _segments(contact, standing, release, now, cause, version)
    made.extend(crossed)
    made.extend(_triggers(contact, release, events))
    if state.watching and (events or made):
        made.append(Decision(decision_id(contact.id, "wake", "", version), "wake", "", now, cause))
    due = _due(state.due, earliest([until_temperature, until_segments]), now)
    return Outcome(replace(state, standing=standing, due=due), tuple(made))


def put_off(contact: Contact, release: Release, now: int, events: Sequence[Event], *, until: int) -> Outcome:
    """Like `decide`, for facts that are yet to be made anew: only journeys hear of `events`. Due at `until` (ms)."""
    made = _triggers(contact, release, events)
    if contact.state.watching and events:
        version = contact.state.version + 1
        made.append(Decision(decision_id(contact.id, "wake", "", version), "wake", "", now, events[-1].ref))
    return Outcome(replace(contact.state, spec="", due=until), tuple(made))


def keep(contact: Contact, release: Release, now: int) -> Outcome:
    """Like `decide`, for rebuilt facts: nothing new is decided, only the next due moment.

    Lines that the rebuilt facts would put elsewhere are crossed when the contact is next
    touched: by the sweep, at once.
    """
    outcome = decide(contact, release, now)
    due = outcome.state.due if not outcome.decisions else now
    return Outcome(replace(contact.state, due=due), ())


def differing(contact: Contact, release: Release, now: int) -> tuple[Decision, ...]:
    """Decisions that facts as they stand would make now: what a rebuild reports, and does not do."""
    found = decide(replace(contact, state=replace(contact.state, watching=frozenset())), release, now)
    return found.decisions


def _temperature(contact: Contact, release: Release, now: int) -> tuple[str, int | None]:
    rule = release.scoring.temperature
    held = contact.state.standing.temperature
    score = release.scoring.scores.get(rule.score) if rule else None
    if rule is None or score is None:
        return "cold", None
    zone = release.sending.business.time_zone
    today = local_day(now, zone)
    facts = contact.state.facts
    standing = band(facts, rule, score, today, held)
    if standing == "cold":
        return standing, None
    left = rule.hot.until_below if standing == "hot" else rule.warm.until_below
    day = first_day_below(facts, score, today, left)
    return standing, None if day is None else midnight(day, zone)


def _segments(
    contact: Contact, standing: Standing, release: Release, now: int, cause: str, version: int
) -> tuple[Standing, list[Decision], int | None]:
    # A segment may refer to the temperature decided a moment ago.
    seen = Seen(replace(contact, state=replace(contact.state, standing=standing)), release)
    entered = {name: since for name, since in standing.segments.items() if name in release.segments}
    made: list[Decision] = []
    untils: list[int | None] = []
    for name, segment in release.segments.items():
        verdict = evaluate(segment.when, seen, now)
        untils.append(verdict.until)
        if verdict.holds == (name in entered):
            continue
        before, after = ("out", "in") if verdict.holds else ("in", "out")
        made.append(
            Decision(decision_id(contact.id, "segment", name, version), "segment", name, now, cause, before, after)
        )
        if verdict.holds:
            entered[name] = now
        else:
            del entered[name]
    return replace(standing, segments=entered), made, earliest(untils)


def _triggers(contact: Contact, release: Release, events: Sequence[Event]) -> list[Decision]:
    return [
        Decision(digest("trigger", contact.id, journey_id, event.ref), "trigger", journey_id, event.at, event.ref)
        for event in events
        if event.cause == LIVE and not event.held
        for journey_id, journey in release.every_journey.items()
        if matches(journey.start.when, event)
    ]


def _due(held: int | None, computed: int | None, now: int) -> int | None:
    # A lower bound: moved earlier at once, later only when it was reached, so that most
    # events leave the index alone.
    if held is None or held <= now:
        return computed
    return held if computed is None else min(held, computed)
