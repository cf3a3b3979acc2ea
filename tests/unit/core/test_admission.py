"""What refuses a trigger: asked again of the same facts, it is the same reason."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.admission import REASONS, apart_of, before, refused_again, refused_outside
from functions.core.contact import Contact, Decision, Facts, Moment, Profile, State
from functions.core.enrollment import Enrollment, enroll
from functions.core.ids import LINE, enrollment_id
from functions.core.release import Release
from functions.core.requests import APART_MS, BY_STEP
from tests.journeys import DAY, NOW, journey, release

MARK = {"id": "mark", "tag": "x"}


def made(again: str = "always", **more: Any) -> Release:
    start = {"when": {"requested": True}, "again": again} | more.pop("start", {})
    return release(hello=journey(MARK, **more) | {"start": start})


def trigger(at: int, cause: str = "new", by: str = "") -> Decision:
    return Decision("t", "trigger", "hello", at, cause, by)


def run(entered: int, ended: int | None, cause: str = "old") -> Enrollment:
    state = "active" if ended is None else "done"
    identity = enrollment_id("ada", "hello", cause)
    return Enrollment(identity, "ada", "hello", "r1", cause, entered, state=state, ended=ended, begun=entered)


@pytest.mark.parametrize(
    ("again", "existing", "at", "by", "refusal"),
    [
        ("always", None, NOW, "", None),
        ("always", run(NOW, None), NOW + DAY, "", "inside"),
        ("always", run(NOW, NOW + 9), NOW + 5, "", "inside"),
        ("always", run(NOW, NOW + 9), NOW + 10, "", None),
        ("never", run(NOW, NOW + 9), NOW + 999 * DAY, "", "again"),
        ("after 30 days", run(NOW, NOW + 9), NOW + 30 * DAY - 1, "", "again"),
        ("after 30 days", run(NOW, NOW + 9), NOW + 30 * DAY, "", None),
        ("always", run(NOW, NOW + 9), NOW + APART_MS - 1, BY_STEP, "circle"),
        ("always", run(NOW, NOW + 9), NOW + APART_MS, BY_STEP, None),
        ("never", run(NOW, NOW + 9, cause="new"), NOW, "", None),
    ],
)
def test_who_was_inside_before(again: str, existing: Enrollment | None, at: int, by: str, refusal: str | None) -> None:
    assert refused_again(made(again).journeys["hello"], existing, trigger(at, by=by)) == refusal


@given(
    again=st.sampled_from(("always", "never", "after 1 minute", "after 2 days")),
    ended=st.integers(0, 3 * DAY),
    later=st.integers(0, 3 * DAY),
    by=st.sampled_from(("", BY_STEP)),
)
def test_the_reason_is_there_where_and_only_where_nobody_is_enrolled(
    again: str, ended: int, later: int, by: str
) -> None:
    hello, existing, asked = made(again).journeys["hello"], run(NOW, NOW + ended), trigger(NOW + ended + later, by=by)
    fresh = enroll("hello", hello, "r2", existing, contact="ada", cause="new", at=asked.at, apart=apart_of(asked))
    assert (fresh is None) == (refused_again(hello, existing, asked) is not None)


def test_whoever_comes_at_the_wrong_time_or_is_not_meant() -> None:
    live = made(ends="2026-11-25", start={"only_if": {"tag": "tea"}})
    hello, stranger = live.journeys["hello"], Contact(State("ada"), Profile("ada"))
    tagged = replace(stranger, state=State("ada", facts=Facts(tags={"tea": (Moment(NOW, 1), True)})))
    last = 1_795_564_800_000  # 2026-11-25, 00:00 UTC, where the business is.
    assert refused_outside(hello, tagged, live, last - 1) is None
    assert refused_outside(hello, tagged, live, last) == "ended"
    assert refused_outside(hello, stranger, live, last - 1) == "only-if"
    assert refused_outside(hello, None, live, last - 1) is None


def test_which_run_a_trigger_met_is_found_among_all_of_them() -> None:
    first, second, own = run(NOW, NOW + 5, "a"), run(NOW + DAY, NOW + DAY + 5, "b"), run(NOW + 2 * DAY, None, "new")
    assert before([second, first], trigger(NOW + DAY - 1)) == first
    assert before([second, first], trigger(NOW + DAY)) == second
    assert before([second, first], trigger(NOW - 1)) is None
    assert before([second, own, first], trigger(NOW + 2 * DAY)) == own


def test_every_reason_is_said_in_words() -> None:
    assert all(words and words[0].islower() for words in REASONS.values())


def test_a_line_crossed_again_within_a_minute_is_a_circle_too() -> None:
    hello, old = made().journeys["hello"], run(NOW, NOW + 9)
    assert refused_again(hello, old, trigger(NOW + APART_MS - 1, cause=LINE + "x")) == "circle"
    assert refused_again(hello, old, trigger(NOW + APART_MS, cause=LINE + "x")) is None
