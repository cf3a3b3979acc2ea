"""Journeys in plain English: what starts one, what each step does, and how it was passed.

Things are called by their titles where they have one, by their ids otherwise, as in core/sentences.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from functions.core.channels import BY_EMAIL, CHANNELS, channel_and_template
from functions.core.conditions import Condition, EventMatch, NotCondition
from functions.core.definition import spell_duration
from functions.core.enrollment import State
from functions.core.hours import WEEKDAYS, Only
from functions.core.journey import Becomes, ByProperty, Journey, Requested, Schedule, Start, Trigger
from functions.core.journey_facts import MERGED, NOT_AGAIN
from functions.core.phrases import joined, shown, spaced
from functions.core.release import Release
from functions.core.sentences import of_match, sentence
from functions.core.steps import (
    Add,
    CallWebhook,
    Change,
    Exit,
    Handoff,
    Holdout,
    If,
    Notify,
    Repeat,
    Send,
    Split,
    StartStep,
    Step,
    Switch,
    TagStep,
    Untag,
    Update,
    Wait,
)
from functions.core.tree import ways
from functions.core.waiting import Until, UntilDate, UntilOpen

_ARTICLES: Final[Mapping[str, str]] = {"email": "the e-mail", "sms": "the text message", "push": "the notification"}
MERGERS: Final[Mapping[str, str]] = {
    MERGED: "turned out to be somebody else, whose journey it is from here on",
    NOT_AGAIN: "turned out to be somebody else, who may not take this journey again",
}
"""How a run ended whose contact was merged, by the outcome of its last step: a sentence without its subject."""
_ENDS: Final[Mapping[State, str]] = {
    "active": "goes on",
    "done": "came to its end",
    "exited": "left before its end",
    "goal": "reached its goal",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A step in words: how deep it stands inside others (from 0), the way that leads to it there ("" at the
    top), and the step."""

    depth: int
    way: str
    step: Step
    text: str


def lines(steps: Sequence[Step], release: Release, depth: int = 0, way: str = "") -> Iterator[Line]:
    """Every step of a tree in words, depth first, in authored order."""
    for step in steps:
        yield Line(depth, way, step, of_step(step, release))
        for _, name, inside in ways(step):
            yield from lines(inside, release, depth + 1, name)


def of_start(start: Start, release: Release) -> str:
    """What starts a journey, for whom, and how often."""
    said = [of_trigger(start.when, release)]
    if start.only_if is not None:
        said.append(f"only if {contact_that(start.only_if, release)}")
    match start.again:
        case "never":
            often = "once in a lifetime"
        case "always":
            often = "again each time, when the last run is over"
        case seconds:
            often = f"again {spell_duration(seconds)} after the last start, when that run is over"
    match start.one_per:
        case "event":
            often = "as often as it happens, side by side"
        case ByProperty(property=name):
            often = f"{often}, for each {spaced(name)} apart"
        case _:
            pass
    return "; ".join([*said, often])


def of_trigger(when: Trigger, release: Release) -> str:
    """What starts a journey: an adverbial clause."""
    match when:
        case EventMatch():
            return f"when {of_match(when, release)} happens"
        case Becomes():
            return f"as soon as {contact_that(when.becomes, release)}, which was not so before"
        case Schedule():
            segment = release.segments.get(when.segment)
            whom = _called(when.segment, segment.title if segment else "")
            day = f"on day {when.day} of every month" if when.every == "month" else f"every {_day(when.every)}"
            return f"{day} at {when.at}, for everybody in the segment {whom}"
        case Requested():
            return "when it is asked for: by a call with a secret key, a step of another journey, or by hand"
        case _:
            assert_never(when)


def of_step(step: Step, release: Release) -> str:
    """What a step does, as an order."""
    match step:
        case Send():
            channel, template = channel_and_template(step.send)
            about = f", about {_topic(step.topic, release)}" if step.topic else ""
            return f"Send {_content(channel, template)}{about}"
        case Wait():
            return of_wait(step.wait, release)
        case If():
            return f"Ask whether {contact_that(step.if_, release)}"
        case Switch():
            cases = [f"{one.id} if {contact_that(one.when, release)}" for one in step.switch]
            return f"Go the first way that fits: {'; '.join([*cases, 'otherwise'])}"
        case Split():
            shares = [f"{one.percent} of a hundred go {one.id}" for one in step.split]
            return f"Divide people by chance: {joined(shares, 'and')}"
        case Holdout():
            return f"Let {step.holdout} of a hundred people leave here, to compare the others with"
        case Update():
            return _updated(step.update, release)
        case TagStep():
            return f"Put the tag {shown(step.tag)} on the contact"
        case Untag():
            return f"Take the tag {shown(step.untag)} off the contact"
        case Add():
            score = release.scoring.scores.get(step.add.score)
            number, named = step.add.points, _called(step.add.score, score.title if score else "")
            points = f"{abs(number)} point{'' if abs(number) == 1 else 's'}"
            return f"Take {points} off {named}" if number < 0 else f"Add {points} to {named}"
        case CallWebhook():
            kept = f", and keep {joined(map(spaced, step.keep), 'and')} of its answer" if step.keep else ""
            return f"Call the webhook “{step.webhook}”{kept}"
        case Notify():
            return f"Tell the staff group “{step.notify.to}”: {shown(step.notify.subject)}"
        case Handoff():
            return f"Hand the contact to the staff group “{step.handoff.to}”: {shown(step.handoff.reason)}"
        case StartStep():
            return f"Start the journey {journey_called(step.start, release)}"
        case Repeat():
            return _repeated(step, release)
        case Exit():
            return "Leave the journey"
        case _:
            assert_never(step)


def of_wait(wait: int | Until | UntilDate | UntilOpen, release: Release) -> str:
    """What a wait waits for, as an order."""
    match wait:
        case int():
            return f"Wait {spell_duration(wait)}"
        case Until():
            return f"Wait until {contact_that(wait.until, release)}, {spell_duration(wait.at_most)} at most"
        case UntilDate():
            day = f"their {spaced(wait.until_trait)}" if wait.until_trait is not None else shown(wait.until_day)
            shift = f"{spell_duration(wait.before)} before " if wait.before else ""
            shift = f"{spell_duration(wait.after)} after " if wait.after else shift
            return f"Wait until {shift}{day}, {wait.at} by the contact's clock"
        case UntilOpen():
            return f"Wait until it is {_open(wait.until_open)} by the contact's clock"
        case _:
            assert_never(wait)


def of_outcome(step: Step, outcome: str, release: Release) -> str:
    """How a step was passed, as a sentence about the contact without its subject."""
    if outcome in MERGERS:
        return MERGERS[outcome]
    match step:
        case Send():
            channel, template = channel_and_template(step.send)
            return f"was to get {_content(channel, template)}"
        case Wait():
            return _waited(step, outcome, release)
        case If():
            return _asked(step.if_, outcome == "then", release)
        case Switch():
            way = next((one for one in step.switch if one.id == outcome), None)
            return f"went {outcome}: {sentence(way.when, release)}" if way else "went otherwise: no way fitted"
        case Split():
            return f"went {outcome}, by chance"
        case Holdout():
            return "left, for comparison" if outcome == "held-out" else "is not held out"
        case Update():
            return f"was changed: {_changes(step.update, release)}"
        case TagStep():
            return f"was given the tag {shown(step.tag)}"
        case Untag():
            return f"lost the tag {shown(step.untag)}"
        case Add():
            return f"was given {step.add.points:+d} in {_score(step.add.score, release)}"
        case CallWebhook():
            return f"was sent to the webhook “{step.webhook}”"
        case Notify():
            return f"was named to the staff group “{step.notify.to}”"
        case Handoff():
            return f"was handed to the staff group “{step.handoff.to}”"
        case StartStep():
            return f"was to start the journey {journey_called(step.start, release)}"
        case Repeat():
            return _turned(step, outcome, release)
        case Exit():
            return "left the journey"
        case _:
            assert_never(step)


def of_state(state: State) -> str:
    """How a run stands: a sentence about it without its subject."""
    return _ENDS[state]


def of_end(journey: Journey, state: State, release: Release) -> str:
    """Why a run ended in a state, as far as that state tells."""
    match state:
        case "active":
            return ""
        case "done":
            return "there was no further step"
        case "goal":
            return f"{of_match(journey.goal, release)} happened" if journey.goal else "its goal was reached"
        case "exited":
            rules = [f"{contact_that(journey.exit, release)}"] if journey.exit is not None else []
            rules += [f"{shown(journey.ends)} came"] if journey.ends is not None else []
            return joined([*rules, "a step led out"], "or")
        case _:
            assert_never(state)


def journey_called(name: str, release: Release) -> str:
    """A journey's title, or its id, in quotes."""
    journey = release.every_journey.get(name)
    return _called(release.present_name("journey", name), journey.title if journey else "")


def contact_that(condition: Condition, release: Release) -> str:
    """A condition with its subject: "the contact has bought", "their budget is above 50"."""
    said = sentence(condition, release)
    return said if said.startswith(("their ", "it is not so")) else f"the contact {said}"


def _day(name: str) -> str:
    return name.capitalize() if name in WEEKDAYS else name


def _content(channel: str, template: str) -> str:
    known = CHANNELS.get(channel)
    article = _ARTICLES.get(channel) or f"the {known.word.lower() if known else channel}"
    return f"{article} “{template}”" if channel != BY_EMAIL else f"the e-mail “{template}”"


def _topic(name: str, release: Release) -> str:
    return _called(name, next((topic.title for topic in release.sending.topics if topic.id == name), ""))


def _score(name: str, release: Release) -> str:
    score = release.scoring.scores.get(name)
    return _called(name, score.title if score else "")


def _stage(name: str, release: Release) -> str:
    return _called(name, next((stage.title for stage in release.funnel.stages if stage.id == name), ""))


def _changes(change: Change, release: Release) -> str:
    said = [
        f"{spaced(name)} is not known any more" if value is None else f"{spaced(name)} is {shown(value)}"
        for name, value in change.traits.items()
    ]
    if change.stage is not None:
        said.append(f"stands at the stage {_stage(change.stage, release)}")
    return joined(said, "and")


def _updated(change: Change, release: Release) -> str:
    said = [
        f"forget their {spaced(name)}" if value is None else f"set their {spaced(name)} to {shown(value)}"
        for name, value in change.traits.items()
    ]
    if change.stage is not None:
        said.append(f"put the contact at the stage {_stage(change.stage, release)}")
    text = joined(said, "and")
    return text[0].upper() + text[1:]


def _repeated(step: Repeat, release: Release) -> str:
    until = f" until {contact_that(step.until, release)}" if step.until is not None else ""
    times = f"{step.at_most} time{'' if step.at_most == 1 else 's'}" if step.at_most is not None else ""
    if until and times:
        return f"Do these steps again and again{until}, {times} at most"
    return f"Do these steps {times}" if times else f"Do these steps again and again{until}"


def _open(only: Only) -> str:
    first, last = only.between
    hours = f"between {first} and {last}" if only.between != ("00:00", "24:00") else ""
    days = f"a {joined([_day(day) for day in only.on], 'or')}" if only.on else ""
    return " ".join(part for part in (days, hours) if part) or "any time"


def _asked(condition: Condition, holds: bool, release: Release) -> str:
    if holds:
        return f"went then: {sentence(condition, release)}"
    return f"went else: {sentence(NotCondition.model_validate({'not': condition}), release)}"


def _waited(step: Wait, outcome: str, release: Release) -> str:
    match step.wait, outcome:
        case Until(until=until), "until":
            return f"is waited for no longer: {sentence(until, release)}"
        case Until(at_most=at_most), _:
            return f"let {spell_duration(at_most)} go by"
        case int() as seconds, _:
            return f"waited {spell_duration(seconds)}"
        case UntilDate(), "no-day":
            return "went on at once: the day is not known"
        case UntilDate(), _:
            return "came to the day"
        case _:
            return "came to such a time of the week"


def _turned(step: Repeat, outcome: str, release: Release) -> str:
    match outcome:
        case "again":
            return "began a turn"
        case "until":
            said = sentence(step.until, release) if step.until is not None else "it is over"
            return f"needs no further turn: {said}"
        case _:
            return f"went on after {step.at_most} turn{'' if step.at_most == 1 else 's'}"


def _called(name: str, title: str) -> str:
    return f"“{title or name}”"
