"""Answers that know until when they are certain, and how those of parts make that of the whole."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """`holds` now; no flip before `until` (strictly later than now) without an event.
    None: only an event can change it. Moments are ms; core/compare.py says days."""

    holds: bool
    until: int | None = None


def earliest(moments: Iterable[int | None]) -> int | None:
    """The earliest known moment, or None where none is known."""
    return min((moment for moment in moments if moment is not None), default=None)


def negated(verdict: Verdict) -> Verdict:
    """The opposite, certain for as long."""
    return Verdict(not verdict.holds, verdict.until)


def every(parts: list[Verdict]) -> Verdict:
    """Whether all of the parts hold."""
    # While one false part is certain, the whole is: so the latest of the false ones counts.
    false = [part.until for part in parts if not part.holds]
    if not false:
        return Verdict(True, earliest([part.until for part in parts]))
    if None in false:
        return Verdict(False)
    return Verdict(False, max(until for until in false if until is not None))


def some(parts: list[Verdict]) -> Verdict:
    """Whether at least one of the parts holds."""
    return negated(every([negated(part) for part in parts]))
