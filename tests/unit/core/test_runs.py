"""The states of a run, and the pace at which its messages are decided."""

from dataclasses import replace

import pytest

from functions.core import runs
from functions.core.runs import AHEAD_MS, Cursor, NotNow, Run, cursor_from

NOW = 1_795_500_000_000


def run(**about: object) -> Run:
    begun = runs.begin("harvest", "one", "r", at=NOW, by="ada", now=NOW)
    return replace(begun, **about)  # type: ignore[arg-type]


def held(**about: object) -> Run:
    return runs.hold(
        run(**about),
        counts={"people": 3},
        parts={str(run(**about).at): 3},
        chunks=1,
        seconds=9,
        hold_s=600,
        now=NOW + 5,
    )


def test_a_run_goes_from_counting_over_its_hold_to_sending_and_is_done() -> None:
    one = held()
    assert (one.state, one.held_until, one.due) == ("holding", NOW + 600_005, NOW + 600_005)
    one = runs.let_go(one, NOW + 600_005)
    assert (one.state, one.at) == ("sending", NOW + 600_005)
    one = runs.finish(one, intended=3, missed=0, now=NOW + 700_000)
    assert (one.state, one.open, one.due) == ("done", False, None)


def test_a_hold_lasts_until_the_moment_of_what_was_planned() -> None:
    assert held(at=NOW + 9_000_000).held_until == NOW + 9_000_000


def test_what_reached_nobody_in_time_is_expired_not_done() -> None:
    sent = runs.let_go(held(), NOW)
    assert runs.finish(sent, intended=1, missed=2, now=NOW).state == "expired"


def test_no_state_is_entered_from_where_it_does_not_follow() -> None:
    done = runs.finish(runs.let_go(held(), NOW), intended=3, missed=0, now=NOW)
    for again in (
        lambda: runs.let_go(done, NOW),
        lambda: runs.let_go(run(), NOW),
        lambda: runs.cancel(done, "why", NOW, NOW),
        lambda: runs.expire(done, NOW),
        lambda: runs.fail(done, "why", NOW),
        lambda: runs.finish(held(), intended=0, missed=0, now=NOW),
        lambda: runs.hold(held(), counts={}, parts={}, chunks=0, seconds=0, hold_s=0, now=NOW),
    ):
        with pytest.raises(NotNow):
            again()


def test_a_cursor_is_read_as_it_was_stored() -> None:
    cursor = Cursor(NOW, 12, 345, NOW + 9)
    assert cursor_from(cursor.to_key()) == cursor


@pytest.mark.parametrize("per_second", [0.01, 0.5, 1, 14, 667])
def test_at_any_rate_at_most_a_minute_is_queued_and_the_rate_is_reached(per_second: float) -> None:
    now, clear, sent, turns = NOW, 0, 0, 0
    end = NOW + int(max(3_600_000, 20_000 / per_second))
    while now < end:
        room = runs.room(clear, per_second, now)
        if room:
            count = min(room, 250)
            clear, sent = runs.queued(clear, count, per_second, now), sent + count
            assert clear - now <= max(AHEAD_MS, 1000 / per_second) + 1
            now += 150
        else:
            wait = runs.rest(clear, per_second, now)
            assert wait > 0
            now += wait * 1000
        turns += 1
    minutes = (end - NOW) / 60_000
    assert sent <= per_second * (end - NOW + AHEAD_MS) / 1000 + 2
    assert sent >= per_second * (end - NOW) / 1000 * 0.95
    assert turns <= minutes * max(10, per_second)
