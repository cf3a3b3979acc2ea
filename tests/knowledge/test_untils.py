"""An answer stays until it is said to, where nothing happens, and mostly no longer."""

from functools import cache

from tests.knowledge.conditions import Report, group, probe
from tests.knowledge.people import EAST, WEST
from tests.knowledge.sizes import MOMENTS
from tests.scale import scaled

SEED = 3


@cache
def report() -> Report:
    whole = Report()
    for number in range(scaled(10)):
        whole.join(probe(group(SEED, number, (EAST + WEST)[number % 2 :: 2]), MOMENTS // 5))
    return whole


def test_nothing_flips_before_it_is_said_to() -> None:
    assert report().differences[:20] == []
    assert report().asked > scaled(10_000)


def test_most_moments_at_which_something_may_flip_are_not_in_vain() -> None:
    # Parts of a condition may flip where the whole stays.
    assert report().flips > report().stays
