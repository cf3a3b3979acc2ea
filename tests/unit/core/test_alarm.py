"""What a parked execution is answered."""

from dataclasses import replace

import pytest

from functions.core import alarm
from functions.core.advance import advance
from functions.core.alarm import LIFE_S, PARKS, Again, Alarm, End, HandOver, Stay
from functions.core.enrollment import Enrollment
from functions.core.errors import Newer
from tests.journeys import DAY, HOUR, NOW, SECOND, contact, entered, journey, release, rules


def waiting(length: str = "3 days") -> Enrollment:
    made = release(welcome=journey({"id": "pause", "wait": length}))
    return advance(rules(made), entered(made), contact(), made, NOW)[0]


def test_an_alarm_rings_when_the_wait_is_over_in_whole_seconds() -> None:
    enrollment = waiting("90 seconds")
    assert alarm.first(enrollment, NOW).seconds == 90
    assert alarm.first(enrollment, NOW + 1).seconds == 90
    assert alarm.first(enrollment, NOW + 90 * SECOND).seconds == 1
    assert alarm.first(enrollment, NOW + DAY).seconds == 1


def test_a_clock_parked_for_the_present_wait_stays() -> None:
    enrollment = waiting()
    assert alarm.answer(enrollment, alarm.first(enrollment, NOW), NOW + HOUR) == Stay()


def test_a_clock_parked_for_an_earlier_wait_parks_again() -> None:
    enrollment = waiting()
    held = alarm.first(enrollment, NOW)
    moved = replace(enrollment, turn=enrollment.turn + 1)
    answer = alarm.answer(moved, held, NOW + DAY)
    assert answer == Again(replace(held, turn=moved.turn, seconds=2 * 86_400, parks=1))


def test_a_clock_whose_time_is_over_is_told_anew_even_if_nothing_changed() -> None:
    enrollment = waiting()
    held = alarm.first(enrollment, NOW)
    answer = alarm.answer(enrollment, held, NOW + 3 * DAY - 500, timed_out=True)
    assert answer == Again(replace(held, seconds=1, parks=1))


def test_a_finished_replaced_or_missing_run_ends_its_clock() -> None:
    enrollment = waiting()
    held = alarm.first(enrollment, NOW)
    assert alarm.answer(replace(enrollment, state="goal", waiting=None), held, NOW) == End()
    assert alarm.answer(replace(enrollment, id="another"), held, NOW) == End()
    assert alarm.answer(None, held, NOW) == End()


def test_a_clock_that_has_a_successor_ends() -> None:
    enrollment = waiting()
    assert alarm.answer(replace(enrollment, clock=2), alarm.first(enrollment, NOW), NOW) == End()


def test_a_wait_longer_than_an_execution_may_last_is_cut_and_handed_over() -> None:
    enrollment = waiting("800 days")
    held = alarm.first(enrollment, NOW)
    assert held.seconds == LIFE_S
    assert alarm.answer(enrollment, held, NOW + LIFE_S * 1000, timed_out=True) == HandOver()


def test_parking_again_never_goes_beyond_an_executions_life() -> None:
    enrollment = waiting("800 days")
    held = replace(alarm.first(enrollment, NOW), turn=enrollment.turn - 1)
    answer = alarm.answer(enrollment, held, NOW + 100 * DAY)
    assert isinstance(answer, Again)
    assert answer.alarm.seconds == LIFE_S - 100 * 86_400


def test_an_execution_near_its_limit_of_history_hands_over() -> None:
    enrollment = waiting()
    held = replace(alarm.first(enrollment, NOW), parks=PARKS)
    assert alarm.answer(enrollment, held, NOW, timed_out=True) == HandOver()


def test_machine_inputs_are_read_back_and_newer_ones_refused() -> None:
    held = Alarm("ada", "enr", "welcome", 3, 60, NOW, 2, 1)
    stored = alarm.to_plain(held)
    assert alarm.from_plain(stored) == held
    with pytest.raises(Newer, match="newer"):
        alarm.from_plain({**stored, "v": alarm.VERSION + 1})
