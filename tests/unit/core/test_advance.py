"""`advance`: what an enrollment does, and when it stops."""

from dataclasses import replace
from typing import Any

import pytest

from functions.core.advance import Unreadable, advance
from functions.core.contact import Contact
from functions.core.effects import Effect, ReachGoal, Record, SendMessage, StartClock, Unwatch
from functions.core.enrollment import Enrollment, Waiting
from functions.core.ids import message_id
from functions.core.release import Release
from tests.journeys import (
    DAY,
    HOUR,
    NOW,
    SECOND,
    WELCOME,
    clicked,
    contact,
    entered,
    happened,
    journey,
    release,
    rules,
)

Moved = tuple[Enrollment, tuple[Effect, ...]]
Started = tuple[Release, Enrollment, tuple[Effect, ...]]


def step(made: Release, enrollment: Enrollment, person: Contact, now: int = NOW) -> Moved:
    return advance(rules(made), enrollment, person, made, now)


def started(
    definition: dict[str, Any], person: Contact | None = None
) -> tuple[Release, Enrollment, tuple[Effect, ...]]:
    made = release(welcome=definition)
    moved, effects = step(made, entered(made), person or contact())
    return made, moved, effects


def kinds(effects: tuple[Effect, ...]) -> list[str]:
    return [type(effect).__name__ for effect in effects]


def sent(effects: tuple[Effect, ...]) -> list[str]:
    return [effect.template for effect in effects if isinstance(effect, SendMessage)]


def test_the_welcome_mail_is_sent_at_once_and_the_run_stops_at_the_wait() -> None:
    _, moved, effects = started(WELCOME)
    assert moved.active
    assert moved.waiting == Waiting("clicked", NOW, NOW + 3 * DAY, NOW + 3 * DAY)
    message = message_id(moved.id, "hello", 0)
    assert effects == (SendMessage(message, "hello", "welcome", "tips", NOW), StartClock(1))
    assert moved.messages == {"hello": message}


def test_nothing_changes_before_something_is_due_or_true() -> None:
    made, moved, _ = started(WELCOME)
    assert step(made, moved, contact(), NOW + 2 * DAY) == (moved, ())
    assert step(made, moved, contact(), NOW + 2 * DAY)[0] is moved


def test_a_click_ends_the_wait_and_little_interest_brings_the_guide() -> None:
    made, moved, _ = started(WELCOME)
    person = clicked(contact(), moved.messages["hello"], NOW + HOUR)
    after, effects = step(made, moved, person, NOW + HOUR)
    assert sent(effects) == ["brewing-guide"]
    assert kinds(effects) == ["SendMessage", "Record", "Unwatch"]
    assert (after.state, after.ended, after.waiting) == ("done", NOW + HOUR, None)
    assert [(passed.step, passed.outcome) for passed in after.path] == [
        ("hello", "sent"),
        ("clicked", "until"),
        ("keen", "else"),
        ("guide", "sent"),
        ("mark", "tagged"),
    ]


def test_a_click_with_much_interest_brings_the_offer() -> None:
    made, moved, _ = started(WELCOME)
    person = clicked(happened(contact(), "Page Viewed", NOW, NOW, NOW), moved.messages["hello"], NOW + HOUR)
    assert sent(step(made, moved, person, NOW + HOUR)[1]) == ["first-offer"]


def test_the_limit_ends_the_wait_to_the_second() -> None:
    made, moved, _ = started(WELCOME)
    assert step(made, moved, contact(), NOW + 3 * DAY - 1)[0] is moved
    after, effects = step(made, moved, contact(), NOW + 3 * DAY)
    assert after.state == "done"
    assert sent(effects) == ["brewing-guide"]
    assert after.path[1].outcome == "limit"


def test_the_goal_ends_the_run_wherever_it_stands() -> None:
    made, moved, _ = started(WELCOME)
    after, effects = step(made, moved, happened(contact(), "Order Completed", NOW + 1), NOW + HOUR)
    assert after.state == "goal"
    assert kinds(effects) == ["ReachGoal", "Unwatch"]


def test_an_order_before_entry_is_not_the_goal() -> None:
    _, moved, _ = started(WELCOME, happened(contact(), "Order Completed", NOW - DAY, NOW))
    assert moved.active


def test_a_goal_reached_before_the_first_step_sends_nothing() -> None:
    _, moved, effects = started(WELCOME, happened(contact(), "Order Completed", NOW + 1))
    assert moved.state == "goal"
    assert effects == (ReachGoal(effects[0].decision, NOW), Unwatch())  # type: ignore[union-attr]


def test_an_exit_rule_that_holds_ends_the_run_before_anything_is_sent() -> None:
    definition = {**WELCOME, "exit": {"event": "Account Closed"}}
    _, moved, effects = started(definition, happened(contact(), "Account Closed", NOW - DAY))
    assert moved.state == "exited"
    assert sent(effects) == []


def test_an_exit_rule_that_time_fulfils_sets_the_alarm() -> None:
    quiet = {"not": {"event": "Page Viewed", "within": "2 days"}}
    definition = journey({"id": "week", "wait": "7 days"}, exit=quiet)
    made, moved, _ = started(definition, happened(contact(), "Page Viewed", NOW))
    assert moved.waiting is not None
    assert (moved.waiting.deadline, moved.waiting.alarm) == (NOW + 7 * DAY, NOW + 2 * DAY)
    after, _ = step(made, moved, happened(contact(), "Page Viewed", NOW), NOW + 2 * DAY)
    assert after.state == "exited"


def test_an_alarm_that_rang_for_nothing_is_set_anew_in_the_same_wait() -> None:
    quiet = {"not": {"event": "Page Viewed", "within": "2 days"}}
    definition = journey({"id": "quiet", "wait": {"until": quiet, "at_most": "9 days"}})
    made, moved, _ = started(definition, happened(contact(), "Page Viewed", NOW))
    seen_again = happened(contact(), "Page Viewed", NOW, NOW + DAY)
    early, effects = step(made, moved, seen_again, NOW + DAY)
    assert (early, effects) == (moved, ())
    after, effects = step(made, moved, seen_again, NOW + 2 * DAY)
    assert after.waiting == Waiting("quiet", NOW, NOW + 9 * DAY, NOW + 3 * DAY)
    assert (after.turn, effects) == (moved.turn + 1, ())


def test_an_alarm_moves_earlier_as_soon_as_an_event_brings_it_forward() -> None:
    quiet = {"all": [{"not": {"event": "Page Viewed", "within": "2 days"}}, {"event": "Cart Filled"}]}
    definition = journey({"id": "quiet", "wait": {"until": quiet, "at_most": "9 days"}})
    viewed = happened(contact(), "Page Viewed", NOW)
    made, moved, _ = started(definition, viewed)
    assert moved.waiting is not None
    assert moved.waiting.alarm == NOW + 9 * DAY
    after, _ = step(made, moved, happened(viewed, "Cart Filled", NOW + HOUR), NOW + HOUR)
    assert after.waiting is not None
    assert (after.waiting.alarm, after.turn) == (NOW + 2 * DAY, moved.turn + 1)


def test_a_wait_whose_condition_holds_already_is_passed_at_once() -> None:
    bought = {"id": "bought", "wait": {"until": {"event": "Order Completed"}, "at_most": "1 day"}}
    definition = journey(bought, {"id": "thanks", "send": "thanks"})
    _, waiting, _ = started(definition, happened(contact(), "Order Completed", NOW - DAY))
    assert waiting.active, "an order from before the journey is not what it waits for"
    _, moved, effects = started(definition, happened(contact(), "Order Completed", NOW + 1))
    assert moved.state == "done"
    assert kinds(effects) == ["SendMessage", "Unwatch"]


def test_a_wait_inside_a_branch_continues_after_the_branch() -> None:
    inner = {"id": "inner", "if": {"tag": "x"}, "then": [], "else": [{"id": "pause", "wait": "1 hour"}]}
    outer = {"id": "outer", "if": {"tag": "x"}, "else": [inner, {"id": "b", "send": "b"}]}
    made, moved, _ = started(journey(outer, {"id": "c", "send": "c"}))
    after, effects = step(made, moved, contact(), NOW + HOUR)
    assert sent(effects) == ["b", "c"]
    assert after.state == "done"


def test_later_steps_see_a_tag_that_was_just_put_on() -> None:
    tag = {"id": "mark", "tag": "vip"}
    branch = {"id": "vip", "if": {"tag": "vip"}, "then": [{"id": "yes", "send": "yes"}]}
    _, moved, effects = started(journey(tag, branch))
    assert sent(effects) == ["yes"]
    assert moved.state == "done"


def test_an_exit_rule_sees_a_tag_that_was_just_put_on() -> None:
    definition = journey({"id": "mark", "tag": "vip"}, {"id": "mail", "send": "mail"}, exit={"tag": "vip"})
    _, moved, effects = started(definition)
    assert (moved.state, kinds(effects)) == ("exited", ["Record"])


def test_an_exit_step_leaves_the_journey_there() -> None:
    _, moved, effects = started(journey({"id": "out", "exit": True}, {"id": "mail", "send": "mail"}))
    assert (moved.state, effects) == ("exited", ())


def test_a_journey_without_waits_needs_no_clock_and_no_watching() -> None:
    _, moved, effects = started(journey({"id": "mail", "send": "mail", "topic": "offers"}))
    assert moved.state == "done"
    assert effects == (SendMessage(message_id(moved.id, "mail", 0), "mail", "mail", "offers", NOW),)


def test_the_second_wait_keeps_the_clock_of_the_first() -> None:
    made, moved, _ = started(journey({"id": "one", "wait": "1 day"}, {"id": "two", "wait": "1 day"}))
    after, effects = step(made, moved, contact(), NOW + DAY + 5 * SECOND)
    assert effects == ()
    assert after.waiting == Waiting(
        "two", NOW + DAY + 5 * SECOND, NOW + 2 * DAY + 5 * SECOND, NOW + 2 * DAY + 5 * SECOND
    )
    assert (after.clock, after.turn) == (1, moved.turn + 1)


def test_tags_are_events_with_ids_of_their_own() -> None:
    made, moved, _ = started(WELCOME)
    _, effects = step(made, moved, contact(), NOW + 3 * DAY)
    (tag,) = [effect for effect in effects if isinstance(effect, Record)]
    assert (tag.name, tag.properties, tag.at) == ("Tag Added", {"tag": "welcomed"}, NOW + 3 * DAY)
    assert step(made, moved, contact(), NOW + 4 * DAY)[1][1] == replace(tag, at=NOW + 4 * DAY)


def test_a_finished_run_never_moves_again() -> None:
    made, moved, _ = started(WELCOME)
    after, _ = step(made, moved, contact(), NOW + 3 * DAY)
    assert step(made, after, happened(contact(), "Order Completed", NOW + 4 * DAY), NOW + 9 * DAY) == (after, ())


def test_an_enrollment_at_a_step_that_the_release_lacks_cannot_be_read() -> None:
    made, moved, _ = started(WELCOME)
    lost = replace(moved, waiting=Waiting("nowhere", NOW, NOW + DAY, NOW + DAY))
    with pytest.raises(Unreadable, match="nowhere"):
        step(made, lost, contact(), NOW + DAY)
