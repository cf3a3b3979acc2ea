"""A run that a mistake keeps from going on: tried a few times, set aside, let go on where it stands."""

from dataclasses import replace
from typing import Any

import pytest

from functions.core import alarm, setback
from functions.core.alarm import End
from functions.core.correction import GoTo, Leave, Moves, Skip, migrated, recalled
from functions.core.enrollment import GRACE_MS, TRIES, Enrollment, Failure, Place, Waiting, look_again
from functions.core.journey import Journey
from functions.core.message import LATEST, Message, intended, reopen, withhold
from functions.tables import enrollments

MINUTE = 60_000
NOW = 1_790_000_000_000
JOURNEY = Journey.model_validate(
    {
        "topic": "tips",
        "start": {"when": {"event": "Signed Up"}},
        "steps": [
            {"id": "hello", "send": "welcome"},
            {"id": "week", "wait": "7 days"},
            {"id": "answer", "wait": {"until": {"event": "Order Completed"}, "at_most": "10 days"}},
            {"id": "day", "wait": {"until_day": "2027-03-08"}},
            {"id": "mark", "tag": "x"},
        ],
    }
)
RUN = Enrollment("e1", "c1", "tour", "r1", "cause", NOW, clock=1, waiting=Waiting("week", NOW, NOW + 9, NOW + 9))


def message(**more: Any) -> Message:
    about = {"journey": "tour", "step": "hello", "template": "welcome", "topic": "tips", "release": "r1"}
    return intended(id="m1", contact="c1", now=NOW, **{**about, "enrollment": "e1", **more})


def test_it_is_tried_again_after_a_minute_and_after_five_and_then_left_to_a_person() -> None:
    run, now, waited = RUN, NOW, []
    while not run.aside:
        run = setback.failed(run, KeyError("step"), now)
        assert run.failure is not None
        assert look_again(run, now) == run.failure.again
        if run.failure.again is not None:
            waited.append(run.failure.again - now)
            assert run.rests(now)
            assert not run.rests(run.failure.again)
            now = run.failure.again
    assert waited == [MINUTE, 5 * MINUTE]
    assert run.failure == Failure("week", "KeyError", "'step'", now, TRIES)
    assert run.rests(now + 10**12)
    assert run.active


@pytest.mark.parametrize(
    ("run", "step"),
    [
        (replace(RUN, waiting=None), ""),
        (replace(RUN, place=Place("mark")), "mark"),
        (replace(RUN, place=Place("")), "week"),
    ],
    ids=["before its first step", "put elsewhere", "leaving"],
)
def test_it_says_where(run: Enrollment, step: str) -> None:
    failed = setback.failed(run, ValueError("x" * 900), NOW)
    assert failed.failure is not None
    assert (failed.failure.step, len(failed.failure.words)) == (step, setback.WORDS_KEPT)


def test_a_row_keeps_it_and_one_without_reads_as_ever() -> None:
    failed = setback.failed(RUN, ValueError("Çay"), NOW)
    row = enrollments.to_row(failed, NOW)
    assert enrollments.from_row(row) == failed
    assert row["du"] == NOW + MINUTE
    aside = replace(failed, failure=Failure("week", "X", "", NOW, TRIES, "m1"))
    row = enrollments.to_row(aside, NOW)
    assert enrollments.from_row(row) == aside
    assert "du" not in row
    assert "failure" not in enrollments.to_row(RUN, NOW)


def test_its_clock_ends() -> None:
    first = alarm.first(RUN, NOW)
    assert alarm.answer(setback.failed(RUN, KeyError(), NOW), first, NOW) == End()
    assert alarm.answer(RUN, first, NOW) != End()


def test_letting_it_go_rings_at_once_and_happens_once() -> None:
    aside = replace(RUN, failure=Failure("week", "KeyError", "", NOW, TRIES))
    let = setback.retried(aside, JOURNEY, "j1", NOW + 5)
    assert let is not None
    assert let.failure is not None
    assert (let.aside, let.rests(NOW + 5), look_again(let, NOW + 5)) == (False, False, NOW + 5)
    assert let.waiting == RUN.waiting
    assert setback.retried(let, JOURNEY, "j1", NOW + 6) is None
    assert setback.retried(RUN, JOURNEY, "j1", NOW) is None


@pytest.mark.parametrize(("step", "longer"), [("week", True), ("answer", True), ("day", False)])
def test_the_wait_behind_a_message_that_was_missing_is_as_much_longer(step: str, longer: bool) -> None:
    waiting = Waiting(step, NOW, NOW + 100 * MINUTE, NOW + 50 * MINUTE)
    aside = setback.held(replace(RUN, waiting=waiting), message(), "template-error", "TypeError", NOW + 10 * MINUTE)
    assert aside is not None
    assert aside.failure == Failure("hello", "template-error", "TypeError", NOW + 10 * MINUTE, TRIES, "m1")
    let = setback.retried(aside, JOURNEY, "j1", NOW + 40 * MINUTE)
    assert let is not None
    assert let.waiting is not None
    moved = 30 * MINUTE if longer else 0
    assert (let.waiting.since, let.waiting.deadline) == (NOW + moved, NOW + 100 * MINUTE + moved)
    if longer:
        assert let.waiting.alarm == NOW + 40 * MINUTE


def test_who_is_over_or_aside_already_is_not_set_aside() -> None:
    assert setback.held(replace(RUN, state="done", ended=NOW), message(), "template-error", "", NOW) is None
    aside = replace(RUN, failure=Failure("week", "KeyError", "", NOW, TRIES))
    assert setback.held(aside, message(), "template-error", "", NOW) is None
    trying = setback.failed(RUN, KeyError(), NOW)
    assert setback.held(trying, message(), "template-error", "", NOW) is not None


@pytest.mark.parametrize(
    ("reason", "more", "mistake"),
    [
        ("template-error", {}, True),
        ("unknown-template", {"channel": "sms"}, True),
        ("no-staff", {"channel": "staff"}, True),
        ("template-error", {"enrollment": None}, False),
        ("missing-variable", {}, False),
        ("no-consent", {}, False),
        ("provider-rejected", {}, False),
        ("provider-rejected", {"channel": "webhook"}, True),
    ],
)
def test_what_is_a_mistake_of_the_business(reason: str, more: dict[str, Any], mistake: bool) -> None:
    held = withhold(message(**more), reason, NOW)
    assert setback.is_mistake(held, reason) is mistake
    assert setback.may_be_retried(held) is mistake
    assert not setback.may_be_retried(message(**more))


def test_a_message_let_go_is_as_if_newly_decided_and_not_too_late() -> None:
    later = NOW + 30 * 86_400_000
    opened = reopen(withhold(message(), "template-error", NOW, "TypeError"), "r2", later)
    assert (opened.state, opened.reason, opened.detail, opened.release) == ("intended", "", "", "r2")
    assert (opened.expires, opened.created, set(opened.times)) == (later + LATEST, NOW, {"intended"})
    assert opened.due is not None
    assert reopen(withhold(message(expires=NOW + 1), "template-error", NOW), "r2", later).expires == NOW + 1


@pytest.mark.parametrize("what", [Skip(), Leave(), GoTo("mark")], ids=["skip", "leave", "goto"])
def test_a_recall_lets_it_go_on_where_it_says(what: Any) -> None:
    aside = replace(RUN, failure=Failure("week", "KeyError", "", NOW, TRIES))
    moved = recalled(aside, JOURNEY, "week", what, "j1", NOW + 5)
    assert moved is not None
    assert not moved.rests(NOW + 5)


def test_whoever_is_moved_to_another_release_stays_aside_also_before_the_first_step() -> None:
    aside = replace(RUN, failure=Failure("week", "KeyError", "", NOW, TRIES))
    moved = migrated(aside, JOURNEY, "r2", Moves({}), "j1", NOW + 5)
    assert moved is not None
    assert (moved.aside, moved.release, look_again(moved, NOW)) == (True, "r2", None)
    before = replace(aside, waiting=None)
    moved = migrated(before, JOURNEY, "r2", Moves({}), "j1", NOW + 5)
    assert moved is not None
    assert (moved.aside, moved.release, moved.waiting) == (True, "r2", None)
    assert migrated(replace(before, failure=None), JOURNEY, "r2", Moves({}), "j1", NOW) is None


def test_the_letter_names_what_is_wrong_and_no_words_of_an_error() -> None:
    subject, text = setback.letter("welcome", "hello", "template-error")
    assert "welcome" in subject
    assert "hello" in subject
    assert "The template failed" in text
    assert "samovar retry welcome" in text
    assert "its only_if can't be asked" in setback.letter("welcome", setback.ASKING, "KeyError")[0]
    assert "before its first step" in setback.letter("welcome", "", "KeyError")[0]
    assert setback.in_words("Strange") == "the code raised Strange"


def test_a_healthy_run_is_looked_at_as_ever() -> None:
    assert look_again(RUN, NOW) == NOW + 9 + GRACE_MS
