"""How many conversions trying variants costs, against showing all of them alike: simulated visitors, a known best."""

import random
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final

from bench.report import Say
from functions.core.bandit import Epoch, assigned, combinations, winner
from functions.core.experiments import LASTS_MS, Assigned, Exposure, Standing, Test, epochs, following

HEADLINES: Final = ("calm", "loud", "plain")
BUTTONS: Final = ("now", "later")
BASE: Final = 0.04
BEST: Final = 0.09
RUNS: Final = 8
EPOCHS: Final = 28
"""A week of epochs."""
VISITORS: Final = 150
"""That come in one epoch, first to last."""
_HIGH: Final = 9
_BARS: Final = " ▁▂▃▄▅▆▇█"


def run(say: Say) -> dict[str, float]:
    """variants_regret_ratio: conversions lost by trying, as a part of those lost by an even split, over all visitors
    of a week; variants_winner_named: in what part of the runs the best was named, and never another."""
    rates = {name: BEST if name == "loud/now" else BASE for name in combinations((HEADLINES, BUTTONS))}
    even = max(rates.values()) - fmean(rates.values())
    say(
        f"{RUNS} runs of {EPOCHS} epochs of {VISITORS} visitors; {len(rates)} variants, of which one converts at "
        f"{BEST:.0%}, the others at {BASE:.0%}; assigned and counted as in production"
    )
    curves, named = [], []
    for number in range(RUNS):
        lost, found = _week(rates, random.Random(number))
        curves.append(lost)
        named.append(found)
    curve = [fmean(column) for column in zip(*curves, strict=True)]
    flat = [even * VISITORS * (place + 1) for place in range(EPOCHS)]
    say("conversions lost until each epoch's end: trying them (bars), and an even split (·)")
    for line in drawn(curve, flat):
        say(line)
    wrong = [name for name in named if name not in (None, "loud/now")]
    assert not wrong, wrong
    say(f"lost by trying {curve[-1]:.1f}, by an even split {flat[-1]:.1f}; the best named in {sum(map(bool, named))}")
    return {
        "variants_regret_ratio": curve[-1] / flat[-1],
        "variants_winner_named": fmean(name is not None for name in named),
    }


def _week(rates: Mapping[str, float], chance: random.Random) -> tuple[list[float], str | None]:
    """What was lost until the end of each epoch, and the first winner that was named."""
    test = Test("bench", tuple(rates))
    exposures: list[Exposure] = []
    standing: list[Standing] = []
    done: list[Epoch] = []
    lost, total, found = [], 0.0, None
    for number in range(EPOCHS):
        next_ = following(test, standing, done, number * LASTS_MS)
        assert next_ is not None
        standing.append(next_)
        for place in range(VISITORS):
            visitor = f"{number}-{place}-{chance.random()}"
            name = assigned(next_.shares, test.page, visitor)
            won = chance.random() < rates[name]
            exposures.append(Exposure(visitor, Assigned(name, next_.number), 1, 2 if won else None))
            total += max(rates.values()) - rates[name]
        done = epochs(standing, exposures)
        found = found or winner(done)
        lost.append(total)
    return lost, found


def drawn(curve: Sequence[float], flat: Sequence[float], high: int = _HIGH) -> list[str]:
    """A curve as bars, two columns a point, with another as dots above it, from the top line down."""
    top = max(*curve, *flat)
    lines = []
    for level in reversed(range(high)):
        line = ""
        for mine, other in zip(curve, flat, strict=True):
            fill = min(8, max(0, round((mine / top * high - level) * 8)))
            dot = level <= other / top * high - 1e-9 < level + 1
            line += (_BARS[fill] if fill else "·" if dot else " ") * 2
        lines.append(line.rstrip())
    return lines
