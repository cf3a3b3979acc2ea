"""Rows of enrollments under two writers: whoever read an older row writes nothing."""

from dataclasses import replace

import pytest

from functions.aws.dynamodb import ConditionFailed
from functions.core.effects import StartClock
from functions.core.enrollment import Enrollment, Waiting
from functions.tables import enrollments

NOW = 1_790_000_000_000
RUN = Enrollment("run", "ada", "welcome", "release", "cause", NOW, waiting=Waiting("clicked", NOW, NOW + 9, NOW + 9))

pytestmark = pytest.mark.usefixtures("stack")


def test_a_row_that_changed_since_it_was_read_is_not_overwritten() -> None:
    read = enrollments.begin(RUN, None, NOW)
    first = enrollments.save(read, replace(read, turn=1), NOW)
    with pytest.raises(ConditionFailed):
        enrollments.save(read, replace(read, turn=7), NOW)
    assert enrollments.get("ada", "welcome") == first


def test_a_run_takes_no_place_that_is_taken() -> None:
    enrollments.begin(RUN, None, NOW)
    with pytest.raises(ConditionFailed):
        enrollments.begin(replace(RUN, id="other"), None, NOW)
    held = enrollments.get("ada", "welcome")
    assert held is not None
    assert held.id == "run"


def test_settling_leaves_alone_a_row_that_has_moved_on() -> None:
    read = enrollments.begin(RUN, None, NOW)
    moved = enrollments.save(read, replace(read, turn=1, todo=(StartClock(1),)), NOW)
    enrollments.settle(read, NOW)
    assert enrollments.get("ada", "welcome") == moved
