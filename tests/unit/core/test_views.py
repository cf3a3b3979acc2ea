"""Points are read from counts: caps, decay and bands are never stored."""

from hypothesis import given
from hypothesis import strategies as st

from functions.core.contact import Facts
from functions.core.counters import counter_id
from functions.core.scoring import Score, Scoring
from functions.core.views import band, first_day_below, points

UTC = "UTC"
SCORE = Score.model_validate(
    {
        "half_life": "10 days",
        "rules": [
            {"id": "key", "when": {"event": "Key"}, "points": 20},
            {"id": "page", "when": {"event": "Page"}, "points": 5, "at_most_per_day": 2},
            {"id": "bad", "when": {"event": "Bad"}, "points": -30},
        ],
    }
)
BANDS = Scoring.model_validate(
    {
        "scores": {"interest": SCORE},
        "temperature": {
            "score": "interest",
            "warm": {"at_least": 20, "until_below": 10},
            "hot": {"at_least": 60, "until_below": 40},
        },
    }
).temperature


def counted(**days: dict[int, int]) -> Facts:
    rules = {rule.id: counter_id(rule.when) for rule in SCORE.rules}
    return Facts(counters={rules[name]: counts for name, counts in days.items()})


def test_points_add_up_and_halve_with_every_half_life() -> None:
    facts = counted(key={100: 2})
    assert [points(facts, "interest", SCORE, 100 + days, UTC) for days in (0, 10, 20)] == [40, 20, 10]


def test_a_cap_counts_per_day_not_over_all() -> None:
    assert points(counted(page={100: 9, 101: 9}), "interest", SCORE, 101, UTC) == 10 + int(10 * 2 ** (-1 / 10))


def test_a_score_never_shows_below_zero() -> None:
    assert points(counted(bad={100: 3}, key={100: 1}), "interest", SCORE, 100, UTC) == 0


def test_a_band_is_kept_until_the_lower_line() -> None:
    assert BANDS is not None
    facts = counted(key={100: 3})
    warm_by_now = [band(42, BANDS, held) for held in ("cold", "warm", "hot")]
    assert points(facts, "interest", SCORE, 105, UTC) == 42
    assert warm_by_now == ["warm", "warm", "hot"]


@given(keys=st.integers(1, 50), pages=st.integers(0, 9), threshold=st.integers(1, 300), age=st.integers(0, 30))
def test_the_first_day_below_is_the_first_day_below(keys: int, pages: int, threshold: int, age: int) -> None:
    facts = counted(key={100: keys}, page={100 - age: pages})
    day = first_day_below(facts, "interest", SCORE, 100, threshold, UTC)
    if day is None:
        assert points(facts, "interest", SCORE, 100, UTC) < threshold
    else:
        assert points(facts, "interest", SCORE, day, UTC) < threshold <= points(facts, "interest", SCORE, day - 1, UTC)
