"""Who is enrolled, who is refused, and when a run is looked at again."""

from dataclasses import replace
from typing import Any

import pytest

from functions.core.advance import advance
from functions.core.effects import Unwatch
from functions.core.enrollment import (
    DELIVERED_S,
    GRACE_MS,
    REFUSALS_KEPT,
    Enrollment,
    Failure,
    decline,
    ended,
    enroll,
    look_again,
    watches,
)
from functions.core.journey import Journey
from functions.tables.enrollments import from_row, to_row
from tests.journeys import DAY, NOW, WELCOME, contact, entered, journey, release, rules


def again(rule: str) -> dict[str, object]:
    return {**WELCOME, "start": {"when": {"event": "Signed Up"}, "again": rule}}


def finished(rule: str, at: int = NOW) -> Enrollment:
    made = release(welcome=again(rule))
    return replace(entered(made, at=at), version=3, state="done", ended=at + 5)


def next_run(rule: str, existing: Enrollment | None, cause: str, at: int) -> Enrollment | None:
    made = release(welcome=again(rule))
    return enroll("welcome", rules(made), "r2", existing, contact="ada", cause=cause, at=at)


def test_the_first_trigger_starts_a_run() -> None:
    run = next_run("never", None, "e#ada#1#m1", NOW)
    assert run is not None
    assert (run.entered, run.release, run.version, run.active) == (NOW, "r2", 0, True)


def test_never_means_once() -> None:
    assert next_run("never", finished("never"), "e#ada#2#m2", NOW + 999 * DAY) is None


def test_always_starts_again_after_the_end_and_stays_on_the_newer_row_version() -> None:
    run = next_run("always", finished("always"), "e#ada#2#m2", NOW + 1)
    assert run is not None
    assert run.version == 4


def test_always_does_not_start_a_second_run_beside_an_open_one() -> None:
    assert next_run("always", replace(finished("always"), state="active"), "e#ada#2#m2", NOW + 1) is None


def test_after_counts_from_the_last_entry_by_the_events_own_time() -> None:
    existing = finished("after 30 days")
    assert next_run("after 30 days", existing, "e#ada#2#m2", NOW + 30 * DAY - 1) is None
    assert next_run("after 30 days", existing, "e#ada#2#m2", NOW + 30 * DAY) is not None


def test_the_same_trigger_never_starts_a_second_run() -> None:
    assert next_run("always", finished("always"), "e#ada#1#m1", NOW) is None


def test_a_trigger_refused_during_a_run_is_still_refused_after_its_end() -> None:
    made = release(welcome=again("always"))
    active = replace(finished("always"), state="active")
    noted = decline(rules(made), active, "e#ada#2#m2")
    assert noted is not None
    assert decline(rules(made), noted, "e#ada#2#m2") is None
    ended = replace(noted, state="done")
    assert next_run("always", ended, "e#ada#2#m2", NOW + 1) is None
    following = next_run("always", ended, "e#ada#3#m3", NOW + 2)
    assert following is not None
    assert following.declined == noted.declined


def test_refusals_are_remembered_up_to_a_bound() -> None:
    made = release(welcome=again("always"))
    row = replace(finished("always"), state="active")
    for number in range(REFUSALS_KEPT + 5):
        row = decline(rules(made), row, f"e#ada#{number}#x") or row
    assert len(row.declined) == REFUSALS_KEPT


def test_no_refusal_is_noted_where_the_rule_refuses_anyway() -> None:
    made = release(welcome=again("never"))
    assert decline(rules(made), replace(finished("never"), state="active"), "e#ada#2#m2") is None
    assert decline(rules(release(welcome=again("always"))), finished("always"), "e#ada#2#m2") is None


def test_only_a_journey_whose_wait_something_can_end_is_watched() -> None:
    mail, nap = {"id": "mail", "send": "mail"}, {"id": "w", "wait": "1 day"}
    until = {"id": "u", "wait": {"until": {"clicked": "mail"}, "at_most": "1 day"}}
    nested = {"id": "if", "if": {"tag": "x"}, "else": [until]}
    assert watches(rules(release(welcome=journey(mail, nested))))
    assert watches(rules(release(welcome=journey(nap, exit={"tag": "x"}))))
    assert watches(rules(release(welcome=journey(nap, goal={"event": "Order Completed"}))))
    assert not watches(rules(release(welcome=journey(nap))))
    assert not watches(rules(release(welcome=journey(mail, goal={"event": "Order Completed"}))))


def test_sweep_looks_after_the_alarm_and_soon_while_effects_are_left() -> None:
    made = release(welcome=WELCOME)
    moved, effects = advance(rules(made), entered(made), contact(), made, NOW)
    assert look_again(moved, NOW) == NOW + 3 * DAY + GRACE_MS
    assert look_again(replace(moved, todo=effects), NOW) == NOW + GRACE_MS
    ended = replace(moved, state="done", waiting=None)
    assert look_again(ended, NOW) is None
    assert look_again(replace(ended, todo=(Unwatch(),)), NOW) == NOW + GRACE_MS


DAY_S = 86_400
YEAR_S = 365 * DAY_S


@pytest.mark.parametrize(
    ("start", "key", "kept"),
    [
        # One at a time: the latest stays, so that whoever may enter once enters once.
        ({"again": "always"}, "", None),
        ({"again": "never"}, "", None),
        # Whoever came for this order never comes for it again.
        ({"again": "never", "one_per": {"property": "order_id"}}, "k", None),
        # An event comes once.
        ({"again": "never", "one_per": "event"}, "k", YEAR_S),
        ({"again": "always", "one_per": {"property": "order_id"}}, "k", YEAR_S),
        ({"again": "after 100 days", "one_per": {"property": "order_id"}}, "k", YEAR_S),
        ({"again": "after 500 days", "one_per": {"property": "order_id"}}, "k", 499 * DAY_S),
    ],
)
def test_the_row_of_an_ended_run_goes_once_nothing_needs_it(start: dict[str, Any], key: str, kept: int | None) -> None:
    journey = Journey.model_validate({**WELCOME, "start": {"when": {"event": "Signed Up"}, **start}})
    entered = 1_790_000_000_000
    run = Enrollment("e", "c", "welcome", "r", "cause", entered, key=key, state="done", ended=entered + DAY_S * 1000)
    until = ended(run, journey, YEAR_S).kept_until
    assert until == (None if kept is None else entered // 1000 + DAY_S + kept)
    active = replace(run, state="active", ended=None)
    assert ended(active, journey, YEAR_S) == active


def test_no_row_goes_while_what_started_its_run_may_be_delivered_again() -> None:
    start = {"when": {"event": "Signed Up"}, "one_per": "event"}
    journey = Journey.model_validate({**WELCOME, "start": start})
    run = Enrollment("e", "c", "welcome", "r", "cause", 0, key="k", state="done", ended=0)
    assert ended(run, journey, DAY_S).kept_until == DELIVERED_S
    row = to_row(ended(run, journey, DAY_S), 0)
    assert row["ttl"] == DELIVERED_S
    assert from_row(row).kept_until == DELIVERED_S
    # What is still to be done is not to go.
    assert "ttl" not in to_row(replace(ended(run, journey, DAY_S), failure=Failure("", "X", "", 0, 3)), 0)
