"""Rows and inputs of version 1 as they stand in tables and executions: every later version reads them."""

from typing import Any

import pytest

from functions.core import alarm
from functions.core.alarm import Alarm
from functions.core.effects import ReachGoal, Record, SendMessage, StartClock, Unwatch, from_plain, to_plain
from functions.core.enrollment import Enrollment, Passage, Waiting
from functions.core.errors import Newer
from functions.tables import enrollments

WAITING_ROW: dict[str, Any] = {
    "pk": "C#ada000000000000000000000",
    "sk": "J#welcome",
    "v": 1,
    "n": 4,
    "id": "enr000000000000000000000a",
    "release": "0123456789abcdef0123456789abcdef",
    "cause": "e#hash#1790000000000#m1",
    "entered": 1790000000000,
    "turn": 2,
    "state": "active",
    "wait": ["clicked", 1790000000100, 1790259200100, 1790200000000],
    "clock": 1,
    "messages": {"hello": "msg000000000000000000000a"},
    "path": ["hello 1790000000100 sent"],
    "declined": ["enr000000000000000000000b"],
    "todo": [
        {
            "do": "send",
            "message": "msg000000000000000000000a",
            "step": "hello",
            "template": "welcome",
            "topic": "tips",
            "at": 1790000000100,
        },
        {"do": "tag", "event": "evt000000000000000000000a", "step": "mark", "tag": "new", "at": 1790000000100},
        {"do": "clock", "generation": 1},
        {"do": "goal", "decision": "dec000000000000000000000a", "at": 1790000000100},
        {"do": "unwatch"},
    ],
    "ds": "3",
    "du": 1790000120100,
}

WAITING = Enrollment(
    id="enr000000000000000000000a",
    contact="ada000000000000000000000",
    journey="welcome",
    release="0123456789abcdef0123456789abcdef",
    cause="e#hash#1790000000000#m1",
    entered=1790000000000,
    version=4,
    turn=2,
    state="active",
    waiting=Waiting("clicked", 1790000000100, 1790259200100, 1790200000000),
    clock=1,
    messages={"hello": "msg000000000000000000000a"},
    path=(Passage("hello", 1790000000100, "sent"),),
    declined=("enr000000000000000000000b",),
    todo=(
        SendMessage("msg000000000000000000000a", "hello", "welcome", "tips", 1790000000100),
        Record("evt000000000000000000000a", "mark", "Tag Added", 1790000000100, {"tag": "new"}),
        StartClock(1),
        ReachGoal("dec000000000000000000000a", 1790000000100),
        Unwatch(),
    ),
)

ENDED_ROW: dict[str, Any] = {
    "pk": "C#ada000000000000000000000",
    "sk": "H#welcome#enr000000000000000000000a",
    "v": 1,
    "n": 2,
    "id": "enr000000000000000000000a",
    "release": "0123456789abcdef0123456789abcdef",
    "cause": "e#hash#1790000000000#m1",
    "entered": 1790000000000,
    "turn": 1,
    "state": "exited",
    "ended": 1790000000100,
}

ALARM = {
    "v": 1,
    "contact": "ada000000000000000000000",
    "enrollment": "enr000000000000000000000a",
    "journey": "welcome",
    "turn": 2,
    "seconds": 259200,
    "started": 1790000000100,
    "parks": 3,
    "generation": 1,
}


def test_a_waiting_run_of_version_1_is_read() -> None:
    assert enrollments.from_row(WAITING_ROW) == WAITING


def test_an_earlier_run_of_version_1_is_read() -> None:
    read = enrollments.from_row(ENDED_ROW)
    assert (read.journey, read.state, read.ended, read.waiting) == ("welcome", "exited", 1790000000100, None)


def test_a_row_of_a_newer_version_is_refused() -> None:
    with pytest.raises(Newer, match="newer"):
        enrollments.from_row({**WAITING_ROW, "v": 2})


def test_an_unknown_effect_is_refused() -> None:
    with pytest.raises(ValueError, match="not known"):
        from_plain({"do": "dance"})


def test_effects_are_read_as_they_are_written() -> None:
    assert tuple(from_plain(to_plain(effect)) for effect in WAITING.todo) == WAITING.todo


def test_a_machine_input_of_version_1_is_read() -> None:
    assert alarm.from_plain(ALARM) == Alarm(
        contact="ada000000000000000000000",
        enrollment="enr000000000000000000000a",
        journey="welcome",
        turn=2,
        seconds=259200,
        started=1790000000100,
        parks=3,
        generation=1,
    )


def test_a_waiting_run_fits_in_one_write_unit() -> None:
    from functions.aws.attributes import to_item

    def size(value: Any) -> int:
        if isinstance(value, dict):
            return sum(len(key) + size(part) for key, part in value.items()) + 3
        if isinstance(value, list):
            return sum(size(part) + 1 for part in value) + 3
        return len(str(value))

    row = enrollments.to_row(WAITING, 1790000000100)
    assert size(to_item(row)) < 1024
