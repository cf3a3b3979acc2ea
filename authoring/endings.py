"""That journeys come to an end: turns take time, and what repeats can stop."""

from collections.abc import Iterator, Sequence

from authoring.definitions import steps_of
from authoring.load import Document, Path
from authoring.problems import Problem
from functions.core import conditions as c
from functions.core.journey import Journey
from functions.core.steps import Exit, If, Repeat, Send, Split, Step, Switch, Wait
from functions.core.tree import walk, ways
from functions.core.waiting import Until


def check(document: Document, journey: Journey) -> Iterator[Problem]:
    """Repeated parts of a journey that never stop, or that take no time, and steps that nobody comes to."""
    stops = journey.goal is not None or journey.exit is not None or journey.ends is not None
    for path, step in steps_of(journey.steps):
        if not isinstance(step, Repeat):
            continue
        sends = {one.id for one in walk(step.repeat) if isinstance(one, Send)}
        if not early(step.repeat, sends)[1]:
            message = "a turn may take no time at all: on some way through it nothing is waited for"
            mend = "Put {id: …, wait: 1 day} into it, before or after its branches"
            yield document.problem((*path, "repeat"), message, mend, key=True, code="turn-without-wait")
        if step.until is None and step.at_most is None and not stops and not _leaves(step.repeat, some=True):
            message = "it is repeated for ever: nothing ends it, and the journey has no goal, exit or last day"
            mend = "Give it until: or at_most:, or the journey a goal, an exit or ends:"
            yield document.problem((*path, "repeat"), message, mend, key=True, code="never-ends")
    yield from _never_reached(document, ("steps",), journey.steps)


def early(steps: Sequence[Step], sends: set[str]) -> tuple[list[Step], bool]:
    """What `steps` do before time goes by, and whether on every way through them it does, or one leaves.

    `sends` are steps whose messages are new, so that nobody has opened or clicked them yet.
    """
    done: list[Step] = []
    for step in steps:
        match step:
            case Exit():
                return done, True
            case Wait() if _takes_time(step, sends):
                return done, True
            case Repeat():
                inside, waits = early(step.repeat, sends)
                done += inside
                if waits and step.until is None:
                    return done, True
            case If() | Switch() | Split():
                each = [early(way, sends) for _, _, way in ways(step)]
                done += [one for inside, _ in each for one in inside]
                if all(waits for _, waits in each):
                    return done, True
            case _:
                done.append(step)
    return done, False


def _takes_time(step: Wait, sends: set[str]) -> bool:
    """Whether a wait is never over at once: days and hours of the week may be there already, conditions may hold."""
    return isinstance(step.wait, int) or (isinstance(step.wait, Until) and _is_news(step.wait.until, sends))


def _is_news(condition: c.Condition, sends: set[str]) -> bool:
    """Whether a condition can't hold before something new happens."""
    match condition:
        case c.EventCondition():
            counted = condition.sum is None and condition.first is None and condition.last is None
            plain = counted and condition.within is None and not condition.by_days
            return plain and not condition.never and condition.at_most is None and condition.at_least != 0
        case c.OpenedCondition():
            return condition.opened in sends
        case c.ClickedCondition():
            return condition.clicked in sends
        case c.AllCondition():
            return any(_is_news(part, sends) for part in condition.all)
        case c.AnyCondition():
            return all(_is_news(part, sends) for part in condition.any)
        case _:
            return False


def _never_reached(document: Document, path: Path, steps: Sequence[Step]) -> Iterator[Problem]:
    for index, step in enumerate(steps):
        if index + 1 < len(steps) and not isinstance(step, Exit) and _leaves([step]):
            why = "what is repeated before it goes on" if isinstance(step, Repeat) else "every way before it leaves"
            mend = "Let one of the ways go on, or remove it and what follows it"
            message = f"a step that is never reached: {why}"
            place = (*path, index + 1)
            yield document.problem(place, message, mend, code="never-reached", severity="warning")
        for where, _, inside in ways(step):
            yield from _never_reached(document, (*path, index, *where), inside)


def _leaves(steps: Sequence[Step], *, some: bool = False) -> bool:
    """Whether nobody comes out behind `steps`; with `some`, whether at least one way in them leaves the journey."""
    for step in steps:
        match step:
            case Exit():
                return True
            case Repeat() if some:
                if _leaves(step.repeat, some=True):
                    return True
            case Repeat():
                # With until, perhaps no turn is gone through at all.
                if step.until is None and (step.at_most is None or _leaves(step.repeat)):
                    return True
            case If() | Switch() | Split():
                each = [_leaves(way, some=some) for _, _, way in ways(step)]
                if any(each) if some else all(each):
                    return True
            case _:
                pass
    return False
