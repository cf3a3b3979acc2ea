"""Checks of one journey against everything that is defined."""

from collections.abc import Iterator, Sequence

from authoring import channels, doubts, endings, templates
from authoring.asking import Asking
from authoring.definitions import Definitions, duplicates, steps_of, unknown
from authoring.load import Document, Path, spell
from authoring.problems import Problem
from functions.core.channels import BY_WEBHOOK, channel_and_template
from functions.core.conditions import EventMatch
from functions.core.event import FORM_SUBMITTED, SUBSCRIPTION_CONFIRMED
from functions.core.hours import never_open
from functions.core.identity import EMAIL
from functions.core.journey import Journey, Requested, Schedule
from functions.core.steps import (
    Add,
    CallWebhook,
    Exit,
    Handoff,
    If,
    Notify,
    Repeat,
    Send,
    Split,
    StartStep,
    Step,
    Switch,
    Update,
)
from functions.core.traits import OUR_NAMES, RESERVED, normal
from functions.core.tree import asked_by, walk, ways

_IDENTITIES = frozenset({"email", "phone", "id"})
"""Traits that say who somebody is."""


def check(document: Document, journey: Journey, known: Definitions) -> Iterator[Problem]:
    """What a journey refers to that isn't there, steps that lead nowhere, and what never ends."""
    asking = Asking(known)
    yield from asking.topic(document, ("topic",), journey.topic)
    for where, match in journey.matches():
        yield from asking.match(document, where, match)
    if isinstance(journey.start.when, Schedule):
        yield from asking.segment(document, ("start", "when", "segment"), journey.start.when.segment)
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
        yield from _names(document, path, step, asking)
        yield from _ways(document, path, step)
    yield from _path(document, ("steps",), journey.steps, set(), everything, asking)[1]
    yield from endings.check(document, journey)
    yield from doubts.check(document, journey, known)


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


def _names(document: Document, path: Path, step: Step, asking: Asking) -> Iterator[Problem]:
    """What a step names that isn't there."""
    known = asking.known
    match step:
        case Send():
            channel, template = channel_and_template(step.send)
            names, mend = channels.names_of(known, channel), channels.missing(channel, template)
            yield from unknown(document, (*path, "send"), "template", template, names, none=mend)
            if step.topic:
                yield from asking.topic(document, (*path, "topic"), step.topic)
        case CallWebhook():
            names, mend = channels.names_of(known, BY_WEBHOOK), channels.missing(BY_WEBHOOK, step.webhook)
            yield from unknown(document, (*path, "webhook"), "webhook", step.webhook, names, none=mend)
            for trait in step.keep:
                yield from settable(document, (*path, "keep", trait), trait)
        case Add():
            yield from asking.score(document, (*path, "add", "score"), step.add.score)
        case Update():
            if step.update.stage is not None:
                yield from asking.stage(document, (*path, "update", "stage"), step.update.stage)
            for trait, value in step.update.traits.items():
                yield from settable(document, (*path, "update", "traits", trait), trait, value)
        case Notify():
            yield from _staff(document, (*path, "notify", "to"), step.notify.to, known)
            for key, text in (("subject", step.notify.subject), ("text", step.notify.text)):
                yield from _text(document, (*path, "notify", key), text)
        case Handoff():
            yield from _staff(document, (*path, "handoff", "to"), step.handoff.to, known)
        case StartStep():
            yield from _started(document, (*path, "start"), step.start, known)
        case _:
            pass


def _staff(document: Document, path: Path, group: str, known: Definitions) -> Iterator[Problem]:
    groups = frozenset(known.sending[1].staff) if known.sending else None
    none = f"Define it in sending.yaml: staff: {{{group}: [ada@example.com]}}"
    yield from unknown(document, path, "group", group, groups, none=none)


def _text(document: Document, path: Path, text: str) -> Iterator[Problem]:
    line, column = document.at(path)
    part = templates.Part(document.file, text, spell(path), line=line, column=column)
    # Which traits somebody has is not known, and people of the business can do with a gap.
    yield from templates.check(part, templates.Given(blocks=None))


def _started(document: Document, path: Path, name: str, known: Definitions) -> Iterator[Problem]:
    yield from unknown(document, path, "journey", name, known.journey_names, none=f"Write journeys/{name}.yaml")
    target = known.journeys.get(name)
    if target is not None and not isinstance(target[1].start.when, Requested):
        message = f'the journey "{name}" is not one that can be asked for'
        mend = f"Write in journeys/{name}.yaml start: {{when: {{requested: true}}}}, or start another one"
        yield document.problem(path, message, mend, code="not-on-request")


def settable(document: Document, path: Path, trait: str, value: object = None) -> Iterator[Problem]:
    """A trait that nothing of ours may set, or not to such a value."""
    if trait in _IDENTITIES:
        mend = "Set another trait; addresses and phone numbers come from forms, calls and imports"
        message = f'"{trait}" says who somebody is, and nothing here changes that'
        yield document.problem(path, message, mend, key=True, code="not-settable")
    elif trait in OUR_NAMES:
        message, mend = f'the trait "{trait}" has another name here', f"Write {OUR_NAMES[trait]}"
        yield document.problem(path, message, mend, key=True, code="not-settable")
    elif value is not None and trait in RESERVED and trait not in normal({trait: value}):
        message = f'"{trait}" is no such thing'
        mend = f"Write a {RESERVED[trait]}, or use a name of your own"
        yield document.problem(path, message, mend, code="wrong-value")


def _ways(document: Document, path: Path, step: Step) -> Iterator[Problem]:
    """A branch of which no way has a step."""
    if isinstance(step, If | Switch | Split) and not any(inside for _, _, inside in ways(step)):
        mend = "Give at least one of then and else a step" if isinstance(step, If) else "Give at least one way a step"
        yield document.problem(path, "a branch that leads nowhere", mend, code="leads-nowhere")


def _path(
    document: Document, path: Path, steps: Sequence[Step], before: set[str], everything: set[str], asking: Asking
) -> tuple[set[str], list[Problem]]:
    """Sends that may have happened after `steps`, and what is wrong on the way."""
    sent, problems = set(before), list[Problem]()
    for index, step in enumerate(steps):
        here: Path = (*path, index)
        match step:
            case Send():
                sent.add(step.id)
            case Repeat():
                # In all turns but the first whatever it sends was sent before.
                sent |= {one.id for one in walk(step.repeat) if isinstance(one, Send)}
            case Exit() if index + 1 < len(steps):
                mend = "Move exit to the end of its list, or remove the steps after it"
                message = "a step that is never reached"
                problems.append(document.problem((*path, index + 1), message, mend, code="never-reached"))
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
