"""What starts a journey: an event, a line crossed, a request; and what doesn't, though it looks like it."""

from dataclasses import replace
from typing import Any

import pytest

from functions.core.contact import Contact, Decision, Profile, Standing, State
from functions.core.counters import counters
from functions.core.decisions import BACKFILL, cause_of, decide, differing
from functions.core.event import IMPORT, JOURNEY_REQUESTED, SYSTEM, Event
from functions.core.facts import Arrival, by_cause, fold
from functions.core.release import Release
from functions.core.standing import joined_journeys
from tests.journeys import DAY, NOW, journey, release

KEEN: dict[str, Any] = {"event": "Page Viewed", "at_least": 2}
MARK = {"id": "mark", "tag": "seen"}


def starting(when: dict[str, Any], **more: Any) -> dict[str, Any]:
    return journey(MARK) | {"start": {"when": when, "again": "always", **more}}


def event(name: str = "Page Viewed", at: int = NOW, **more: Any) -> Event:
    said = {"source": "a#1", "id": f"m{at}", "stamp": at, "at": at, "received": at, "kind": "track", "name": name}
    return Event(**(said | more))


def triggers(made: tuple[Decision, ...]) -> list[tuple[str, str, int, str]]:
    return [(one.name, one.after, one.at, one.before) for one in made if one.kind == "trigger"]


class Person:
    """A contact under a release; what each batch of events, or time, starts."""

    def __init__(self, live: Release) -> None:
        self.live = live
        self.contact = Contact(State("ada", spec=counters(live).spec), Profile("ada"))
        self.made: tuple[Decision, ...] = ()

    def does(self, *events: Event, now: int = NOW, otherwise: str = "time") -> list[tuple[str, str, int, str]]:
        arrivals = [Arrival(self.contact.state.version + place, one) for place, one in enumerate(events)]
        after = fold(self.contact, arrivals, {}, counters(self.live))
        outcome = decide(after, self.live, now, events, otherwise=otherwise)
        self.contact = replace(after, state=replace(outcome.state, version=outcome.state.version + 1, release=1))
        self.made = outcome.decisions
        return triggers(outcome.decisions)


def test_a_line_starts_a_journey_when_it_is_crossed_and_again_only_after_it_was_left() -> None:
    ada = Person(release(keen=starting({"becomes": {**KEEN, "within": "3 days"}})))
    assert ada.does(event()) == []
    assert ada.does(event(at=NOW + 1), now=NOW + 1) == [("keen", "", NOW + 1, "")]
    first = ada.made[-1]
    assert ada.does(event(at=NOW + 2), now=NOW + 2) == []
    left = NOW + 4 * DAY
    assert ada.does(now=left) == []
    assert ada.contact.state.standing.journeys == {}
    ada.does(event(at=left + 1), now=left + 1)
    assert ada.does(event(at=left + 2), now=left + 2) == [("keen", "", left + 2, "")]
    assert ada.made[-1].cause != first.cause
    assert ada.made[-1].id != first.id


def test_a_line_that_time_crosses_is_due_when_it_does() -> None:
    ada = Person(release(gone=starting({"becomes": {"event": "Page Viewed", "never": True, "within": "3 days"}})))
    assert ada.does(event()) == []
    due = ada.contact.state.due
    assert due is not None
    assert NOW + 3 * DAY <= due <= NOW + 3 * DAY + 1000
    assert ada.does(now=due) == [("gone", "", due, "")]


def test_what_holds_for_somebody_from_the_first_is_crossed_then() -> None:
    ada = Person(release(hello=starting({"becomes": {"not": {"tag": "known"}}})))
    assert ada.does(event()) == [("hello", "", NOW, "")]


def test_what_is_imported_draws_the_line_and_starts_nothing() -> None:
    ada = Person(release(keen=starting({"becomes": KEEN})))
    assert ada.does(event(cause=IMPORT), event(at=NOW + 1, cause=IMPORT)) == []
    assert ada.contact.state.standing.journeys == {"keen": NOW}
    assert ada.does(event(at=NOW + 2)) == []


def test_in_one_batch_what_is_imported_goes_first_and_what_happens_is_not_its_doing() -> None:
    old, new = event(cause=IMPORT), event(at=NOW + 1)
    split = by_cause([Arrival(2, new), Arrival(1, old)])
    assert [[arrival.event for arrival in some] for some in split] == [[old], [new]]
    assert by_cause([Arrival(1, old)]) == [[Arrival(1, old)]]
    ada = Person(release(keen=starting({"becomes": {**KEEN, "at_least": 1}})))
    assert [ada.does(arrival.event) for some in split for arrival in some] == [[], []]


def test_a_change_of_the_rules_draws_the_line_and_starts_nothing() -> None:
    ada = Person(release())
    ada.does(event(), event(at=NOW + 1))
    # The facts of a contact that is brought to a release are counted by it before.
    ada.live = release(keen=starting({"becomes": KEEN}))
    for one in (event(), event(at=NOW + 1)):
        ada.contact = fold(ada.contact, [Arrival(9, one)], {}, counters(ada.live))
    assert ada.does(otherwise=BACKFILL) == []
    assert ada.contact.state.standing.journeys == {"keen": NOW}
    # Who takes the journey away forgets the line; the next one is drawn anew.
    ada.live = release()
    ada.does(otherwise=BACKFILL)
    assert ada.contact.state.standing.journeys == {}


def test_a_rebuild_reports_what_it_would_start() -> None:
    live = release(keen=starting({"becomes": KEEN}))
    ada = Person(live)
    ada.does(event())
    after = fold(ada.contact, [Arrival(9, event(at=NOW + 1))], {}, counters(live))
    assert triggers(differing(after, live, NOW)) == [("keen", "", NOW, "")]


def test_a_line_may_ask_what_was_decided_a_moment_ago() -> None:
    plain = release(warm=starting({"becomes": {"segment": "keen"}})).model_dump(mode="json", by_alias=True)
    ada = Person(Release.model_validate(plain | {"segments": {"keen": {"when": KEEN}}}))
    ada.does(event())
    assert ada.does(event(at=NOW + 1)) == [("warm", "", NOW, "")]


def test_what_was_put_off_is_imports_doing_only_where_all_of_it_was() -> None:
    old, new = event(cause=IMPORT), event(at=NOW + 1)
    assert cause_of([]) == "time"
    assert cause_of([old]) == BACKFILL
    assert cause_of([old, new]) == new.ref


def test_people_who_turn_out_to_be_one_stand_where_either_stood() -> None:
    one, other = Standing(journeys={"a": 5, "b": 7}), Standing(journeys={"b": 3, "c": 9})
    assert joined_journeys(one, other) == {"a": 5, "b": 3, "c": 9}


ASKED = {"properties": {"wanted": "hello"}, "kind": SYSTEM}


def test_a_request_starts_the_journey_it_names() -> None:
    ada = Person(release(hello=starting({"requested": True}), other=starting({"requested": True})))
    assert ada.does(event(JOURNEY_REQUESTED, **ASKED)) == [("hello", "", NOW, "")]
    assert ada.made[0].cause == event(JOURNEY_REQUESTED).ref


@pytest.mark.parametrize(
    ("said", "by"),
    [
        ({"source": "c#ada", "kind": SYSTEM, "properties": {"enrollment": "r", "tag": "x"}}, "step"),
        ({"source": "a#1", "kind": "track", "properties": {"enrollment": "r", "tag": "x"}}, ""),
        ({"source": "c#ada", "kind": SYSTEM, "properties": {"tag": "x"}}, ""),
    ],
)
def test_what_a_step_does_is_known_from_what_others_do(said: dict[str, Any], by: str) -> None:
    ada = Person(release(hello=starting({"event": "Tag Added"})))
    assert ada.does(event("Tag Added", **said)) == [("hello", "", NOW, by)]


def test_a_request_of_a_step_is_known_as_such() -> None:
    ada = Person(release(hello=starting({"requested": True})))
    asked = event(JOURNEY_REQUESTED, source="c#ada", kind=SYSTEM, properties={"wanted": "hello", "enrollment": "r"})
    assert ada.does(asked) == [("hello", "", NOW, "step")]


@pytest.mark.parametrize(
    "forged",
    [
        {"kind": "track"},
        {"kind": "form"},
        {"properties": {"wanted": "welcome"}},
        {"properties": {"wanted": ["hello"]}},
        {"properties": {}},
        {"cause": IMPORT},
        {"held": True},
        {"name": "Journey Wanted"},
    ],
)
def test_what_only_looks_like_a_request_starts_nothing(forged: dict[str, Any]) -> None:
    ada = Person(release(hello=starting({"requested": True}), welcome=journey(MARK)))
    said = ASKED | {key: value for key, value in forged.items() if key != "name"}
    assert ada.does(event(forged.get("name", JOURNEY_REQUESTED), **said)) == []
