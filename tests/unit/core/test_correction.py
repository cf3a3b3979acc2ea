"""Runs mended where they stand: skipped, sent away, put elsewhere, moved to another release; each once."""

from dataclasses import replace
from typing import Any

import pytest

from functions.core.advance import advance
from functions.core.correction import (
    GoTo,
    Leave,
    Moves,
    Recall,
    Skip,
    Unfit,
    check_recall,
    migrated,
    recalled,
    unmapped,
)
from functions.core.effects import Effect, SendMessage
from functions.core.enrollment import Enrollment
from functions.core.journey import Journey
from functions.core.release import Release
from tests.journeys import DAY, NOW, contact, entered, journey, release, rules

LATER = NOW + 3_600_000
STEPS: tuple[dict[str, Any], ...] = (
    {"id": "first", "send": "one"},
    {"id": "week", "wait": "7 days"},
    {"id": "second", "send": "two"},
    {"id": "answer", "wait": {"until": {"event": "Order Completed"}, "at_most": "10 days"}},
    {"id": "third", "send": "three"},
)


def waiting(made: Release, steps: int = 0) -> Enrollment:
    """A run that waits at its first wait, or so many waits further."""
    run, _ = advance(rules(made), entered(made), contact(), made, NOW)
    for _ in range(steps):
        assert run.waiting is not None
        run, _ = advance(rules(made), run, contact(), made, run.waiting.deadline)
    return run


def going_on(made: Release, run: Enrollment | None, now: int = LATER) -> tuple[Enrollment, tuple[Effect, ...]]:
    assert run is not None
    return advance(rules(made), run, contact(), made, now)


def sent(effects: tuple[Effect, ...]) -> list[str]:
    return [effect.step for effect in effects if isinstance(effect, SendMessage)]


def recall(made: Release, run: Enrollment, what: Recall, step: str = "week", id: str = "c1") -> Enrollment | None:
    return recalled(run, rules(made), step, what, id, LATER)


def test_who_is_skipped_past_a_wait_goes_on_after_it() -> None:
    made = release(welcome=journey(*STEPS))
    run, effects = going_on(made, recall(made, waiting(made), Skip()))
    assert sent(effects) == ["second"]
    assert run.waiting is not None
    assert (run.waiting.step, run.place) == ("answer", None)
    assert [(passed.step, passed.outcome) for passed in run.path][-2:] == [("week", "skipped"), ("second", "sent")]


def test_who_is_recalled_leaves_and_gets_nothing_more() -> None:
    made = release(welcome=journey(*STEPS))
    run, effects = going_on(made, recall(made, waiting(made), Leave()))
    assert (run.state, run.ended, sent(effects)) == ("exited", LATER, [])


def test_who_is_put_at_a_later_step_skips_what_is_between() -> None:
    made = release(welcome=journey(*STEPS))
    _, effects = going_on(made, recall(made, waiting(made), GoTo("third")))
    assert sent(effects) == ["third"]


def test_who_is_put_back_is_decided_the_same_messages_again_which_are_never_sent_twice() -> None:
    made = release(welcome=journey(*STEPS))
    run = waiting(made, 1)
    again, effects = going_on(made, recall(made, run, GoTo("first"), "answer"))
    assert sent(effects) == ["first"]
    (message,) = [effect.message for effect in effects if isinstance(effect, SendMessage)]
    assert message == run.messages["first"]
    assert again.waiting is not None
    assert again.waiting.step == "week"


@pytest.mark.parametrize("what", [Skip(), Leave(), GoTo("third")])
def test_a_correction_concerns_whoever_stands_there_and_each_once(what: Recall) -> None:
    made = release(welcome=journey(*STEPS))
    run = waiting(made)
    once = recall(made, run, what)
    assert once is not None
    assert recall(made, once, what) is None
    assert recall(made, run, what, "answer") is None
    ended, _ = going_on(made, recall(made, run, Leave()))
    assert recall(made, ended, what) is None


def test_the_goal_that_was_reached_meanwhile_still_ends_the_run() -> None:
    from tests.journeys import happened

    made = release(welcome=journey(*STEPS, goal={"event": "Order Completed"}))
    moved = recall(made, waiting(made), GoTo("third"))
    assert moved is not None
    run, effects = advance(rules(made), moved, happened(contact(), "Order Completed", NOW + 5), made, LATER)
    assert (run.state, sent(effects)) == ("goal", [])


def test_a_step_inside_a_repeated_part_can_be_gone_to() -> None:
    turn = [{"id": "tip", "send": "tip"}, {"id": "month", "wait": "30 days"}]
    made = release(welcome=journey({"id": "start", "wait": "1 day"}, {"id": "tips", "repeat": turn, "at_most": 2}))
    run, effects = going_on(made, recall(made, waiting(made), GoTo("tip"), "start"))
    assert sent(effects) == ["tip"]
    months = []
    while run.active:
        assert run.waiting is not None
        months.append(run.waiting.step)
        run, _ = going_on(made, run, run.waiting.deadline)
    assert months == ["month", "month"]


def test_steps_that_are_not_there_are_named() -> None:
    made = rules(release(welcome=journey(*STEPS)))
    with pytest.raises(Unfit, match='no step "weak": first, week, second'):
        check_recall(made, "weak", Skip())
    with pytest.raises(Unfit, match='no step "thrid" to go to'):
        check_recall(made, "week", GoTo("thrid"))
    with pytest.raises(Unfit, match="already"):
        check_recall(made, "week", GoTo("week"))


def later(*steps: dict[str, Any]) -> tuple[Release, Journey]:
    made = release(welcome=journey(*steps))
    return made, rules(made)


def test_people_in_flight_move_and_wait_as_long_as_the_later_journey_says() -> None:
    made = release(welcome=journey(*STEPS))
    new, to = later({"id": "week", "wait": "3 days"}, {"id": "second", "send": "better"})
    run = migrated(waiting(made), to, "r2", Moves({}), "c1", LATER)
    assert run is not None
    assert run.release == "r2"
    stands, effects = going_on(new, run)
    assert effects == ()
    assert stands.waiting is not None
    assert (stands.waiting.deadline, stands.waiting.since) == (NOW + 3 * DAY, NOW)
    ended, effects = going_on(new, stands, NOW + 3 * DAY)
    assert [effect.template for effect in effects if isinstance(effect, SendMessage)] == ["better"]
    assert not ended.active


def test_a_wait_that_is_over_by_the_later_journey_ends_at_once() -> None:
    made = release(welcome=journey(*STEPS))
    new, to = later({"id": "week", "wait": "10 minutes"}, {"id": "second", "send": "better"})
    _, effects = going_on(new, migrated(waiting(made), to, "r2", Moves({}), "c1", LATER))
    assert sent(effects) == ["second"]


def test_steps_stand_for_one_another_by_a_mapping_which_carries_messages_along() -> None:
    made = release(welcome=journey(*STEPS))
    new, to = later(
        {"id": "hello", "send": "one"},
        {"id": "pause", "wait": "7 days"},
        {"id": "read", "if": {"clicked": "hello"}, "then": [], "else": [{"id": "nudge", "send": "nudge"}]},
    )
    moves = Moves({"week": "pause", "first": "hello"})
    held = waiting(made)
    run = migrated(held, to, "r2", moves, "c1", LATER)
    assert run is not None
    assert run.messages == {"hello": held.messages["first"]}
    _, effects = going_on(new, run, NOW + 7 * DAY)
    assert sent(effects) == ["nudge"]


def test_who_waits_where_nothing_is_any_more_must_be_put_somewhere_or_leave() -> None:
    made = release(welcome=journey(*STEPS))
    new, to = later({"id": "end", "send": "bye"})
    assert unmapped(["week", "answer"], to, Moves({"answer": "end"})) == ["week"]
    with pytest.raises(Unfit, match="week"):
        migrated(waiting(made), to, "r2", Moves({}), "c1", LATER)
    _, effects = going_on(new, migrated(waiting(made), to, "r2", Moves({"week": "end"}), "c1", LATER))
    assert sent(effects) == ["end"]
    run, effects = going_on(new, migrated(waiting(made), to, "r2", Moves({}, frozenset({"week"})), "c1", LATER))
    assert (run.state, sent(effects)) == ("exited", [])


def test_who_is_there_already_is_left_alone() -> None:
    _, to = later(*STEPS)
    run = replace(waiting(release(welcome=journey(*STEPS))), release="r2")
    assert migrated(run, to, "r2", Moves({}), "c1", LATER) is None


@pytest.mark.parametrize("what", [Skip(), GoTo("answer"), Leave()], ids=["skip", "goto", "leave"])
def test_where_somebody_put_a_run_that_has_not_gone_on_yet_counts_when_it_is_moved(what: Recall) -> None:
    made = release(welcome=journey(*STEPS))
    # In a paused journey, or where it is set aside, a run stays where it was recalled from.
    put = recall(made, waiting(made), what)
    assert put is not None
    renamed = tuple({**step, "id": f"new-{step['id']}"} for step in STEPS)
    gone = (*renamed[:1], {"id": "new-week", "tag": "later"}, *renamed[2:])
    for later in (renamed, gone):
        to = release(welcome=journey(*later))
        moves = Moves({step["id"]: f"new-{step['id']}" for step in STEPS})
        moved = migrated(put, rules(to), "r2", moves, "m1", LATER)
        after, effects = going_on(to, moved)
        stands = {"skip": "new-answer", "goto": "new-answer", "leave": None}[_kind(what)]
        assert (after.waiting.step if after.waiting else None) == stands
        assert sent(effects) == (["new-second"] if _kind(what) == "skip" else [])
    if not isinstance(what, Leave):
        with pytest.raises(Unfit):
            migrated(put, rules(release(welcome=journey(STEPS[0]))), "r2", Moves({}), "m1", LATER)


def _kind(what: Recall) -> str:
    return type(what).__name__.lower()
