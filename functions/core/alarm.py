"""The alarm clock of an enrollment: the execution's input, and what it is to be answered.

An execution is parked on a task token until its seconds are over or somebody answers it. It
may be late, dead or outlived by a successor: what counts is the enrollment's row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from functions.core.enrollment import Enrollment
from functions.core.errors import Newer

VERSION: Final = 1
DAY_S: Final = 86_400
LIFE_S: Final = 350 * DAY_S
"""An execution may last a year; it hands over before that."""
PARKS: Final = 1_000
"""An execution may record 25,000 events. A timed wait takes about 12, a retry a few more."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Input of an execution, and what it is parked for. `turn` is the enrollment's when it was
    set, `key` tells the run from others of the journey, `generation` is the clock's number, `started` (ms)
    and `parks` tell its age. No ids but opaque ones."""

    contact: str
    enrollment: str
    journey: str
    turn: int
    seconds: int
    started: int
    parks: int
    generation: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """Parked rightly: leave it."""


@dataclass(frozen=True, slots=True)
class Again:
    """Park again, with this input."""

    alarm: Alarm


@dataclass(frozen=True, slots=True)
class HandOver:
    """Near the limits of what an execution may last: start a successor, then end."""


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more to wait for."""


Answer = Stay | Again | HandOver | End


def first(enrollment: Enrollment, now: int) -> Alarm:
    """The input with which the enrollment's current generation of clock starts at `now` (ms)."""
    return Alarm(
        enrollment.contact,
        enrollment.id,
        enrollment.journey,
        enrollment.turn,
        _seconds(enrollment, now, now),
        now,
        0,
        enrollment.clock,
        enrollment.key,
    )


def name(enrollment: Enrollment, generation: int) -> str:
    """Name of the execution: one for each generation."""
    return f"{enrollment.id}-{generation}"


def answer(enrollment: Enrollment | None, alarm: Alarm, now: int, *, timed_out: bool = False) -> Answer:
    """What the execution parked for `alarm` should do, given the row as it stands now.

    `timed_out`: its seconds are over, so that it only stays parked if it is told anew.
    """
    if enrollment is None or enrollment.id != alarm.enrollment or not enrollment.active:
        return End()
    if enrollment.waiting is None or enrollment.clock != alarm.generation or enrollment.failure is not None:
        # What a mistake keeps from going on is tried by sweep, and has a new clock once it goes on.
        return End()
    left = LIFE_S - (now - alarm.started) // 1000
    if alarm.parks >= PARKS or left < DAY_S:
        return HandOver()
    if alarm.turn == enrollment.turn and not timed_out:
        return Stay()
    seconds = _seconds(enrollment, now, alarm.started)
    return Again(replace(alarm, turn=enrollment.turn, seconds=seconds, parks=alarm.parks + 1))


def _seconds(enrollment: Enrollment, now: int, started: int) -> int:
    if enrollment.waiting is None:
        return 1
    until_alarm = -(-(enrollment.waiting.alarm - now) // 1000)
    left = LIFE_S - (now - started) // 1000
    return max(1, min(until_alarm, left))


def to_plain(alarm: Alarm) -> dict[str, Any]:
    """The JSON shape that Step Functions holds."""
    plain = {
        "v": VERSION,
        "contact": alarm.contact,
        "enrollment": alarm.enrollment,
        "journey": alarm.journey,
        "turn": alarm.turn,
        "seconds": alarm.seconds,
        "started": alarm.started,
        "parks": alarm.parks,
        "generation": alarm.generation,
    }
    return plain | {"key": alarm.key} if alarm.key else plain


def from_plain(stored: Mapping[str, Any]) -> Alarm:
    """The alarm of a JSON shape. Raises Newer."""
    if stored["v"] > VERSION:
        raise Newer(f"machine input of version {stored['v']} is newer than this code reads")
    return Alarm(
        stored["contact"],
        stored["enrollment"],
        stored["journey"],
        int(stored["turn"]),
        int(stored["seconds"]),
        int(stored["started"]),
        int(stored["parks"]),
        int(stored["generation"]),
        stored.get("key", ""),
    )
