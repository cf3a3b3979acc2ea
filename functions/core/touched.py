"""What an event touches: which conditions may answer otherwise than when a contact was last decided.

A condition looks at some inputs only: counters, traits, tags, topics, and where the contact stands. While none of
them differs and time has not come (`due`), its answer stays, so a release of a thousand segments costs an event
what the few segments cost that it is about.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from functions.core.behaviour import ADDED, counter_id, leaves, match_of_added, matches_of
from functions.core.conditions import (
    Condition,
    ConsentCondition,
    EmailCondition,
    EventCondition,
    GradeCondition,
    JourneyCondition,
    ScoreCondition,
    SegmentCondition,
    StageCondition,
    TagCondition,
    TemperatureCondition,
    TraitCondition,
)
from functions.core.consent import EVERYTHING
from functions.core.contact import Contact, Facts, Standing
from functions.core.event import Event
from functions.core.facts import TRAITS_KEPT
from functions.core.release import Release

TEMPERATURE: Final = "temperature"
GRADE: Final = "grade"
STAGE: Final = "stage"
STAGE_SET: Final = "stage set"


class Reads:
    """Which inputs the lines, the segments and the journeys of a release look at.

    An input is named by a word and an id: "counter abcd2345", "trait city", "tag green", "consent tips"; or it is
    one of TEMPERATURE, GRADE and STAGE, which are decided first, or STAGE_SET.
    """

    def __init__(self, release: Release) -> None:
        self.lines: Mapping[str, frozenset[str]] = {
            TEMPERATURE: frozenset(_of_temperature(release)),
            GRADE: frozenset(_of_grade(release)),
            STAGE: frozenset(_of_stage(release)),
        }
        segments = {name: segment.when for name, segment in release.segments.items()}
        self._segments = _Readers(segments, release)
        self._journeys = _Readers(release.lines, release)

    def segments(self, inputs: Iterable[str]) -> list[str]:
        """The segments that look at one of the inputs, in authored order."""
        return self._segments.of(inputs)

    def journeys(self, inputs: Iterable[str]) -> list[str]:
        """The journeys that start by a line which looks at one of the inputs, in authored order."""
        return self._journeys.of(inputs)


class _Readers:
    """Which of some named conditions look at an input."""

    def __init__(self, conditions: Mapping[str, Condition], release: Release) -> None:
        self._order = {name: place for place, name in enumerate(conditions)}
        self._by_input: dict[str, list[str]] = {}
        for name, condition in conditions.items():
            for read in set(_of(condition, release, lines=False)):
                self._by_input.setdefault(read, []).append(name)

    def of(self, inputs: Iterable[str]) -> list[str]:
        found = {name for read in inputs for name in self._by_input.get(read, ())}
        return sorted(found, key=self._order.__getitem__)


@dataclass(frozen=True, slots=True)
class Touched:
    """The inputs that differ from what a contact was decided by."""

    reads: Reads
    inputs: frozenset[str]

    def line(self, name: str) -> bool:
        """Whether TEMPERATURE, GRADE or STAGE may be another than it is held to be."""
        return not self.reads.lines[name].isdisjoint(self.inputs)

    def segments(self, before: Standing, after: Standing) -> list[str]:
        """The segments that may be entered or left, now that lines were crossed from `before` to `after`."""
        return self.reads.segments([*self.inputs, *_crossed(before, after)])

    def journeys(self, before: Standing, after: Standing) -> list[str]:
        """The journeys whose condition may have come to hold, or ceased to, likewise."""
        return self.reads.journeys([*self.inputs, *_crossed(before, after)])


def touched(
    reads: Reads, before: Contact, after: Contact, events: Sequence[Event], seq: int, now: int
) -> Touched | None:
    """What `events` touched that made `after` of the contact `before`; None where anything may have changed: another
    release (`seq` is the live one's) decided last, all was counted anew, or time has come.
    """
    state = before.state
    if state.version == 0 or state.release != seq or (state.due is not None and state.due <= now):
        return None
    if state.spec != after.state.spec:
        return None
    # Not only what differs: the profile may have been written by an attempt that wrote no state.
    traits = {name for event in events for name in event.traits}
    if traits and len(after.profile.traits) >= TRAITS_KEPT:
        return None
    if before.profile.traits != after.profile.traits:
        traits |= _differing(before.profile.traits, after.profile.traits)
    return Touched(reads, frozenset((*(f"trait {name}" for name in traits), *_changed(state.facts, after.state.facts))))


def _changed(before: Facts, after: Facts) -> Iterator[str]:
    for one, other in (
        (before.counters, after.counters),
        (before.newest, after.newest),
        (before.earliest, after.earliest),
    ):
        yield from (f"counter {key}" for key in _differing(one, other))
    for tag in _differing(before.tags, after.tags):
        yield f"tag {tag}"
    for topic in _differing(before.consents, after.consents):
        yield f"consent {topic}"
    if before.stage_set != after.stage_set:
        yield STAGE_SET


def _differing(one: Mapping[str, object], other: Mapping[str, object]) -> set[str]:
    found = {key for key, value in other.items() if key not in one or one[key] != value}
    return found | (one.keys() - other.keys())


def _crossed(before: Standing, after: Standing) -> Iterator[str]:
    if before.temperature != after.temperature:
        yield TEMPERATURE
    if before.grade != after.grade:
        yield GRADE
    if before.stage != after.stage or before.stages != after.stages:
        yield STAGE


def _of(condition: Condition, release: Release, *, lines: bool, within: frozenset[str] = frozenset()) -> Iterator[str]:
    """The inputs of a condition. With `lines`, temperature, grade and stage are followed to what makes them;
    `within` are the names that are being followed already."""
    for leaf in leaves(condition):
        match leaf:
            case EventCondition():
                yield f"counter {counter_id(leaf, leaf.sum)}"
            case EmailCondition() | JourneyCondition():
                yield from (f"counter {counter_id(match)}" for match in matches_of(leaf))
            case TraitCondition():
                yield from {f"trait {leaf.trait}", f"trait {leaf.trait.partition('.')[0]}"}
            case TagCondition():
                yield f"tag {leaf.tag}"
            case ConsentCondition():
                yield from (f"consent {leaf.consent}", f"consent {EVERYTHING}")
            case ScoreCondition():
                yield from _of_score(leaf.score, release)
            case SegmentCondition():
                segment = release.segments.get(leaf.segment)
                if segment is not None and (name := f"segment {leaf.segment}") not in within:
                    yield from _of(segment.when, release, lines=lines, within=within | {name})
            case TemperatureCondition():
                yield from _of_temperature(release) if lines else (TEMPERATURE,)
            case GradeCondition():
                yield from _of_grade(release, within) if lines else (GRADE,)
            case StageCondition():
                yield from _of_stage(release, within) if lines else (STAGE,)


def _of_score(name: str, release: Release) -> Iterator[str]:
    score = release.scoring.scores.get(name)
    if score is None:
        return
    yield f"counter {counter_id(match_of_added(name), ADDED)}"
    for rule in score.rules:
        yield f"counter {counter_id(rule.when)}"


def _of_temperature(release: Release) -> Iterator[str]:
    rule = release.scoring.temperature
    return _of_score(rule.score, release) if rule else iter(())


def _of_grade(release: Release, within: frozenset[str] = frozenset()) -> Iterator[str]:
    if release.scoring.grade is not None and GRADE not in within:
        for rule in release.scoring.grade.rules:
            yield from _of(rule.when, release, lines=True, within=within | {GRADE})


def _of_stage(release: Release, within: frozenset[str] = frozenset()) -> Iterator[str]:
    if STAGE not in within:
        yield STAGE_SET
        for stage in release.funnel.stages:
            yield from _of(stage.when, release, lines=True, within=within | {STAGE})
