"""An enrollment: one contact in one run of one journey. Its row is the truth about the run.

The execution that holds its alarm is only a clock: it may die, come late or come twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Literal

from functions.core.days import EPOCH, local_day
from functions.core.effects import Effect
from functions.core.event import Event
from functions.core.ids import digest, enrollment_id
from functions.core.journey import ByProperty, Journey
from functions.core.steps import Wait
from functions.core.tree import walk
from functions.core.waiting import Until, UntilDate

GRACE_MS: Final = 120_000
"""Milliseconds after an alarm, or after a write that left effects to perform, at which sweep
looks whether anybody did: longer than any function runs."""

PATH_KEPT: Final = 50
"""Of so many of the newest steps the outcome is kept."""

REFUSALS_KEPT: Final = 20
"""So many of the newest triggers that came while a run was open are remembered, so that a
redelivery after the run's end is refused like the first delivery."""

DELIVERED_S: Final = 30 * 86_400
"""Seconds after which nothing is delivered again: a stream keeps its records for a day, a queue for two weeks."""

KEY: Final = 13
"""Letters of a run's key."""

State = Literal["active", "done", "exited", "goal"]

_NONE: Mapping[str, str] = MappingProxyType({})
_NO_TURNS: "Mapping[str, Turns]" = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where a run stands still. Times in ms: nothing happens by time before `alarm`, which is
    never later than `deadline`, when the wait ends in any case."""

    step: str
    since: int
    deadline: int
    alarm: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A step that was passed, when (ms), and with which outcome."""

    step: str
    at: int
    outcome: str


LEAVE: Final = ""
"""The step of a `Place` whose run leaves the journey."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run goes on by somebody's word, rather than where it waits: at a step, or `past` it."""

    step: str
    past: bool = False


@dataclass(frozen=True, slots=True)
class Turns:
    """Of a repeated part of a journey: the turns begun in the whole run, and since it was last come to; when (ms)
    the present one began."""

    total: int
    since: int
    began: int = 0


TRIES: Final = 3
"""So often a run is tried that a mistake keeps from going on, before it is set aside."""
_PAUSES_MS: Final = (0, 60_000, 300_000)


@dataclass(frozen=True, slots=True)
class Failure:
    """What keeps a run from going on at `step` ("" before the first): `code` names it, `words` tell it. Last tried at
    `at` (ms), the `tries`-th time; 0: it is to be tried now. `message` is the one that could not be made, if any."""

    step: str
    code: str
    words: str
    at: int
    tries: int
    message: str = ""

    @property
    def again(self) -> int | None:
        """When (ms) it is tried again; None once it is left to a person."""
        return None if self.tries >= TRIES else self.at + _PAUSES_MS[self.tries]


@dataclass(frozen=True, slots=True)
class Enrollment:
    """The row of a run. Times in ms.

    `cause` is the ref of the event that started it, `entered` that event's time, `begun` when the
    run itself was written (0 where that wasn't noted). People in
    flight stay on their `release`. `version` guards every write; it grows along the runs of
    one journey. `turn` grows whenever the wait changes. `clock` is the generation of the
    execution that holds the alarm, 0 before any. `messages` maps a send step to what it
    sent. `declined` are ids of runs that were refused because this one was open. `todo` are
    effects of the last advance that are not yet known to be performed. `key` tells runs of one journey
    apart that a person has side by side, "" where there is one at a time. `turns` are by the id of the step
    that repeats. `place` is where the next advance goes on, `corrected` the correction that last moved the run.
    `failure` is what keeps it from going on, if anything does. The row may go at `kept_until` (epoch seconds; None:
    never).
    """

    id: str
    contact: str
    journey: str
    release: str
    cause: str
    entered: int
    version: int = 0
    turn: int = 0
    state: State = "active"
    ended: int | None = None
    waiting: Waiting | None = None
    clock: int = 0
    messages: Mapping[str, str] = field(default_factory=lambda: _NONE)
    path: tuple[Passage, ...] = ()
    declined: tuple[str, ...] = ()
    todo: tuple[Effect, ...] = ()
    begun: int = 0
    key: str = ""
    turns: Mapping[str, Turns] = field(default_factory=lambda: _NO_TURNS)
    place: Place | None = None
    corrected: str = ""
    failure: Failure | None = None
    kept_until: int | None = None

    @property
    def aside(self) -> bool:
        """Whether a mistake keeps it from going on until a person lets it."""
        return self.failure is not None and self.failure.again is None

    def rests(self, now: int) -> bool:
        """Whether a mistake keeps it from being tried at `now` (ms)."""
        again = None if self.failure is None else self.failure.again
        return self.aside or (again is not None and now < again)

    @property
    def active(self) -> bool:
        """Whether the run goes on."""
        return self.state == "active"

    def due(self, now: int) -> bool:
        """Whether its alarm rang."""
        return self.active and self.waiting is not None and now >= self.waiting.alarm


def enroll(
    journey_id: str,
    journey: Journey,
    release: str,
    existing: Enrollment | None,
    *,
    contact: str,
    cause: str,
    at: int,
    key: str = "",
    apart: int = 0,
) -> Enrollment | None:
    """The run that the trigger `cause`, an event at `at` (ms), starts; None where the rules
    of re-entry refuse it, or less than `apart` (ms) has passed since the last entry. `existing` is the contact's
    latest run of the journey with that key."""
    identity = enrollment_id(contact, journey_id, cause)
    fresh = Enrollment(identity, contact, journey_id, release, cause, at, key=key)
    if existing is None:
        return fresh
    if is_known(existing, identity):
        return None
    again, passed = journey.start.again, at - existing.entered
    if again == "never" or (isinstance(again, int) and passed < again * 1000) or passed < apart:
        return None
    return replace(fresh, version=existing.version + 1, declined=existing.declined)


def key_of(journey: Journey, event: Event) -> str | None:
    """What tells the run that `event` starts from others of the same person; None where the event doesn't say."""
    match journey.start.one_per:
        case ByProperty(property=name):
            value = event.properties.get(name)
            usable = isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""
            return digest("run", str(value))[:KEY] if usable else None
        case "event":
            return digest("run", event.ref)[:KEY]
        case _:
            return ""


def is_open(journey: Journey, now: int, zone: str) -> bool:
    """Whether the journey may be entered, or gone on with, at `now` (ms): its last day is not over."""
    return journey.ends is None or local_day(now, zone) + EPOCH < journey.ends.toordinal()


def is_known(existing: Enrollment, identity: str) -> bool:
    """Whether a run is `existing`, was refused because that was open, or is to be refused because it is."""
    return existing.active or identity == existing.id or identity in existing.declined


def ended(run: Enrollment, journey: Journey, kept_s: int) -> Enrollment:
    """A run that has just ended, which says when its row may go. `kept_s` is how long (seconds) ended runs are kept.

    Where a person has one run at a time, the latest stays for good, and so does each where nobody may come again for
    the same key. Others go, but not before every delivery of what started them is over, and the time within which the
    same key is refused.
    """
    start = journey.start
    if run.active or not run.key or (start.again == "never" and start.one_per != "event"):
        return run
    refused_s = start.again if isinstance(start.again, int) and start.one_per != "event" else 0
    over = (run.ended or 0) // 1000 + max(kept_s, DELIVERED_S)
    return replace(run, kept_until=max(over, run.entered // 1000 + refused_s))


def decline(journey: Journey, existing: Enrollment, cause: str) -> Enrollment | None:
    """`existing` with a note that the trigger `cause` was refused while it is open; None where
    no note is needed because a redelivery would be refused anyway."""
    identity = enrollment_id(existing.contact, existing.journey, cause)
    known = identity == existing.id or identity in existing.declined
    if known or not existing.active or journey.start.again == "never":
        return None
    return replace(existing, declined=(*existing.declined, identity)[-REFUSALS_KEPT:])


def watches(journey: Journey) -> bool:
    """Whether something that happens can end a run's wait, so that it must be noted on the contact."""
    waits = [step for step in walk(journey.steps) if isinstance(step, Wait)]
    listens = journey.goal is not None or journey.exit is not None
    return bool(waits) and (listens or any(isinstance(step.wait, Until | UntilDate) for step in waits))


def look_again(enrollment: Enrollment, now: int) -> int | None:
    """When sweep should look at a run that is written at `now` (ms); None: never."""
    if enrollment.failure is not None:
        return enrollment.failure.again
    moments = [now] if enrollment.todo else []
    if enrollment.active and enrollment.waiting is not None:
        moments.append(enrollment.waiting.alarm)
    return min(moments) + GRACE_MS if moments else None
