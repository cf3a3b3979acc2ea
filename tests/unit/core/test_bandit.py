"""Variants of a page: shared out by what is known, to each visitor theirs, and no winner that is none."""

import random
from collections import Counter
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.bandit import (
    ERROR,
    EXPLORING,
    FEWEST_SEEN,
    Epoch,
    assigned,
    combinations,
    results,
    shares,
    winner,
)

NAMES = ("a", "b", "c", "d")


def run(
    chance: random.Random,
    rates: Mapping[str, float],
    epochs: int,
    visitors: int,
    season: Callable[[int], float] = lambda epoch: 1,
) -> list[Epoch]:
    """So many epochs of visitors who convert at these rates, times what the season makes of them."""
    done: list[Epoch] = []
    for number in range(epochs):
        given_out = shares(done, rates)
        seen = Counter(chance.choices(list(given_out), list(given_out.values()), k=visitors))
        converted = {
            name: sum(chance.random() < rates[name] * season(number) for _ in range(count))
            for name, count in seen.items()
        }
        done.append(Epoch(given_out, seen, converted))
    return done


def ever(done: list[Epoch], part: int | None = None) -> str | None:
    """The first winner that whoever looks after every epoch is told of."""
    return next((found for end in range(1, len(done) + 1) if (found := winner(done[:end], part))), None)


def cost(rates: Mapping[str, float], epoch: Epoch) -> float:
    """How many more would have converted had all seen the best."""
    return sum((max(rates.values()) - rates[name]) * count for name, count in epoch.seen.items())


def counted(**figures: tuple[int, int]) -> Epoch:
    """An epoch of even shares."""
    return Epoch(
        dict.fromkeys(figures, 1 / len(figures)),
        {name: seen for name, (seen, _) in figures.items()},
        {name: converted for name, (_, converted) in figures.items()},
    )


def test_a_thousand_experiments_about_nothing_name_hardly_any_winner() -> None:
    chance, named = random.Random(7), 0
    for number in range(1_000):
        named += ever(run(chance, dict.fromkeys("ab", (0.02, 0.1, 0.3)[number % 3]), 4, 500)) is not None
    assert named <= 1_000 * ERROR


def test_nor_do_they_where_rates_change_from_day_to_day_while_shares_do() -> None:
    chance = random.Random(8)
    found = [
        ever(run(chance, dict.fromkeys("abc", 0.02), 9, 400, lambda epoch: 1 + 6 * (epoch % 3))) for _ in range(60)
    ]
    assert sum(one is not None for one in found) <= 60 * ERROR


def test_a_variant_that_is_three_times_as_good_is_named_and_no_other() -> None:
    chance = random.Random(9)
    found = Counter(ever(run(chance, {"a": 0.04, "b": 0.12, "c": 0.04}, 12, 500)) for _ in range(20))
    assert found["b"] >= 18
    assert set(found) <= {"b", None}


def test_a_choice_for_a_part_is_found_though_no_combination_is() -> None:
    names = combinations([["calm", "bold"], ["short", "long"], ["now", "later"]])
    rates = {name: 0.15 if name.startswith("bold") else 0.05 for name in names}
    chance = random.Random(10)
    found = [run(chance, rates, 5, 600) for _ in range(10)]
    assert [ever(done, 0) for done in found].count("bold") >= 9
    assert {ever(done, part) for done in found for part in (1, 2)} == {None}
    assert [ever(done) for done in found].count(None) >= 8


def test_fewer_are_lost_than_by_an_even_split_and_ever_fewer() -> None:
    rates = {"a": 0.05, "b": 0.05, "c": 0.12, "d": 0.05}
    chance, epochs, visitors = random.Random(11), 15, 200
    curve = [0.0] * epochs
    for _ in range(10):
        for place, epoch in enumerate(run(chance, rates, epochs, visitors)):
            curve[place] += cost(rates, epoch) / 10
    even = visitors * (max(rates.values()) - sum(rates.values()) / 4)
    assert sum(curve) < 0.5 * even * epochs
    assert sum(curve[-5:]) < 0.4 * sum(curve[:5])
    assert sum(curve[:3]) > 0.5 * 3 * even, "at first nothing is known"


def test_small_crowds_are_told_that_they_are_small() -> None:
    few = [counted(a=(FEWEST_SEEN - 1, 0), b=(5_000, 4_000))]
    assert (results(few).verdict, winner(few)) == ("too-few", None)
    seldom = [counted(a=(500, 0), b=(500, 9))]
    assert (results(seldom).verdict, winner(seldom)) == ("too-few", None)
    assert results([]).verdict == "too-few"
    narrow = results([counted(a=(150, 6), b=(150, 12))])
    assert narrow.verdict == "open"
    assert narrow.figures["a"].low < narrow.figures["a"].rate < narrow.figures["b"].rate < narrow.figures["a"].high
    assert narrow.figures["a"].best + narrow.figures["b"].best == pytest.approx(1)


def test_a_clear_winner_is_named_with_its_figures() -> None:
    found = results([counted(a=(400, 10), b=(400, 40)), counted(a=(300, 8), b=(300, 33))])
    assert (found.verdict, found.winner) == ("winner", "b")
    assert (found.figures["b"].seen, found.figures["b"].converted) == (700, 73)
    assert found.figures["b"].best > 0.999


def test_one_variant_alone_wins_nothing() -> None:
    assert (results([counted(a=(900, 400))]).verdict, winner([counted(a=(900, 400))])) == ("open", None)


def test_other_variants_are_another_test() -> None:
    with pytest.raises(ValueError, match="same variants"):
        winner([counted(a=(1, 0)), counted(b=(1, 0))])


def test_variants_are_every_combination_of_the_parts() -> None:
    assert combinations([["calm", "bold"], ["short"], ["now", "later"]]) == [
        *("calm/short/now", "calm/short/later", "bold/short/now", "bold/short/later")
    ]


def test_before_anybody_came_all_are_shown_alike() -> None:
    assert shares([], NAMES) == pytest.approx(dict.fromkeys(NAMES, 0.25))


def test_so_many_visitors_see_each_as_its_share_says() -> None:
    wanted = {"a": 0.6, "b": 0.3, "c": 0.1, "d": 0.0}
    seen = Counter(assigned(wanted, "home", f"visitor-{number}") for number in range(20_000))
    assert {name: seen[name] / 20_000 for name in NAMES} == pytest.approx(wanted, abs=0.012)


WEIGHTS = st.lists(st.floats(0.01, 1), min_size=4, max_size=4)


@given(WEIGHTS, WEIGHTS, st.text(max_size=12), st.text(max_size=12))
def test_a_visitor_keeps_a_variant_unless_another_gained_more(
    before: list[float], after: list[float], page: str, visitor: str
) -> None:
    old, new = dict(zip(NAMES, before, strict=True)), dict(zip(NAMES, after, strict=True))
    first, then = assigned(old, page, visitor), assigned(new, page, visitor)
    assert first == assigned(dict(reversed(old.items())), page, visitor)
    assert first == then or new[then] / old[then] > new[first] / old[first]


@st.composite
def histories(draw: st.DrawFn) -> list[Epoch]:
    """Some epochs of some variants."""
    names = NAMES[: draw(st.integers(1, 4))]
    made = []
    for _ in range(draw(st.integers(0, 4))):
        weights = [draw(st.floats(0.05, 1)) for _ in names]
        seen = {name: draw(st.integers(0, 100_000)) for name in names}
        converted = {name: draw(st.integers(0, count)) for name, count in seen.items()}
        made.append(Epoch(dict(zip(names, (one / sum(weights) for one in weights), strict=True)), seen, converted))
    return made


@given(histories(), st.randoms(use_true_random=False))
def test_what_is_known_does_not_hang_on_the_order_of_epochs(done: list[Epoch], chance: random.Random) -> None:
    names = list(done[0].shares) if done else list(NAMES)
    found, given_out = results(done), shares(done, names)
    shuffled = chance.sample(done, len(done))
    assert results(shuffled) == found
    assert shares(shuffled, reversed(names)) == given_out
    assert sum(given_out.values()) == pytest.approx(1)
    assert min(given_out.values()) >= EXPLORING / len(names) - 1e-12
    for one in found.figures.values():
        assert 0 <= one.low < one.high <= 1
        assert 0 <= one.best <= 1


@given(st.integers(0, 300), st.integers(0, 300), st.integers(301, 600))
def test_whoever_converts_more_is_not_shown_less(fewer: int, more: int, seen: int) -> None:
    low, high = sorted((fewer, more))
    worse = shares([counted(a=(seen, low), b=(500, 50))], ("a", "b"))["a"]
    better = shares([counted(a=(seen, high), b=(500, 50))], ("a", "b"))["a"]
    assert better >= worse - 1e-9
