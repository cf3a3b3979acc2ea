"""What a journey may say and rarely means: told as warnings."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, timezone

from authoring.agreeing import nobody_is_asked
from authoring.definitions import Definitions, parts, steps_of
from authoring.load import Document, Path
from authoring.problems import Problem
from functions import clock
from functions.core import conditions as c
from functions.core.channels import channel_and_template
from functions.core.journey import Journey
from functions.core.steps import Holdout, If, Send, Split, Step, Wait
from functions.core.tree import ways
from functions.core.waiting import Until, UntilDate


def check(document: Document, journey: Journey, known: Definitions) -> Iterator[Problem]:
    """Every doubt about a journey."""
    if journey.ends is not None and journey.ends < _today():
        mend = "Write a day to come, or remove the journey"
        yield _warning(document, ("ends",), f"{journey.ends} is over: nobody enters", mend, "over-already")
    asked: set[tuple[str, str]] = set()
    for path, step in steps_of(journey.steps):
        match step:
            case Send():
                channel, topic = channel_and_template(step.send)[0], step.topic or journey.topic
                if (channel, topic) not in asked:
                    asked.add((channel, topic))
                    place: Path = (*path, "topic") if step.topic else ("topic",)
                    yield from nobody_is_asked(document, place, topic, channel, known)
            case Wait():
                yield from _wait(document, (*path, "wait"), step, journey)
            case If():
                yield from _unknown(document, path, step)
            case Split():
                for index, way in enumerate(step.split):
                    if way.percent == 0:
                        mend = "Give it a share, or remove it"
                        message = f'nobody goes the way "{way.id}"'
                        yield _warning(document, (*path, "split", index, "percent"), message, mend, "nobody-goes")
            case _:
                pass
    yield from _late_holdouts(document, ("steps",), journey.steps, sent=False)[1]


def _wait(document: Document, path: Path, step: Wait, journey: Journey) -> Iterator[Problem]:
    match step.wait:
        case Until(until=until):
            goal = journey.goal
            if goal is not None and any(_meant(one, goal) for one in _enough(until)):
                message = f'it waits for "{goal.event}", which is the goal: the journey ends there, and goes on only'
                mend = "Remove the goal, or wait for something else"
                yield _warning(
                    document, (*path, "until"), f"{message} when the limit is over", mend, "waits-for-its-goal"
                )
            elif journey.exit is not None and until == journey.exit:
                message = "it waits for what ends the journey: it goes on only when the limit is over"
                yield _warning(
                    document, (*path, "until"), message, "Remove exit, or wait for something else", "waits-for-its-goal"
                )
        case UntilDate(until_day=day) if day is not None and day < _today() and not step.wait.after:
            message, mend = f"{day} is over: nobody waits", "Write a day to come, or remove the wait"
            yield _warning(document, (*path, "until_day"), message, mend, "over-already")
        case _:
            pass


def _enough(condition: c.Condition) -> Iterator[c.Condition]:
    """The parts of which each alone makes a condition hold."""
    if isinstance(condition, c.AnyCondition):
        for part in condition.any:
            yield from _enough(part)
    elif isinstance(condition, c.AllCondition) and len(condition.all) == 1:
        yield from _enough(condition.all[0])
    else:
        yield condition


def _meant(condition: c.Condition, goal: c.EventMatch) -> bool:
    """Whether every event that makes a condition hold reaches the goal."""
    return (
        isinstance(condition, c.EventCondition)
        and not condition.never
        and condition.at_most is None
        and condition.event == goal.event
        and goal.form in (None, condition.form)
        and all(condition.where.get(name) == wanted for name, wanted in goal.where.items())
    )


def _unknown(document: Document, path: Path, step: If) -> Iterator[Problem]:
    if not step.else_:
        return
    traits = [part for _, part in parts(step.if_) if isinstance(part, c.TraitCondition)]
    told = {part.trait for part in traits if part.known is not None}
    for name in dict.fromkeys(part.trait for part in traits if part.trait not in told):
        message = f'else is also the way of whoever never said "{name}"'
        mend = f"Write switch: with ways for answers and otherwise: for the rest, or ask {{trait: {name}, known: true}}"
        yield _warning(document, (*path, "else"), message, mend, "unknown-goes-else")


def _late_holdouts(document: Document, path: Path, steps: Sequence[Step], *, sent: bool) -> tuple[bool, list[Problem]]:
    problems: list[Problem] = []
    for index, step in enumerate(steps):
        here: Path = (*path, index)
        if isinstance(step, Holdout) and sent:
            message = "whoever is held out here has been sent something already, so that it is compared with less"
            mend = "Put it before the first send, or mean the rest of the journey alone"
            problems.append(_warning(document, (*here, "holdout"), message, mend, "holdout-after-sends"))
        sent = sent or isinstance(step, Send)
        after = sent
        for where, _, inside in ways(step):
            within, found = _late_holdouts(document, (*here, *where), inside, sent=sent)
            problems += found
            after = after or within
        sent = after
    return sent, problems


def _today() -> date:
    # As long as it is that day anywhere.
    return datetime.fromtimestamp(clock.now_ms() / 1000, timezone(timedelta(hours=-12))).date()


def _warning(document: Document, path: Path, message: str, mend: str, code: str) -> Problem:
    return document.problem(path, message, mend, key=path[-1] in ("else",), code=code, severity="warning")
