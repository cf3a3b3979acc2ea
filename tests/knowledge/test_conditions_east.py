"""Conditions hold exactly when they do by the raw events, in zones east of Greenwich."""

from functools import cache

from tests.knowledge.conditions import Report, compare, group
from tests.knowledge.people import EAST
from tests.knowledge.sizes import GROUPS, MOMENTS

SEED = 1


@cache
def report() -> Report:
    whole = Report()
    for number in range(GROUPS // 2):
        whole.join(compare(group(SEED, number, EAST), MOMENTS))
    return whole


def test_every_answer_is_what_the_raw_events_say() -> None:
    assert report().differences[:20] == []
    assert report().asked > 60 * MOMENTS * 4 * (GROUPS // 2)


def test_hardly_any_question_hangs_on_points_that_may_be_left_out() -> None:
    assert report().undecided < report().asked / 200


def test_every_operator_was_answered_both_ways() -> None:
    assert report().seldom(25) == []
