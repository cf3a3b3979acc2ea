"""What a run leaves in its contact's history, and of which journeys anything is left."""

from dataclasses import replace
from typing import Any

import pytest

from functions.core.effects import NoteRun
from functions.core.enrollment import Enrollment, Passage
from functions.core.event import JOURNEY_ENDED, JOURNEY_ENTERED, SYSTEM, Event
from functions.core.identity import own_ref
from functions.core.journey_facts import MERGED, begins_at, heard, journey_events_of, noted, notes
from functions.core.release import Release
from tests.journeys import NOW, WELCOME, journey, release

RUN = Enrollment("run1", "ada", "welcome", "r1", "e#ada#1#m1", NOW - 9_000, begun=NOW)
DONE = replace(RUN, state="done", ended=NOW + 5_000)
GONE: dict[str, Any] = {"journey": "welcome", "was": "finished"}
ENDED: dict[str, Any] = {"event": "Journey Ended", "where": {"journey": "welcome"}}


def asking(**more: Any) -> Release:
    plain = release(welcome=WELCOME, other=journey({"id": "one", "send": "offer"})).model_dump(
        mode="json", by_alias=True
    )
    return Release.model_validate(plain | more)


@pytest.mark.parametrize(
    "more",
    [
        {"segments": {"alumni": {"when": {"any": [{"not": {"all": [GONE]}}, {"tag": "x"}]}}}},
        {"segments": {"alumni": {"when": ENDED}}},
        {"funnel": {"stages": [{"id": "desire", "when": GONE}]}},
        {"scoring": {"grade": {"rules": [{"id": "g", "when": GONE, "points": 1}], "a": 3, "b": 2, "c": 1}}},
        {"scoring": {"tags": [{"id": "t", "when": ENDED, "tag": "alumni"}]}},
        {"scoring": {"scores": {"interest": {"rules": [{"id": "w", "when": ENDED, "points": 5}]}}}},
        {"journeys": {"welcome": WELCOME, "next": journey({"id": "a", "send": "x"}, exit=GONE)}},
        {"journeys": {"welcome": WELCOME, "next": journey({"id": "a", "if": GONE})}},
        {"journeys": {"welcome": WELCOME, "next": journey({"id": "a", "wait": {"until": GONE, "at_most": "1 day"}})}},
        {"journeys": {"welcome": WELCOME, "next": journey({"id": "a", "send": "x"}, start={"when": ENDED})}},
    ],
)
def test_a_journey_is_heard_wherever_something_asks_about_it(more: dict[str, Any]) -> None:
    assert heard(asking(**more)) == {"welcome"}


def test_nothing_is_heard_where_nothing_asks_and_all_where_no_journey_is_named() -> None:
    assert heard(asking()) == frozenset()
    assert heard(asking(segments={"any": {"when": {"event": "Journey Entered"}}})) == {"welcome", "other"}


def test_a_run_is_noted_when_it_begins_and_when_it_ends() -> None:
    assert notes(RUN, {"welcome"}, begins=True) == (NoteRun("entered"),)
    assert notes(DONE, {"welcome"}) == (NoteRun("ended"),)
    assert notes(DONE, {"welcome"}, begins=True) == (NoteRun("entered"), NoteRun("ended"))
    assert notes(DONE, {"other"}, begins=True) == ()


def test_the_events_of_a_row_are_those_that_were_noted() -> None:
    events = journey_events_of(DONE)
    assert events == [noted(NoteRun("entered"), RUN), noted(NoteRun("ended"), DONE)]
    assert [(event.name, event.at) for event in events] == [(JOURNEY_ENTERED, NOW), (JOURNEY_ENDED, NOW + 5_000)]
    assert {(event.source, event.kind) for event in events} == {(own_ref("ada"), SYSTEM)}
    assert dict(events[1].properties) == {"journey": "welcome", "enrollment": "run1", "outcome": "done"}
    again = journey_events_of(DONE, cause="backfill", received=NOW + 9_000_000)
    assert [event.ref for event in again] == [event.ref for event in events]
    assert {(event.cause, event.received) for event in again} == {("backfill", NOW + 9_000_000)}


def test_a_row_that_does_not_say_when_it_began_is_taken_to_begin_with_its_trigger() -> None:
    (event,) = journey_events_of(replace(RUN, begun=0))
    assert event.at == NOW - 9_000


def test_a_run_that_goes_on_as_another_persons_has_not_ended() -> None:
    assert len(journey_events_of(replace(DONE, state="exited", path=(Passage("w", NOW, MERGED),)))) == 1
    assert len(journey_events_of(replace(DONE, state="exited", path=(Passage("w", NOW, "not-again"),)))) == 2


def test_what_came_last_can_be_told_though_all_happens_at_once() -> None:
    at_once = replace(RUN, state="done", ended=NOW)
    following = replace(RUN, id="run2", begun=begins_at(at_once, NOW))
    moments = [event.at for run in (at_once, following) for event in journey_events_of(run)]
    assert moments == sorted(set(moments))
    assert begins_at(None, NOW) == NOW
    assert begins_at(DONE, NOW + 60_000) == NOW + 60_000


def test_nobody_was_active_because_of_a_run() -> None:
    event: Event = journey_events_of(RUN)[0]
    assert event.context["active"] is False
