"""What is known of rates, such as those at which visitors convert: intervals, and which is likely the highest. Pure.

Any rate is as likely as any other before anything is seen. Distributions are summed up at points near them, which
gives three digits, and the same ones everywhere.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import exp, fsum, lgamma, log, log1p, prod, sqrt
from typing import Final

_REACH: Final = 8
"""A distribution is looked at to so many standard deviations from its mean."""
_COARSE: Final = 4
_FINE: Final = 16
"""And so many times per standard deviation: for areas, and for where in it something lies."""


class Rate:
    """What is known of a rate after `seen` people, `converted` of whom converted: Beta(1 + converted, 1 + others)."""

    def __init__(self, seen: int, converted: int) -> None:
        self.a, self.b = 1 + converted, 1 + seen - converted
        both = self.a + self.b
        self.mean = self.a / both
        self._deviation = sqrt(self.a * self.b / (both + 1)) / both
        self._scale = lgamma(both) - lgamma(self.a) - lgamma(self.b)

    def interval(self, probability: float) -> tuple[float, float]:
        """The bounds between which the rate lies with this probability; it lies below and above them equally seldom."""
        points = [0.0, *self.points(_FINE), 1.0]
        sums = self.cumulated(points)
        tail = (1 - probability) / 2
        return _at(tail, points, sums), _at(1 - tail, points, sums)

    def points(self, steps: int = _COARSE) -> list[float]:
        """Where to look, so that nothing of the distribution's shape is missed."""
        places = range(-_REACH * steps, _REACH * steps + 1)
        return [x for place in places if 0 < (x := self.mean + place * self._deviation / steps) < 1]

    def cumulated(self, points: Sequence[float]) -> list[float]:
        """How likely the rate is below each of these ascending points, the first of which is 0 and the last 1."""
        known = [(x, *self._density(x)) for x in points]
        # The trapezoidal rule, corrected by the slopes at both ends.
        areas = (
            (x - w) * (f + g) / 2 + (x - w) ** 2 * (rise - fall) / 12 for (w, f, rise), (x, g, fall) in pairwise(known)
        )
        sums = [0.0, *accumulate(max(0.0, area) for area in areas)]
        return [one / sums[-1] for one in sums]

    def _density(self, x: float) -> tuple[float, float]:
        """The density at a point, and its slope there."""
        a, b = self.a - 1, self.b - 1
        if 0 < x < 1:
            density = exp(self._scale + a * log(x) + b * log1p(-x))
            return density, density * (a / x - b / (1 - x))
        # At 0 and 1 it is none, and flat, unless hardly anybody converted, or hardly anybody didn't.
        near, far, sign = (b, a, -1) if x else (a, b, 1)
        end = exp(self._scale) if near <= 1 else 0.0
        return (end, -sign * far * end) if near == 0 else (0.0, sign * end)


def likely_highest(rates: Sequence[Rate]) -> list[float]:
    """How likely each of the rates is the highest of all; together 1.

    The integral of each one's density times the others' distribution functions.
    """
    points = sorted({0.0, 1.0, *(x for rate in rates for x in rate.points())})
    below = [rate.cumulated(points) for rate in rates]
    middles = [[(low + high) / 2 for low, high in pairwise(sums)] for sums in below]
    steps = [[high - low for low, high in pairwise(sums)] for sums in below]
    together = [prod(column) for column in zip(*middles, strict=True)]
    chances = [
        fsum(step * (whole / own) for step, whole, own in zip(moves, together, mine, strict=True) if own > 0)
        for moves, mine in zip(steps, middles, strict=True)
    ]
    return [one / fsum(chances) for one in chances]


def _at(wanted: float, points: Sequence[float], sums: Sequence[float]) -> float:
    """Where a distribution function reaches `wanted`."""
    place = min(max(bisect_left(sums, wanted), 1), len(sums) - 1)
    below, above = sums[place - 1], sums[place]
    within = (wanted - below) / (above - below) if above > below else 0.0
    return points[place - 1] + within * (points[place] - points[place - 1])
