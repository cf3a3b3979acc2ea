"""What became of one contact, told in the same words of virtual time and of a deployment, to compare the two."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, TypeVar

from authoring.scenarios.run import Life
from functions.core.contact import Contact
from functions.core.enrollment import PATH_KEPT, Enrollment, Passage
from functions.core.message import Message
from functions.tables import contacts, enrollments, leads, messages

One = TypeVar("One")
OUT: Final = frozenset({"sent", "delivered", "bounced", "complained"})
"""States of a message in a deployment that are one in virtual time: it went out."""


@dataclass(frozen=True, slots=True)
class Point:
    """Something that happened: what, and when (ms)."""

    what: str
    at: int


@dataclass(frozen=True, slots=True)
class Trace:
    """The runs of all journeys and their paths, every message with what became of it, the leads handed over, and in
    the end tags and traits."""

    points: Mapping[str, Sequence[Point]]
    tags: frozenset[str]
    traits: Mapping[str, Any]


def lived(life: Life) -> Trace:
    """What virtual time says."""
    world = life.world
    runs = [(run.enrollment, run.path) for run in world.runs]
    letters = [(_place(one.message), _became(one.state, one.reason, one.at)) for one in world.letters]
    handed = [_handed(one.journey, one.effect.step, one.effect.to, one.effect.reason, one.at) for one in world.leads]
    return _trace(runs, letters, handed, world.contact)


def stored(contact: str) -> Trace:
    """What the deployment says to which this process is connected."""
    runs = [(one, one.path) for one in (*enrollments.earlier(contact), *enrollments.of(contact))]
    letters = []
    for one in sorted(messages.list_for(contact), key=lambda one: one.created):
        # SES reports with its own clock that it took a mail; when it was handed over was noted by ours.
        at = one.times.get("sending", one.times.get(one.state, one.created))
        state = "sent" if one.state in OUT else "waiting" if one.state == "intended" else one.state
        letters.append((_place(one), _became(state, "" if state == "sent" else one.reason, at)))
    handed = [_handed(one.journey, one.step, one.to, one.reason, one.at) for one in leads.of([contact])]
    return _trace(runs, letters, handed, contacts.load([contact])[contact])


def _place(message: Message) -> str:
    return f"{message.channel} of {message.place}"


def _became(state: str, reason: str, at: int) -> Point:
    return Point(f"{state} {reason}".strip(), at)


def _handed(journey: str, step: str, to: str, reason: str, at: int) -> Point:
    return Point(f"{journey}/{step} to {to}: {reason}", at)


def _trace(
    runs: Sequence[tuple[Enrollment, Sequence[Passage]]],
    letters: Sequence[tuple[str, Point]],
    handed: Sequence[Point],
    contact: Contact,
) -> Trace:
    points: dict[str, list[Point]] = {"leads": sorted(handed, key=lambda one: one.at)}
    for place, letter in letters:
        # Those of different steps that are decided at one moment have no order among themselves.
        points.setdefault(place, []).append(letter)
    for nth, (run, path) in enumerate(in_order(runs, lambda one: one[0])):
        passed = [Point(f"{one.step}: {one.outcome}", one.at) for one in path[-PATH_KEPT:]]
        entered = Point(f"enters {run.journey}", run.entered)
        waits = [] if run.waiting is None else [Point(f"waits at {run.waiting.step}", run.waiting.since)]
        ended = [] if run.ended is None else [Point(f"ends: {run.state}", run.ended)]
        points[f"run {nth + 1}"] = [entered, *passed, *waits, *ended]
    tags = frozenset(tag for tag, (_, on) in contact.state.facts.tags.items() if on)
    traits = {name: value for name, (_, value) in contact.profile.traits.items() if value is not None}
    return Trace(points, tags, traits)


def in_order(runs: Sequence[One], row: Callable[[One], Enrollment]) -> list[One]:
    """Runs of a person as both name them."""
    return sorted(runs, key=lambda one: (row(one).journey, row(one).entered, row(one).key))


def differences(virtual: Trace, real: Trace, within_ms: int) -> list[str]:
    """In what a deployment's trace differs from that of virtual time, moments by more than `within_ms`."""
    return list(_differences(virtual, real, within_ms))


def _differences(virtual: Trace, real: Trace, within_ms: int) -> Iterator[str]:
    for name in sorted({*virtual.points, *real.points}):
        for one, other in zip_longest(virtual.points.get(name, ()), real.points.get(name, ())):
            if one is None or other is None or one.what != other.what:
                yield f"{name}: {_said(one)} in virtual time, {_said(other)} in the deployment"
                break
            if abs(one.at - other.at) > within_ms:
                yield f"{name}: {one.what} {(other.at - one.at) / 1000:+.1f} s later in the deployment"
                break
    if virtual.tags != real.tags:
        yield f"tags: {sorted(virtual.tags)} in virtual time, {sorted(real.tags)} in the deployment"
    for trait in sorted({*virtual.traits, *real.traits}):
        if virtual.traits.get(trait) != real.traits.get(trait):
            said, found = virtual.traits.get(trait), real.traits.get(trait)
            yield f"trait {trait}: {said!r} in virtual time, {found!r} in the deployment"


def _said(point: Point | None) -> str:
    return "nothing" if point is None else point.what


def latest(virtual: Trace, real: Trace) -> int:
    """By how much (ms) the deployment was late at most, where both tell the same."""
    late = [
        other.at - one.at
        for name, points in virtual.points.items()
        for one, other in zip(points, real.points.get(name, ()), strict=False)
    ]
    return max(late, default=0)
