"""A file worked through: chunks in parallel, noted in order, so that whoever is interrupted goes on from there.

Guarantees. A row's event has an id made of the import and its number: written twice, the first copy stands. A ledger
is written before the event that says the same, and each entry once. What people refused, in the file or in lists beside
it, stands before the first of them comes in.
"""

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final, TypeVar

from authoring.importing.decide import Known, Rules, decide, refs_of, refusals
from authoring.importing.draft import Draft
from authoring.importing.records import Bad
from authoring.importing.refused import RefusedRows
from authoring.importing.stores import Stores
from functions import clock
from functions.tables.imports import Imported

CHUNK: Final = 100
THREADS: Final = 8
_NOTHING: Final = Known()
NOTED_EVERY: Final = 20
"""Chunks after which it is noted how far the import came."""

Person = Draft | Bad
Part = TypeVar("Part")
Result = TypeVar("Result")
Save = Callable[[Imported], None]
Tell = Callable[[Imported], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of some rows."""

    rows: int
    counts: Counter[str] = field(default_factory=Counter)
    bad: tuple[Bad, ...] = ()


def refusals_of(people: Sequence[Person], rules: Rules, stores: Stores) -> Outcome:
    """Write what some rows forbid."""
    leaving = [one for one in people if isinstance(one, Draft) and one.refusals]
    counts: Counter[str] = Counter()
    if leaving:
        known = stores.known({ref for one in leaving for ref in refs_of(one, rules.pepper)}, heads=True)
        now = clock.now_ms()
        said = []
        for draft in leaving:
            entries, event = refusals(draft, rules, known, now)
            for address, entry in entries:
                stores.append(address, entry)
            said += [event] if event else []
            counts.update(f"{change.kind}: {change.subject}" for change in draft.refusals)
        if said:
            stores.insert(said)
    return Outcome(len(people), counts)


def listed(people: Sequence[Person], rules: Rules, stores: Stores) -> Outcome:
    """The same for a list of people who must not be written to, of whom nobody comes in."""
    outcome = refusals_of(people, rules, stores)
    bad = tuple(one for one in people if isinstance(one, Bad))
    counts = outcome.counts + Counter({"listed": len(people) - len(bad), "listed and refused": len(bad)})
    return Outcome(outcome.rows, counts, bad)


def people_of(people: Sequence[Person], rules: Rules, stores: Stores) -> Outcome:
    """Write some rows; those that can't be taken are handed back."""
    drafts = [one for one in people if isinstance(one, Draft)]
    bad = [one for one in people if isinstance(one, Bad)]
    counts: Counter[str] = Counter()
    named = [refs_of(one, rules.pepper) for one in drafts]
    refs = {ref for one in named for ref in one}
    known = stores.known(refs, heads=any(one.claims for one in drafts)) if refs else _NOTHING
    now = clock.now_ms()
    taken = []
    for draft, own in zip(drafts, named, strict=True):
        found = decide(draft, own, rules, known, now)
        if isinstance(found, Bad):
            bad.append(found)
            continue
        for address, entry in found.entries:
            stores.append(address, entry)
        taken.append(found)
    written = [found.event for found in taken if found.event]
    new = dict(zip((event.id for event in written), stores.insert(written) if written else (), strict=True))
    for found in taken:
        counts.update(found.counts)
        counts["imported"] += 1
        if found.event:
            counts["events"] += 1
            counts["written before"] += not new[found.event.id]
    counts["refused"] += len(bad)
    counts.update(f"refused: {one.code}" for one in bad)
    return Outcome(len(people), counts, tuple(sorted(bad, key=lambda one: one.number)))


Work = Callable[[Sequence[Person], Rules, Stores], Outcome]


@dataclass(slots=True)
class Run:
    """One import under way. `save` notes how far it came (nothing, for a look), `tell` shows it."""

    imported: Imported
    rules: Rules
    stores: Stores
    refused: RefusedRows
    save: Save
    tell: Tell

    def through(
        self, source: Iterable[Person], lists: Iterable[tuple[Iterable[Person], RefusedRows]] = (), *, refuses: bool
    ) -> Imported:
        """Work through a file; first, with `refuses`, what it forbids, and before that the `lists`, which have
        numbers of their own. Rows of theirs that can't be taken stay apart: mended and imported among the people's
        they would make somebody of whom only a list says that nobody may write to them."""
        self.refused.cut(self.imported.refused_bytes)
        if self.imported.phase == "refusals":
            for nth, (people, refused) in enumerate(lists):
                refused.cut(0)
                self._refusals(people, listed, replace(self.rules, id=f"{self.rules.id}-{nth}"), refused)
            if refuses:
                self._refusals(source, refusals_of, self.rules, self.refused)
            self._note(replace(self.imported, phase="people", done=0))
        self._phase(islice(source, self.imported.done, None), people_of, self.rules, self.refused)
        return self.imported

    def _refusals(self, people: Iterable[Person], work: Work, rules: Rules, refused: RefusedRows) -> None:
        # Saying it again changes nothing, so how far this came need not be noted.
        before = self.imported
        self._phase(people, work, rules, refused, noted=False)
        self.imported = replace(self.imported, done=before.done)

    def _phase(
        self,
        people: Iterable[Person],
        work: Work,
        rules: Rules,
        refused: RefusedRows,
        *,
        noted: bool = True,
    ) -> None:
        try:
            # Closed, whatever happens: nothing may be written any more when it is noted how far this came.
            with closing(in_order(in_chunks(people), lambda part: work(part, rules, self.stores))) as outcomes:
                for nth, outcome in enumerate(outcomes, 1):
                    refused.write(outcome.bad)
                    counts = Counter(self.imported.counts)
                    counts.update(outcome.counts)
                    self.imported = replace(
                        self.imported,
                        done=self.imported.done + outcome.rows,
                        counts=dict(counts),
                        refused_bytes=self.refused.size,
                    )
                    self.tell(self.imported)
                    if nth % NOTED_EVERY == 0:
                        if noted:
                            self._note(self.imported)
                        else:
                            refused.flush()
        finally:
            if noted:
                self._note(self.imported)
            else:
                refused.flush()

    def _note(self, imported: Imported) -> None:
        self.refused.flush()
        self.imported = imported
        self.save(imported)


def in_chunks(people: Iterable[Person]) -> Iterator[Sequence[Person]]:
    """So many at a time."""
    left = iter(people)
    while chunk := list(islice(left, CHUNK)):
        yield chunk


def in_order(
    parts: Iterable[Part], work: Callable[[Part], Result], threads: int = THREADS
) -> Generator[Result, None, None]:
    """The results of `work` on every part, in order, a few parts at a time."""
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for part in parts:
                waiting.append(pool.submit(work, part))
                if len(waiting) >= threads * 2:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
