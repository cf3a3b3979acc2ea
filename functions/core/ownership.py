"""Whose a browser's events are: decided by intervals between the moments at which people identify in it.

From the moment somebody identifies, what the browser does is theirs, until somebody else
identifies. What it did before anybody did belongs to the first. So ownership is a function
of the set of identifying events, in whatever order they arrive.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from functions.core.contact import Moment

RUNS_KEPT = 50
"""A browser in which people took turns more often keeps the turns it has: anyone may send identifies."""

NOBODY = ""
"""Whose the turns of somebody are who was erased."""


@dataclass(frozen=True, slots=True)
class Run:
    """From `start` on the browser is `contact`'s, until the next run."""

    start: Moment
    contact: str


Runs = tuple[Run, ...]

Again = Callable[[str, Moment | None, Moment | None], Moment | None]
"""The first moment after one (from the beginning for None) and before another (without end for
None) at which a contact identified in this browser; None if it did not."""


def owner_at(runs: Sequence[Run], moment: Moment) -> str:
    """Whose the browser is at a moment. There must be a run."""
    owner = runs[0].contact
    for run in runs:
        if run.start > moment:
            break
        owner = run.contact
    return owner


def asserted(runs: Runs, moment: Moment, contact: str, again: Again) -> Runs:
    """The runs once it is known that `contact` identified at `moment`.

    Runs keep only the moments at which the owner changed. Where a run is cut in two, `again`
    finds when its owner came back. What was the turn of somebody erased ("") stays nobody's:
    whoever identified in the middle of it doesn't get what may be sent again of theirs.
    """
    before = tuple(run for run in runs if run.start <= moment)
    after = runs[len(before) :]
    if before and before[-1].contact == contact:
        return runs
    if not before:
        if after[0].contact == NOBODY:
            return (Run(Moment(0, 0), NOBODY), Run(moment, contact), *after)
        # Whoever comes first also owns what was before; their next turn is no change any more.
        return (Run(moment, contact), *_without_first_of(after, contact))
    held = before[-1]
    if held.contact == NOBODY:
        return runs
    if held.start == moment:
        # The same identify: its identity has been given to somebody else meanwhile.
        before = before[:-1]
    back = again(held.contact, moment, after[0].start if after else None)
    since = () if back is None else (Run(back, held.contact),)
    return renamed((*before, Run(moment, contact), *since, *after), lambda contact: contact)


def _without_first_of(runs: Runs, contact: str) -> Runs:
    return runs[1:] if runs and runs[0].contact == contact else runs


def renamed(runs: Iterable[Run], survivors: Callable[[str], str]) -> Runs:
    """The runs with merged contacts replaced by their survivors; neighbours that became one are one."""
    joined: list[Run] = []
    for run in runs:
        contact = survivors(run.contact)
        if not joined or joined[-1].contact != contact:
            joined.append(Run(run.start, contact))
    return tuple(joined)


def changed_hands(before: Runs, after: Runs) -> frozenset[str]:
    """The contacts, people all of them, that have gained or lost a part of the browser's history."""
    starts = sorted({run.start for run in (*before, *after)})
    changed: set[str] = set()
    for start in starts:
        held, holds = owner_at(before, start), owner_at(after, start)
        if held != holds:
            changed |= {held, holds}
    # What was before the first moment goes with the first owner.
    if before[0].contact != after[0].contact:
        changed |= {before[0].contact, after[0].contact}
    return frozenset(changed - {NOBODY})
