"""A page's variants tried on its visitors: what is kept of each visitor, and when shares move. Pure.

An *exposure* is what one visitor saw of one test and whether they converted; a test is a page with one set of
variants. Exposures are told by events in any order, more than once, and join to the same. The first epoch shares
evenly; each later one begins as soon as somebody comes after `LASTS_MS`, with shares that follow from the exposures
there are then (core/bandit).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from functions.core import landing
from functions.core.bandit import Epoch, Results, results, shares, winner
from functions.core.blocks import Variants
from functions.core.event import FORM_SUBMITTED, PAGE_VIEWED, Event
from functions.core.identity import ANONYMOUS, kind_of
from functions.core.ids import digest
from functions.core.landing import Page

LASTS_MS: Final = 6 * 3_600_000
"""So long shares stay at least: whoever converts does so within hours, and to know sooner helps little."""
VARIANT: Final = "variant"
TEST: Final = "test"
"""Properties of an event that name what was seen of a page: the variant, and `<test>.<epoch>`."""
_PAGE: Final = {PAGE_VIEWED: "page", FORM_SUBMITTED: "landing"}
"""And the one that names the page, by event."""
WHOLE: Final = 10**6
"""Shares are whole parts of this, so that they are kept as they are drawn by."""
_MOST_EPOCHS: Final = 10**6


@dataclass(frozen=True, slots=True)
class Test:
    """A page with one set of variants. Whoever changes the variants begins another test."""

    __test__ = False

    page: str
    variants: tuple[str, ...]
    parts: tuple[str, ...] = ("variant",)
    """What of the page varies, in the order of what stands between the slashes of a variant."""

    @property
    def id(self) -> str:
        """Eight characters that stand for the page and its variants."""
        return digest("experiment", self.page, *sorted(self.variants))[:8]

    def even(self) -> dict[str, float]:
        """The shares of the first epoch."""
        return _whole({name: 1 / len(self.variants) for name in sorted(self.variants)})


@dataclass(frozen=True, slots=True)
class Assigned:
    """What a visitor sees: a variant, in an epoch counted from 1."""

    variant: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one visitor saw first, and the first moment (ms) they are known to have seen it or converted."""

    visitor: str
    assigned: Assigned
    seen: int | None = None
    converted: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """An epoch as it is kept: its number from 1, its shares by variant, and when it began (ms). `counts` is how many
    had seen each variant by then and how many of them had converted, `best` the one that was better than all others
    by then."""

    number: int
    shares: Mapping[str, float]
    began: int
    counts: Mapping[str, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    best: str | None = None


def tried_on(pages: Mapping[str, Page]) -> dict[str, Test]:
    """What is tried, by page."""
    varying = ((name, landing.varying(page)) for name, page in pages.items())
    return {name: trying(name, found[1]) for name, found in varying if found is not None}


def trying(page: str, variants: Variants) -> Test:
    """What is tried on a page with these variants."""
    return Test(page, tuple(variants.names), tuple(part for part, held in variants.parts() if held))


def mark(test: Test, assigned: Assigned) -> str:
    """What a browser keeps, and a form says, of what was seen: "calm/now@k3f9a2bc.4"."""
    return f"{assigned.variant}@{test.id}.{assigned.epoch}"


def read(test: Test, said: str) -> Assigned | None:
    """What a mark says; None for what is none of this test."""
    variant, _, of = said.partition("@")
    id, _, number = of.partition(".")
    if variant not in test.variants or id != test.id:
        return None
    if not (number.isascii() and number.isdecimal() and 0 < int(number[:9]) < _MOST_EPOCHS):
        return None
    return Assigned(variant, int(number[:9]))


def told(event: Event, tests: Mapping[str, Test]) -> tuple[Test, Exposure] | None:
    """What an event tells of a test, by page; None where it tells nothing, or of a test that is over.

    Only what the page can have said counts: a variant there is, an epoch that can be.
    """
    if event.name not in _PAGE:
        return None
    page, variant, of = (event.properties.get(name) for name in (_PAGE[event.name], VARIANT, TEST))
    test = tests.get(page) if isinstance(page, str) else None
    assigned = read(test, f"{variant}@{of}") if test is not None else None
    if test is None or assigned is None:
        return None
    found = Exposure(visitor_of(test, browser_of(event)), assigned)
    if event.name == PAGE_VIEWED:
        return test, replace(found, seen=event.at)
    return test, replace(found, converted=event.at)


def browser_of(event: Event) -> str:
    """The identity whose visitor saw a page: the browser's, where there is one."""
    return next((ref for ref in event.all_identities if kind_of(ref) == ANONYMOUS), event.source)


def visitor_of(test: Test, ref: str) -> str:
    """What stands for an identity in one test, and nowhere else."""
    return digest("exposure", test.id, ref)


def epochs(standing: Sequence[Standing], exposures: Iterable[Exposure]) -> list[Epoch]:
    """What came of each epoch that began, by variant. Exposures of epochs or variants there never were are left out."""
    seen: Counter[tuple[int, str]] = Counter()
    converted: Counter[tuple[int, str]] = Counter()
    for exposure in exposures:
        where = (exposure.assigned.epoch, exposure.assigned.variant)
        seen[where] += 1
        converted[where] += exposure.converted is not None
    return [
        Epoch(
            one.shares,
            {name: seen[one.number, name] for name in one.shares},
            {name: converted[one.number, name] for name in one.shares},
        )
        for one in standing
    ]


def following(test: Test, standing: Sequence[Standing], done: Sequence[Epoch], now: int) -> Standing | None:
    """The epoch that begins at `now`; None as long as the one before lasts. `done` are the epochs so far."""
    if not standing:
        return Standing(1, test.even(), now)
    last = standing[-1]
    if now - last.began < LASTS_MS:
        return None
    return Standing(last.number + 1, _whole(shares(done, test.variants)), now)


def noting(standing: Standing, done: Sequence[Epoch]) -> Standing:
    """An epoch with what the epochs before it came to: whoever only looks need not count all visitors again."""
    if not done:
        return standing
    counts = {
        name: (sum(one.seen.get(name, 0) for one in done), sum(one.converted.get(name, 0) for one in done))
        for name in standing.shares
    }
    return replace(standing, counts=counts, best=winner(done))


def noted(standing: Standing) -> Results | None:
    """What was known of a test when an epoch began; None where nobody had been counted yet."""
    if not standing.counts:
        return None
    seen = {name: count[0] for name, count in standing.counts.items()}
    converted = {name: count[1] for name, count in standing.counts.items()}
    found = results([Epoch({name: 1 / len(seen) for name in seen}, seen, converted)])
    if found.verdict == "too-few":
        return found
    # Shares moved from epoch to epoch: who is better beyond doubt was found with all of them.
    return replace(found, verdict="winner" if standing.best else "open", winner=standing.best)


def lasts(standing: Standing | None, now: int) -> bool:
    """Whether an epoch still lasts; one that never began doesn't."""
    return standing is not None and now - standing.began < LASTS_MS


def properties(marked: str) -> dict[str, str]:
    """The properties that say what a mark says; none for none."""
    variant, _, of = marked.partition("@")
    return {VARIANT: variant, TEST: of} if of else {}


def _whole(given: Mapping[str, float]) -> dict[str, float]:
    return {name: max(1, round(share * WHOLE)) / WHOLE for name, share in given.items()}
