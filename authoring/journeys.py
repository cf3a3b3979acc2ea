"""Checks of one journey against everything that is defined."""

from collections.abc import Iterator, Sequence

from authoring import channels
from authoring.asking import Asking
from authoring.definitions import Definitions, duplicates, steps_of, unknown
from authoring.load import Document, Path
from authoring.problems import Problem
from functions.core.channels import channel_and_template
from functions.core.conditions import EventMatch
from functions.core.event import FORM_SUBMITTED, SUBSCRIPTION_CONFIRMED
from functions.core.hours import never_open
from functions.core.identity import EMAIL
from functions.core.journey import Journey
from functions.core.steps import Exit, If, Send, Step
from functions.core.tree import asked_by, ways


def check(document: Document, journey: Journey, known: Definitions) -> Iterator[Problem]:
    """What a journey refers to that isn't there, and steps that lead nowhere."""
    asking = Asking(known)
    yield from asking.topic(document, ("topic",), journey.topic)
    for where, match in journey.matches():
        yield from asking.match(document, where, match)
    yield from _too_early(document, journey, known)
    yield from _never_open(document, journey, known)
    placed = list(steps_of(journey.steps))
    yield from duplicates(document, [((*path, "id"), step.id) for path, step in placed])
    sends = {step.id for _, step in placed if isinstance(step, Send)}
    everything = {step.id for _, step in placed}
    for where, condition in journey.conditions():
        inside = where[0] == "exit"
        yield from asking.condition(document, where, condition, (sends, everything) if inside else None)
    for path, step in placed:
        if isinstance(step, Send):
            channel, _ = channel_and_template(step.send)
            topic = step.topic or journey.topic
            yield from channels.nobody_is_asked(document, (*path, "send"), channel, topic, known)
    yield from _path(document, ("steps",), journey.steps, set(), everything, asking)[1]


def _too_early(document: Document, journey: Journey, known: Definitions) -> Iterator[Problem]:
    """A journey that writes at once to whoever sent a form that still waits for their confirmation."""
    start, first = journey.start.when, journey.steps[0]
    if not isinstance(start, EventMatch):
        return
    form = known.forms.get(start.form or "")
    if start.event != FORM_SUBMITTED or form is None or form[1].double_opt_in is None or not isinstance(first, Send):
        return
    topic = first.topic or journey.topic
    channel, _ = channel_and_template(first.send)
    if any((box.topic, box.channel, box.identity) == (topic, channel, EMAIL) for box in form[1].consents):
        mend = f'Start it with event: "{SUBSCRIPTION_CONFIRMED}"; nothing is sent before that'
        message = f'form "{start.form}" asks for confirmation, so nobody has agreed yet when it is sent'
        yield document.problem(("start", "when", "event"), message, mend, code="not-confirmed-yet")


def _never_open(document: Document, journey: Journey, known: Definitions) -> Iterator[Problem]:
    """Hours that leave no time of the week together with those of the business."""
    business = known.sending[1].hours if known.sending else []
    if journey.hours and (channel := never_open([*business, *journey.hours])) is not None:
        message = f"together with the hours in sending.yaml nothing of the journey ever goes out by {channel}"
        yield document.problem(("hours",), message, "Let both be open at some time of the week", code="never-open")


def _path(
    document: Document, path: Path, steps: Sequence[Step], before: set[str], everything: set[str], asking: Asking
) -> tuple[set[str], list[Problem]]:
    """Sends that may have happened after `steps`, and what is wrong on the way."""
    sent, problems = set(before), list[Problem]()
    for index, step in enumerate(steps):
        here: Path = (*path, index)
        match step:
            case Send():
                channel, template = channel_and_template(step.send)
                names = channels.names_of(asking.known, channel)
                mend = channels.missing(channel, template)
                problems += unknown(document, (*here, "send"), "template", template, names, none=mend)
                if step.topic:
                    problems += asking.topic(document, (*here, "topic"), step.topic)
                sent.add(step.id)
            case Exit() if index + 1 < len(steps):
                mend = "Move exit to the end of its list, or remove the steps after it"
                message = "a step that is never reached"
                problems.append(document.problem((*path, index + 1), message, mend, code="never-reached"))
            case If() if not step.then and not step.else_:
                mend = "Give at least one of then and else a step"
                problems.append(document.problem(here, "a branch that leads nowhere", mend, code="leads-nowhere"))
            case _:
                pass
        for where, condition in asked_by(step):
            problems += asking.condition(document, (*here, *where), condition, (sent, everything))
        reached = set(sent)
        for where, _, inside in ways(step):
            after, found = _path(document, (*here, *where), inside, sent, everything, asking)
            reached |= after
            problems += found
        sent = reached
    return sent, problems
