"""That no circle of journeys that start each other, or themselves, goes round without time going by.

A step starts a journey by asking for it, or by what it records: a tag, a stage, points, traits. So does a run, by being
entered and by ending. Asked of the code that records and of the code that triggers.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from authoring.definitions import Definitions, steps_of
from authoring.endings import early
from authoring.load import Document, Path
from authoring.problems import Problem
from functions.core import event as names
from functions.core.acting import act
from functions.core.behaviour import matches
from functions.core.conditions import EventMatch
from functions.core.effects import Record
from functions.core.enrollment import Enrollment
from functions.core.event import SYSTEM, Event
from functions.core.identity import own_ref
from functions.core.journey import ByProperty, Journey
from functions.core.journey_facts import journey_events_of
from functions.core.performed import event_of
from functions.core.steps import Acting, CallWebhook, Send, StartStep, Step
from functions.core.tree import walk

_MEND: Final = "Wait before it, or write again: never, or again: after 30 days"
_MEND_OF_EVENTS: Final = "Wait before it, start with another event, or add an only_if that this step makes false"


def circles(known: Definitions) -> Iterator[Problem]:
    """Each circle once, at the step that goes on with it."""
    zone = known.sending[1].business.time_zone if known.sending else "UTC"
    starts = {name: _started(known, name, zone) for name in known.journeys}
    told: set[str] = set()
    for name, (document, journey) in known.journeys.items():
        way = _circle(starts, name)
        if way is None or told & set(way):
            continue
        told |= set(way)
        yield _problem(document, journey, way, starts[name][way[1]])


def _problem(document: Document, journey: Journey, way: list[str], by: Step | None) -> Problem:
    path: Path = ("start", "when")
    if by is not None:
        path = next(path for path, step in steps_of(journey.steps) if step is by)
        path = (*path, "start") if isinstance(by, StartStep) else path
    mend = _MEND if isinstance(by, StartStep) else _MEND_OF_EVENTS
    message = "it starts itself" if len(way) == 2 else f"journeys that start each other: {' → '.join(way)}"
    return document.problem(path, f"{message} without waiting, for ever", mend, code="starts-in-a-circle")


def _started(known: Definitions, name: str, zone: str) -> dict[str, Step | None]:
    """The journeys that one starts before time goes by, as often as it comes there, and the step that does; None where
    the run itself does, by being entered or ending."""
    journey = known.journeys[name][1]
    done, takes_time = early(journey.steps, {step.id for step in walk(journey.steps) if isinstance(step, Send)})
    run = Enrollment("run", "contact", name, "release", "cause", 0, begun=1)
    ended = [] if takes_time else journey_events_of(_over(run))[1:]
    recorded: list[tuple[Step | None, Event]] = [
        (step, event) for step in done for event in _recorded(step, journey, run)
    ]
    recorded += [(None, event) for event in (*journey_events_of(run), *ended)]
    found: dict[str, Step | None] = {}
    for other, (_, that) in known.journeys.items():
        asked: list[Step | None] = [step for step in done if isinstance(step, StartStep) and step.start == other]
        if that.start.again != "always":
            asked = []
        made = [step for step, event in recorded if _starts(that, event, zone)]
        if asked or made:
            found[other] = [*asked, *made][0]
    return found


def _over(run: Enrollment) -> Enrollment:
    return Enrollment(run.id, run.contact, run.journey, run.release, run.cause, 0, begun=1, state="done", ended=1)


def _recorded(step: Step, journey: Journey, run: Enrollment) -> Iterator[Event]:
    if not isinstance(step, Acting):
        return
    for effect in act(step, journey, run.id, 0, 0).effects:
        if isinstance(effect, Record):
            yield event_of(effect, run)
    if isinstance(step, CallWebhook) and step.keep:
        # The answer comes in moments.
        said = {"journey": run.journey, "step": step.id}
        yield Event(
            source=own_ref(run.contact),
            id="kept",
            stamp=0,
            at=0,
            received=0,
            kind=SYSTEM,
            name=names.TRAITS_CHANGED,
            properties=said,
        )


def _starts(journey: Journey, event: Event, zone: str) -> bool:
    """Whether an event starts a journey each time: only_if may say no, and who has a run for it has had it."""
    when, start = journey.start.when, journey.start
    return (
        isinstance(when, EventMatch)
        and start.only_if is None
        and (start.again == "always" or start.one_per == "event" or _differs(start.one_per))
        and matches(when, event, zone)
    )


def _differs(one_per: object) -> bool:
    """Whether runs are told apart by what is another one each time."""
    return isinstance(one_per, ByProperty) and one_per.property in ("enrollment", "lead")


def _circle(starts: Mapping[str, Collection[str]], begin: str) -> list[str] | None:
    found = [[begin]]
    seen: set[str] = set()
    for way in found:
        for other in sorted(starts.get(way[-1], ())):
            if other == begin:
                return [*way, other]
            if other not in seen:
                seen.add(other)
                found.append([*way, other])
    return None
