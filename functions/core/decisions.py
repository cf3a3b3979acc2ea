"""Decisions: lines that a contact crosses, each made once with its cause."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from functions.core.conditions import Condition, EventMatch
from functions.core.contact import Contact, Decision, Standing, State
from functions.core.counters import matches
from functions.core.enrollment import key_of
from functions.core.evaluate import Seen, Verdict, earliest, evaluate
from functions.core.event import LIVE, Event
from functions.core.ids import decision_id, digest
from functions.core.release import Release
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
    `touched` stays as it stands; without it, everything is judged.
    """
    state = contact.state
    cause = events[-1].ref if events else otherwise
    version = state.version + 1
    made: list[Decision] = []
    lines, until_lines = _lines(contact, release, now, touched)
    standing = state.standing
    for kind, before, after in lines:
        if before != after:
            made.append(Decision(decision_id(contact.id, kind, after, version), kind, kind, now, cause, before, after))
            standing = _crossed(standing, release, kind, after, now)
    names = None if touched is None else touched.segments(state.standing, standing)
    standing, crossed, until_segments = _segments(contact, standing, release, now, cause, version, names)
    made.extend(crossed)
    made.extend(_triggers(contact, release, events))
    if state.watching and (events or made):
        made.append(Decision(decision_id(contact.id, "wake", "", version), "wake", "", now, cause))
    due = _due(state.due, earliest([until_lines, until_segments]), now)
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


def _triggers(contact: Contact, release: Release, events: Sequence[Event]) -> list[Decision]:
    made: list[Decision] = []
    for event in events:
        if event.cause != LIVE or event.held:
            continue
        for journey_id, journey in release.every_journey.items():
            start = journey.start.when
            if not isinstance(start, EventMatch) or not matches(start, event, release.sending.business.time_zone):
                continue
            key = key_of(journey, event)
            if key is not None:
                trigger = digest("trigger", contact.id, journey_id, event.ref)
                made.append(Decision(trigger, "trigger", journey_id, event.at, event.ref, after=key))
    return made


def _due(held: int | None, computed: int | None, now: int) -> int | None:
    # A lower bound: moved earlier at once, later only when it was reached, so that most
    # events leave the index alone.
    if held is None or held <= now:
        return computed
    return held if computed is None else min(held, computed)
