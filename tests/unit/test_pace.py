"""Workers that each keep their pace keep the configured rate together."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions import clock
from functions.send.pace import AT_ONCE_S, WORKERS, Turn, pace


def test_the_first_send_of_a_worker_waits_for_nothing() -> None:
    assert pace(1.0, None, 100.0) == 0.0


def test_a_worker_that_was_idle_long_enough_waits_for_nothing() -> None:
    assert pace(1.0, 90.0, 100.0) == 0.0


def test_two_workers_at_one_a_second_send_every_other_second_each() -> None:
    assert pace(1.0, 100.0, 100.5) == pytest.approx(1.5)


@given(st.floats(0.05, 1000), st.lists(st.floats(0, 3), min_size=2, max_size=30))
def test_a_worker_never_exceeds_its_share(rate: float, work: list[float]) -> None:
    now, sends = 0.0, list[float]()
    for seconds in work:
        now += seconds
        now += pace(rate, sends[-1] if sends else None, now)
        sends.append(now)
    gaps = [later - earlier for earlier, later in pairwise(sends)]
    assert min(gaps) >= WORKERS / rate * (1 - 1e-9) - 1e-9


@given(st.floats(0.05, 2000), st.lists(st.floats(0, 0.05), min_size=2, max_size=60))
def test_what_goes_out_a_moment_early_is_waited_for(rate: float, work: list[float]) -> None:
    now, sends = 0.0, list[float]()

    def sleep(seconds: float) -> None:
        nonlocal now
        assert seconds >= AT_ONCE_S
        now += seconds

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "monotonic", lambda: now)
        patch.setattr(clock, "sleep", sleep)
        turn = Turn()
        for seconds in work:
            now += seconds
            turn.take(rate)
            sends.append(now)
    # However long one looks: no more than the rate allows, and what a hundredth of a second does.
    for first, begun in enumerate(sends):
        for place, at in enumerate(sends[first:]):
            assert place * WORKERS / rate <= at - begun + AT_ONCE_S + 1e-6
