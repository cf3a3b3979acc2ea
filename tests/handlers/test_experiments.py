"""What visitors saw of a page's variants is kept once, and one epoch follows another."""

import random
from dataclasses import replace
from itertools import permutations

import pytest

from functions.core.experiments import LASTS_MS, Assigned, Exposure, Standing, Test, epochs, following, noted, noting
from functions.tables import experiments
from tests.handlers.conftest import Stack

PAGE = Test("spring", ("calm", "loud"))
SAW = Exposure("ada", Assigned("calm", 1), seen=1_000)
WON = Exposure("ada", Assigned("calm", 1), converted=2_000)
AGAIN = Exposure("ada", Assigned("loud", 2), seen=9_000)


@pytest.mark.parametrize("order", list(permutations((SAW, SAW, WON, WON))))
def test_in_any_order_and_twice_it_is_one_visitor_who_converted(stack: Stack, order: tuple[Exposure, ...]) -> None:
    for told in order:
        experiments.expose(PAGE, told)
    _, exposures = experiments.load(PAGE)
    assert list(exposures) == [replace(SAW, converted=2_000)]


def test_who_comes_back_in_a_later_epoch_is_counted_where_they_came_first(stack: Stack) -> None:
    for told in (SAW, AGAIN, WON):
        experiments.expose(PAGE, told)
    _, exposures = experiments.load(PAGE)
    assert list(exposures) == [replace(SAW, converted=2_000)]


def test_an_epoch_begins_once_whoever_asks(stack: Stack) -> None:
    assert experiments.current(PAGE) is None
    first = following(PAGE, [], [], 500)
    assert first
    assert experiments.begin(PAGE, first)
    assert not experiments.begin(PAGE, replace(first, began=501))
    assert experiments.current(PAGE) == first
    second = following(PAGE, [first], epochs([first], []), 500 + LASTS_MS)
    assert second
    assert experiments.begin(PAGE, second)
    assert experiments.current(PAGE) == second
    standing, _ = experiments.load(PAGE)
    assert standing == [first, second]


def test_shares_are_kept_as_they_are_drawn_by(stack: Stack) -> None:
    chance = random.Random(3)
    for number in range(1, 20):
        shares = {"calm": chance.randint(1, 10**6 - 1) / 10**6}
        shares["loud"] = round(10**6 - shares["calm"] * 10**6) / 10**6
        assert experiments.begin(PAGE, Standing(number, shares, number))
        kept = experiments.current(PAGE)
        assert kept
        assert kept.shares == shares


def test_tests_do_not_see_each_other_and_one_may_be_forgotten_by(stack: Stack) -> None:
    other = Test("spring", ("calm", "shrill"))
    experiments.expose(PAGE, Exposure(experiments.visitor_of(PAGE, "a#ada"), Assigned("calm", 1), seen=1))
    experiments.expose(other, Exposure(experiments.visitor_of(other, "a#ada"), Assigned("calm", 1), seen=1))
    experiments.expose(other, Exposure(experiments.visitor_of(other, "a#bob"), Assigned("calm", 1), seen=1))
    experiments.forget([PAGE, other], ["a#ada", "e#ada"])
    assert list(experiments.load(PAGE)[1]) == []
    assert len(list(experiments.load(other)[1])) == 1


def test_an_epoch_keeps_what_was_counted_before_it_so_that_looking_reads_one_row(stack: Stack) -> None:
    first = Standing(1, PAGE.even(), 500)
    assert noting(first, []) == first
    assert noted(first) is None
    for variant, won in (("calm", 40), ("loud", 2)):
        for number in range(120):
            converted = 2 if number < won else None
            experiments.expose(PAGE, Exposure(f"{variant}{number}", Assigned(variant, 1), 1, converted))
    assert experiments.begin(PAGE, first)
    standing, exposures = experiments.load(PAGE)
    done = epochs(standing, exposures)
    second = following(PAGE, standing, done, 500 + LASTS_MS)
    assert second is not None
    assert experiments.begin(PAGE, noting(second, done))
    kept = experiments.current(PAGE)
    assert kept == noting(second, done)
    found = noted(kept)
    assert found is not None
    assert found.figures["calm"].seen == 120
    assert found.figures["calm"].converted == 40
    assert found.winner == kept.best
