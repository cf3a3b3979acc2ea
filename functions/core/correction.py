"""Mending runs of a journey where they stand: recalled from a step, or moved to another release. Pure.

A correction says where the next `advance` goes on; what the run did stays done, and a step that it passes again
sends nothing again, since its messages have the ids that they had.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from functions.core.advance import after
from functions.core.enrollment import LEAVE, PATH_KEPT, Enrollment, Passage, Place, Waiting
from functions.core.journey import Journey
from functions.core.steps import Step, Wait
from functions.core.tree import walk
from functions.core.waiting import Until

SKIPPED: Final = "skipped"
RECALLED: Final = "recalled"
MIGRATED: Final = "migrated"
"""Outcomes in a run's path of what people did to it."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Whoever waits there goes on as if the wait were over."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Whoever waits there leaves the journey."""


@dataclass(frozen=True, slots=True)
class GoTo:
    """Whoever waits there goes on at another step."""

    step: str


Recall = Skip | Leave | GoTo


class Unfit(ValueError):
    """A correction that can't be made; the text says why."""


def check_recall(journey: Journey, step: str, recall: Recall) -> None:
    """Raises Unfit where nobody can wait at a step, or the step to go to isn't there."""
    known = [one.id for one in walk(journey.steps)]
    if step not in known:
        raise Unfit(f'there is no step "{step}": {", ".join(known)}')
    if isinstance(recall, GoTo) and recall.step not in known:
        raise Unfit(f'there is no step "{recall.step}" to go to: {", ".join(known)}')
    if isinstance(recall, GoTo) and recall.step == step:
        raise Unfit(f'they are at "{step}" already')


def recalled(run: Enrollment, journey: Journey, step: str, recall: Recall, id: str, now: int) -> Enrollment | None:
    """The run after correction `id`, to be advanced at `now` (ms); None where it doesn't concern this run, which
    stands elsewhere, is over, or was corrected before. Raises Unfit where its own release has no such step to go to."""
    if not run.active or run.waiting is None or run.waiting.step != step or run.corrected == id:
        return None
    match recall:
        case Skip():
            return _moved(_let_go(run, now), Place(step, past=True), Passage(step, now, SKIPPED), id, now)
        case Leave():
            return _left(run, step, id, now)
        case GoTo():
            if after(journey.steps, recall.step) is None:
                raise Unfit(f'release {run.release[:12]} of the journey has no step "{recall.step}"')
            return _moved(_let_go(run, now), Place(recall.step), Passage(step, now, RECALLED), id, now)
        case _:
            assert_never(recall)


@dataclass(frozen=True, slots=True)
class Moves:
    """Where those who wait at steps of an earlier release stand in a later one; people at the steps `leave` leave."""

    steps: Mapping[str, str]
    leave: frozenset[str] = frozenset()

    def of(self, step: str) -> str:
        """The step that stands for an earlier one."""
        return self.steps.get(step, step)


def unmapped(standing: Sequence[str], later: Journey, moves: Moves) -> list[str]:
    """The steps among `standing`, where people wait, that the later journey doesn't have and nothing stands for."""
    known = {step.id for step in walk(later.steps)}
    return [step for step in standing if step not in moves.leave and moves.of(step) not in known]


def migrated(run: Enrollment, to: Journey, release: str, moves: Moves, id: str, now: int) -> Enrollment | None:
    """The run in another release of its journey, to be advanced at `now` (ms); None where it is over, there
    already, or corrected before. One that is set aside stays so. A wait goes on from when it began, as long as the
    later journey says. Raises Unfit where nothing stands for the step at which it waits."""
    if not run.active or run.release == release or run.corrected == id:
        return None
    if run.waiting is None:
        # Set aside before its first step, it has nothing behind it that another release could lack.
        return replace(run, release=release, corrected=id, turn=run.turn + 1) if run.aside else None
    step = run.waiting.step
    if step in moves.leave:
        return _left(run, step, id, now)
    found = after(to.steps, moves.of(step))
    if found is None:
        raise Unfit(f'nothing stands for step "{step}"')
    moved = replace(
        run,
        release=release,
        messages={moves.of(name): message for name, message in run.messages.items()},
        turns={moves.of(name): turns for name, turns in run.turns.items()},
    )
    passage = Passage(step, now, MIGRATED)
    waiting = _waiting(found[0], run.waiting, now)
    if waiting is None:
        return _moved(moved, Place(found[0].id), passage, id, now)
    path = (*run.path, passage)[-PATH_KEPT:]
    return replace(moved, waiting=waiting, path=path, corrected=id, turn=run.turn + 1)


def shifted(journey: Journey, waiting: Waiting, by: int, now: int) -> Waiting:
    """A wait of some length that is `by` (ms) longer. It rings at once, so that it is looked at; others stay."""
    found = after(journey.steps, waiting.step)
    if found is None or not isinstance(found[0], Wait) or not isinstance(found[0].wait, int | Until):
        return waiting
    deadline = waiting.deadline + by
    return Waiting(waiting.step, waiting.since + by, deadline, min(now, deadline))


def _waiting(step: Step, held: Waiting, now: int) -> Waiting | None:
    """The same wait as the later journey has it, None where it is none. It rings at once, so that it is looked at."""
    if not isinstance(step, Wait):
        return None
    match step.wait:
        case int():
            deadline = held.since + step.wait * 1000
        case Until():
            deadline = held.since + step.wait.at_most * 1000
        case _:
            deadline = held.deadline
    return Waiting(step.id, held.since, deadline, min(now, deadline))


def _moved(run: Enrollment, place: Place, passage: Passage, id: str, now: int) -> Enrollment:
    assert run.waiting is not None
    return replace(
        run,
        place=place,
        waiting=replace(run.waiting, alarm=now),
        path=(*run.path, passage)[-PATH_KEPT:],
        corrected=id,
        turn=run.turn + 1,
    )


def _left(run: Enrollment, step: str, id: str, now: int) -> Enrollment:
    # The row says that it is over; what follows from that is the next advance's to ask for.
    return _moved(_let_go(run, now), Place(LEAVE), Passage(step, now, RECALLED), id, now)


def _let_go(run: Enrollment, now: int) -> Enrollment:
    """Whoever says where a run goes on lets it be tried, where a mistake kept it."""
    return run if run.failure is None else replace(run, failure=replace(run.failure, tries=0, at=now))
