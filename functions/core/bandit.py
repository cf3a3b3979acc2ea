"""Which variant of a page a visitor sees, and what is known of the variants: Thompson sampling, with honest ends. Pure.

A test goes by epochs. At the beginning of each, `shares` says what share of new visitors sees each variant: as likely
as it is the best by what is known (Thompson 1933), and a stated part for all alike. `assigned` gives a visitor theirs.

A winner is named by conversions alone. As long as two variants are alike, whoever converts was shown the one or the
other as likely as their shares had it, whatever else changes from day to day, however late people convert, and
however many of the views were bots'. The likelihood ratio against that, mixed over how much better one may be, is an
e-process: whoever looks at it as often as they like sees it pass 1/α with a probability of at most α (Ville 1939,
Robbins 1970; Ramdas et al. 2023, "Game-theoretic statistics and safe anytime-valid inference").
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import exp, fsum, log
from typing import Final, Literal

from functions.core.ids import uniform
from functions.core.rates import Rate, likely_highest

EXPLORING: Final = 0.2
"""So much of the visitors is shared out evenly, whatever is known: a variant that was unlucky comes back."""
ERROR: Final = 0.05
"""With at most this probability a variant is ever named the winner that is not better than every other."""
FEWEST_SEEN: Final = 100
"""Before so many visitors have seen each variant nothing is said of them."""
FEWEST_CONVERTED: Final = 10
"""Nor before so many of all visitors have converted."""
MOST: Final = 16
"""More variants than this a page of a small business never tells apart."""
CREDIBLE: Final = 0.95
"""The rate lies in the interval with this probability, if any rate was as likely as any other before."""

Verdict = Literal["too-few", "open", "winner"]

_RATIOS: Final = tuple(2 ** (eighths / 8) for eighths in range(1, 25))
"""How many times as well the better of two may do, each as likely as the others: from 1.09 to 8."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A time through which the shares stayed as they were, by variant.

    `seen` are the visitors whose first view of the page was in it; `converted` are those of them who have converted
    until now, in this epoch or later.
    """

    shares: Mapping[str, float]
    seen: Mapping[str, int]
    converted: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figures:
    """One variant: its rate of conversion with the bounds of its credible interval, and how likely it is the best."""

    seen: int
    converted: int
    rate: float
    low: float
    high: float
    best: float


@dataclass(frozen=True, slots=True)
class Results:
    """What is known. The winner is named only where the verdict is `winner`; `too-few` asks for more visitors."""

    verdict: Verdict
    winner: str | None
    figures: Mapping[str, Figures]


def combinations(parts: Sequence[Sequence[str]]) -> list[str]:
    """The variants that choices for each part of a page make, such as headline, text and button: `calm/short/now`."""
    return ["/".join(chosen) for chosen in product(*parts)]


def assigned(shares: Mapping[str, float], page: str, visitor: str) -> str:
    """The variant that a visitor sees: always the same as long as the shares are, and so many visitors each.

    Where shares change, those move to a variant whose share has grown by more, and nobody else does: weighted
    rendezvous hashing (Schindelhauer and Schomaker 2005).
    """
    return min(
        (-log(uniform("variant", page, visitor, name)) / share, name) for name, share in shares.items() if share > 0
    )[1]


def shares(epochs: Sequence[Epoch], variants: Iterable[str], exploring: float = EXPLORING) -> dict[str, float]:
    """What share of new visitors is to see each of the variants after these epochs; together 1."""
    names = sorted(variants)
    best = likely_highest([Rate(*_counts(epochs, name)) for name in names])
    return {name: exploring / len(names) + (1 - exploring) * chance for name, chance in zip(names, best, strict=True)}


def results(epochs: Sequence[Epoch], part: int | None = None) -> Results:
    """What the epochs of one test say of its variants; of the choices for one part of the page, if its place is given.

    Choices for a part are compared within the same company, so that every visitor counts, whichever variant they saw;
    their figures are of all who saw them, in whatever company. Raises ValueError where epochs differ in variants.
    """
    groups = _groups(epochs, part)
    counts = [_counts(epochs, *members) for members in groups.values()]
    rates = [Rate(*count) for count in counts]
    figures = {
        name: Figures(seen, converted, converted / max(1, seen), *rate.interval(CREDIBLE), best)
        for name, (seen, converted), rate, best in zip(groups, counts, rates, likely_highest(rates), strict=True)
    }
    if not _enough(counts):
        return Results("too-few", None, figures)
    found = winner(epochs, part)
    return Results("winner" if found else "open", found, figures)


def winner(epochs: Sequence[Epoch], part: int | None = None) -> str | None:
    """The variant (the choice for one part) that is better than every other, None as long as that is open.

    Ask as often as you like. What was named once may be open again later; nothing obliges to forget it. Raises
    ValueError where epochs differ in variants: who changes them begins another test.
    """
    groups = _groups(epochs, part)
    if len(groups) < 2 or not _enough([_counts(epochs, *members) for members in groups.values()]):
        return None
    bound = len(groups) / ERROR
    for name, ours in groups.items():
        others = (theirs for other, theirs in groups.items() if other != name)
        if all(_evidence(_pairs(epochs, ours, theirs, part)) >= bound for theirs in others):
            return name
    return None


def _enough(counts: Sequence[tuple[int, int]]) -> bool:
    """Whether anything is to be said of groups of which so many were seen and converted."""
    fewest = min((seen for seen, _ in counts), default=0)
    return fewest >= FEWEST_SEEN and sum(converted for _, converted in counts) >= FEWEST_CONVERTED


def _groups(epochs: Sequence[Epoch], part: int | None) -> dict[str, list[str]]:
    """The variants by what is compared. Raises ValueError where epochs differ in them."""
    variants = sorted(epochs[0].shares) if epochs else []
    if any(sorted(epoch.shares) != variants for epoch in epochs):
        raise ValueError("the epochs of one test have the same variants")
    groups: dict[str, list[str]] = {}
    for variant in variants:
        groups.setdefault(_chosen(variant, part)[0], []).append(variant)
    return groups


def _chosen(variant: str, part: int | None) -> tuple[str, str]:
    """What of a variant is compared, and the company it is in."""
    if part is None:
        return variant, ""
    chosen = variant.split("/")
    return chosen[part], "/".join((*chosen[:part], *chosen[part + 1 :]))


def _counts(epochs: Iterable[Epoch], *variants: str) -> tuple[int, int]:
    """Who saw one of the variants, and who of them converted; never more than saw it."""
    seen = converted = 0
    for epoch in epochs:
        seen += sum(epoch.seen.get(one, 0) for one in variants)
        converted += sum(epoch.converted.get(one, 0) for one in variants)
    return max(seen, converted), converted


def _pairs(
    epochs: Iterable[Epoch], ours: Iterable[str], theirs: Iterable[str], part: int | None
) -> Iterator[tuple[int, int, float]]:
    """For every epoch and company: how many converted on our side, on both, and what share of both ours was given."""
    rivals = {_chosen(variant, part)[1]: variant for variant in theirs}
    between = [(our, their) for our in ours if (their := rivals.get(_chosen(our, part)[1]))]
    for epoch in epochs:
        for our, their in between:
            won, share = epoch.converted.get(our, 0), epoch.shares[our]
            both = won + epoch.converted.get(their, 0)
            if both and share > 0 < epoch.shares[their]:
                yield won, both, share / (share + epoch.shares[their])


def _evidence(pairs: Iterable[tuple[int, int, float]]) -> float:
    """How many times as likely the conversions are if one side does better, mixed over how much better, as they are
    if both are alike. If it does no better, the expectation of this is 1 at most, whenever one looks."""
    found = list(pairs)
    logs = [
        fsum(won * log(ratio) - both * log(1 + share * (ratio - 1)) for won, both, share in found) for ratio in _RATIOS
    ]
    return fsum(exp(min(one, 700)) for one in logs) / len(logs)
