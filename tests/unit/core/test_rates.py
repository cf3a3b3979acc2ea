"""What is known of a rate, next to exact formulas for whole numbers."""

from math import comb, exp, lgamma

import pytest

from functions.core.rates import Rate, likely_highest

SEEN = [(0, 0), (7, 0), (7, 7), (50, 1), (400, 12), (3_000, 2_900), (200_000, 4_000)]


def below(x: float, seen: int, converted: int) -> float:
    """How likely the rate is below x: as likely as more than `converted` of one more trial than were seen succeed."""
    trials = seen + 1
    return 1 - sum(comb(trials, hits) * x**hits * (1 - x) ** (trials - hits) for hits in range(converted + 1))


def beats(one: tuple[int, int], other: tuple[int, int]) -> float:
    """How likely the one rate is higher than the other, as a finite sum (Evan Miller, "Formulas for Bayesian A/B
    testing")."""
    (a, b), (c, d) = (1 + other[1], 1 + other[0] - other[1]), (1 + one[1], 1 + one[0] - one[1])

    def beta(x: int, y: int) -> float:
        return lgamma(x) + lgamma(y) - lgamma(x + y)

    return sum(exp(beta(a + hits, b + d) - beta(1 + hits, d) - beta(a, b)) / (d + hits) for hits in range(c))


@pytest.mark.parametrize(("seen", "converted"), SEEN[:5])
def test_a_credible_interval_leaves_as_much_below_as_above(seen: int, converted: int) -> None:
    low, high = Rate(seen, converted).interval(0.95)
    assert below(low, seen, converted) == pytest.approx(0.025, abs=0.001)
    assert below(high, seen, converted) == pytest.approx(0.975, abs=0.001)


@pytest.mark.parametrize("one", SEEN)
@pytest.mark.parametrize("other", SEEN)
def test_the_likelier_of_two_is_known_to_three_digits(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert likely_highest([Rate(*one), Rate(*other)])[0] == pytest.approx(beats(one, other), abs=0.001)


def test_of_many_alike_each_is_as_likely_the_highest() -> None:
    assert likely_highest([Rate(900, 30)] * 16) == pytest.approx([1 / 16] * 16)


def test_one_alone_is_the_highest() -> None:
    assert likely_highest([Rate(10, 3)]) == [1.0]
