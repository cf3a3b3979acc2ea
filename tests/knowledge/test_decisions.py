"""Every line is crossed when it is by the raw events: at a batch, or when time alone does it; and no other is."""

from functools import cache

from tests.knowledge.conditions import Report, group
from tests.knowledge.people import EAST, WEST
from tests.knowledge.replay import rebuilt, replay
from tests.scale import scaled

SEED = 4


@cache
def report() -> Report:
    whole = Report()
    for number in range(scaled(8)):
        whole.join(replay(group(SEED, number, (EAST + WEST)[number % 2 :: 2], segments=24)))
    return whole


def test_the_same_lines_are_crossed_at_the_same_moments() -> None:
    assert report().differences[:20] == []
    assert report().flips > scaled(400)
    # Lives of 32 a seed: whole points of today beside a remnant of old ones that may be left out.
    assert report().undecided <= scaled(3)


def test_facts_made_anew_are_those_folded_live_and_decide_nothing_more() -> None:
    whole = Report()
    for number in range(scaled(16)):
        whole.join(rebuilt(group(SEED + 1, number, EAST + WEST)))
    assert whole.differences[:5] == []
    assert whole.flips > scaled(30)
