"""Decisions: lines that a contact crosses, each made once with its cause."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from functions.core.conditions import Condition, EventMatch
from functions.core.contact import Contact, Decision, Standing, State
from functions.core.counters import matches
from functions.core.enrollment import key_of
from functions.core.evaluate import Seen, Verdict, earliest, evaluate
from functions.core.event import LIVE, Event
from functions.core.ids import crossing, decision_id, digest
from functions.core.journey import Requested, Trigger
from functions.core.release import Release
from functions.core.requests import made_by, wanted_by
from functions.core.standing import grade_at, stage_at, temperature_at
from functions.core.touched import GRADE, STAGE, TEMPERATURE, Touched

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
    contact: Contact,
    release: Release,
    now: int,
    events: Sequence[Event] = (),
    touched: Touched | None = None,
    *,
    otherwise: str = BY_TIME,
) -> Outcome:
    """What `contact` (facts already folded) crosses at `now` (ms).

    `events` are those just folded: they are the cause, start journeys (live ones only) and
    wake open enrollments. Without events the cause is `otherwise`. The next write's version is
    part of each decision's id, so that the same crossing is never two decisions. What is not
    `touched` stays as it stands; without it, everything is judged. Where the condition of a journey comes to
    hold, that starts it, unless it was the rules that changed, or nothing happened but what was imported.
    """
    state = contact.state
    cause = events[-1].ref if events else otherwise
    version = state.version + 1
    made: list[Decision] = []
    lines, until_lines = _lines(contact, release, now, touched)
    standing = state.standing
    for kind, before, after in lines:
        if before != after:
            since = standing.stages.get(before, 0) if kind == "stage" else 0
            decision = decision_id(contact.id, kind, after, version)
            made.append(Decision(decision, kind, kind, now, cause, before, after, since))
            standing = _crossed(standing, release, kind, after, now)
    names = None if touched is None else touched.segments(state.standing, standing)
    standing, crossed, until_segments = _segments(contact, standing, release, now, cause, version, names)
    made.extend(crossed)
    journeys = None if touched is None else touched.journeys(state.standing, standing)
    standing, begun, until_journeys = _journeys(contact, standing, release, now, journeys)
    made.extend(_triggers(contact, release, events))
    if cause != BACKFILL and (not events or _live(events)):
        made.extend(_crossing(contact.id, name, version, now) for name in begun)
    if state.watching and (events or made):
        made.append(Decision(decision_id(contact.id, "wake", "", version), "wake", "", now, cause))
    due = _due(state.due, earliest([until_lines, until_segments, until_journeys]), now)
    return Outcome(replace(state, standing=standing, due=due), tuple(made))


def cause_of(happened: Sequence[Event]) -> str:
    """The cause of what a count decides that was put off when these events came: BACKFILL where all were imported."""
    if not happened:
        return BY_TIME
    return happened[-1].ref if _live(happened) else BACKFILL


def _live(events: Sequence[Event]) -> bool:
    return any(event.cause == LIVE for event in events)


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


def _lines(
    contact: Contact, release: Release, now: int, touched: Touched | None = None
) -> tuple[list[tuple[str, str, str]], int | None]:
    """Those of temperature, grade and stage that are touched, as (kind, held so far, held now), and until when
    that is so.

    Each is asked of the contact as it was read: conditions that refer to another of them evaluate
    it inline, so it is all the same which comes first.
    """
    held, seen = contact.state.standing, Seen(contact, release)

    def holds(condition: Condition) -> Verdict:
        return evaluate(condition, seen, now)

    lines: list[tuple[str, str, str]] = []
    untils: list[int | None] = []
    asked: tuple[tuple[str, str, Callable[[], tuple[str, int | None]]], ...] = (
        (TEMPERATURE, held.temperature, lambda: temperature_at(contact, release, now)),
        (GRADE, held.grade, lambda: grade_at(release, holds)),
        (STAGE, held.stage, lambda: stage_at(contact.state, release, holds)),
    )
    for kind, before, stands in asked:
        if touched is None or touched.line(kind):
            after, until = stands()
            lines.append((kind, before, after))
            untils.append(until)
    return lines, earliest(untils)


def _crossed(standing: Standing, release: Release, kind: str, after: str, now: int) -> Standing:
    match kind:
        case "temperature":
            return replace(standing, temperature=after, since=now)
        case "grade":
            return replace(standing, grade=after)
        case _:
            # Stages that the funnel no longer has are forgotten.
            kept = {stage: at for stage, at in standing.stages.items() if release.funnel.place(stage) >= 0}
            return replace(standing, stage=after, stages=kept | ({after: now} if after else {}))


def _segments(
    contact: Contact,
    standing: Standing,
    release: Release,
    now: int,
    cause: str,
    version: int,
    names: Iterable[str] | None = None,
) -> tuple[Standing, list[Decision], int | None]:
    """The standing with regard to the segments of these names, or to all; the decisions that this makes, and
    until when that is so."""
    # A segment may refer to the temperature decided a moment ago.
    seen = Seen(replace(contact, state=replace(contact.state, standing=standing)), release)
    entered = {name: since for name, since in standing.segments.items() if name in release.segments}
    made: list[Decision] = []
    untils: list[int | None] = []
    for name in release.segments if names is None else names:
        verdict = evaluate(release.segments[name].when, seen, now)
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


def _journeys(
    contact: Contact, standing: Standing, release: Release, now: int, names: Iterable[str] | None = None
) -> tuple[Standing, list[str], int | None]:
    """The standing with regard to the lines by which journeys of these names, or all, start; those whose condition
    came to hold, and until when that is so."""
    if not release.lines and not standing.journeys:
        return standing, [], None
    seen = Seen(replace(contact, state=replace(contact.state, standing=standing)), release)
    held = {name: since for name, since in standing.journeys.items() if name in release.lines}
    begun: list[str] = []
    untils: list[int | None] = []
    for name in release.lines if names is None else names:
        verdict = evaluate(release.lines[name], seen, now)
        untils.append(verdict.until)
        if not verdict.holds:
            held.pop(name, None)
        elif name not in held:
            held[name] = now
            begun.append(name)
    return replace(standing, journeys=held), begun, earliest(untils)


def _crossing(contact: str, journey: str, version: int, now: int) -> Decision:
    cause = crossing(contact, journey, version)
    return Decision(digest("trigger", contact, journey, cause), "trigger", journey, now, cause)


def _triggers(contact: Contact, release: Release, events: Sequence[Event]) -> list[Decision]:
    made: list[Decision] = []
    for event in events:
        if event.cause != LIVE or event.held:
            continue
        for journey_id, journey in release.every_journey.items():
            if not _starts(journey_id, journey.start.when, event, release.sending.business.time_zone):
                continue
            key = key_of(journey, event)
            if key is not None:
                trigger, by = digest("trigger", contact.id, journey_id, event.ref), made_by(event)
                made.append(Decision(trigger, "trigger", journey_id, event.at, event.ref, by, key))
    return made


def _starts(journey_id: str, when: Trigger, event: Event, zone: str) -> bool:
    match when:
        case EventMatch():
            return matches(when, event, zone)
        case Requested():
            return wanted_by(event) == journey_id
        case _:
            return False


def _due(held: int | None, computed: int | None, now: int) -> int | None:
    # A lower bound: moved earlier at once, later only when it was reached, so that most
    # events leave the index alone.
    if held is None or held <= now:
        return computed
    return held if computed is None else min(held, computed)
