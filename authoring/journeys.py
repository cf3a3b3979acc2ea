"""Checks of one journey against everything that is defined."""

from collections.abc import Iterator

from authoring import channels
from authoring.asking import Asking
from authoring.definitions import Definitions, duplicates, steps_of, unknown
from authoring.load import Document, Path
from authoring.problems import Problem
from functions.core.channels import channel_and_template
from functions.core.event import FORM_SUBMITTED, SUBSCRIPTION_CONFIRMED
from functions.core.identity import EMAIL
from functions.core.journey import Exit, If, Journey, Send, Step, TagStep, Until, Wait


def check(document: Document, journey: Journey, known: Definitions) -> Iterator[Problem]:
    """What a journey refers to that isn't there, and steps that lead nowhere."""
    asking = Asking(known)
    yield from asking.topic(document, ("topic",), journey.topic)
    yield from asking.match(document, ("start", "when"), journey.start.when)
    yield from _too_early(document, journey, known)
    if journey.goal:
        yield from asking.match(document, ("goal",), journey.goal)
    placed = list(steps_of(journey.steps))
    yield from duplicates(document, [((*path, "id"), step.id) for path, step in placed])
    sends = {step.id for _, step in placed if isinstance(step, Send)}
    everything = {step.id for _, step in placed}
    if journey.exit:
        yield from asking.condition(document, ("exit",), journey.exit, (sends, everything))
    for path, step in placed:
        if isinstance(step, Send):
            channel, _ = channel_and_template(step.send)
            topic = step.topic or journey.topic
            yield from channels.nobody_is_asked(document, (*path, "send"), channel, topic, known)
    yield from _path(document, ("steps",), journey.steps, set(), everything, asking)[1]


def _too_early(document: Document, journey: Journey, known: Definitions) -> Iterator[Problem]:
    """A journey that writes at once to whoever sent a form that still waits for their confirmation."""
    start, first = journey.start.when, journey.steps[0]
    form = known.forms.get(start.form or "")
    if start.event != FORM_SUBMITTED or form is None or form[1].double_opt_in is None or not isinstance(first, Send):
        return
    topic = first.topic or journey.topic
    channel, _ = channel_and_template(first.send)
    if any((box.topic, box.channel, box.identity) == (topic, channel, EMAIL) for box in form[1].consents):
        mend = f'Start it with event: "{SUBSCRIPTION_CONFIRMED}"; nothing is sent before that'
        message = f'form "{start.form}" asks for confirmation, so nobody has agreed yet when it is sent'
        yield document.problem(("start", "when", "event"), message, mend, code="not-confirmed-yet")


def _path(
    document: Document, path: Path, steps: list[Step], before: set[str], everything: set[str], asking: Asking
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
            case Wait(wait=Until() as wait):
                problems += asking.condition(document, (*here, "wait", "until"), wait.until, (sent, everything))
            case If():
                problems += asking.condition(document, (*here, "if"), step.if_, (sent, everything))
                if not step.then and not step.else_:
                    mend = "Give at least one of then and else a step"
                    problems.append(document.problem(here, "a branch that leads nowhere", mend, code="leads-nowhere"))
                one, found = _path(document, (*here, "then"), step.then, sent, everything, asking)
                two, more = _path(document, (*here, "else"), step.else_, sent, everything, asking)
                sent = one | two
                problems += found + more
            case Exit() if index + 1 < len(steps):
                mend = "Move exit to the end of its list, or remove the steps after it"
                message = "a step that is never reached"
                problems.append(document.problem((*path, index + 1), message, mend, code="never-reached"))
            case Wait() | TagStep() | Exit():
                pass
    return sent, problems
