"""What one definition says about another: every name must exist, and mean what is expected."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import available_timezones

from authoring import forms, languages
from authoring.load import Document, Path
from authoring.problems import Problem, choose, nearest
from functions.core import conditions as c
from functions.core.event import FORM_SUBMITTED, SUBSCRIPTION_CONFIRMED
from functions.core.forms import Form
from functions.core.funnel import Funnel
from functions.core.journey import Exit, If, Journey, Send, Step, TagStep, Until, Wait
from functions.core.privacy import Privacy
from functions.core.scoring import Scoring
from functions.core.segments import Segments
from functions.core.sending import Sending


@dataclass(slots=True)
class Definitions:
    """What could be read, by kind, with the document behind each. Names include what is broken otherwise."""

    sending: tuple[Document, Sending] | None = None
    scoring: tuple[Document, Scoring] | None = None
    segments: tuple[Document, Segments] | None = None
    funnel: tuple[Document, Funnel] | None = None
    privacy: tuple[Document, Privacy] | None = None
    forms: dict[str, tuple[Document, Form]] = field(default_factory=dict)
    journeys: dict[str, tuple[Document, Journey]] = field(default_factory=dict)
    form_names: frozenset[str] = frozenset()
    template_names: frozenset[str] = frozenset()
    segment_names: frozenset[str] | None = frozenset()
    score_names: frozenset[str] | None = frozenset()
    topic_names: frozenset[str] | None = None
    has_temperature: bool = False


def check(known: Definitions) -> list[Problem]:
    """Every broken reference among the definitions."""
    return list(_Checker(known).run())


class _Checker:
    def __init__(self, known: Definitions) -> None:
        self.known = known

    def run(self) -> Iterator[Problem]:
        if self.known.sending:
            yield from self._sending(*self.known.sending)
        if self.known.scoring:
            yield from self._scoring(*self.known.scoring)
        if self.known.segments:
            yield from self._segments(*self.known.segments)
        for document, form in self.known.forms.values():
            yield from self._form(document, form)
        for document, journey in self.known.journeys.values():
            yield from self._journey(document, journey)

    def _sending(self, document: Document, sending: Sending) -> Iterator[Problem]:
        zones = available_timezones()
        zone = sending.business.time_zone
        if zone not in zones:
            close = nearest(zone, zones)
            mend = f'Did you mean "{close}"?' if close else "Use a name such as Europe/Istanbul or America/New_York"
            yield document.problem(("business", "time_zone"), f'unknown time zone "{zone}"', mend)
        yield from languages.check(document, ("business", "language"), sending.business.language)
        yield from languages.words(document, sending.words, sending.business.language)
        yield from _duplicates(document, [(("topics", i, "id"), topic.id) for i, topic in enumerate(sending.topics)])

    def _scoring(self, document: Document, scoring: Scoring) -> Iterator[Problem]:
        for name, score in scoring.scores.items():
            base: Path = ("scores", name, "rules")
            yield from _duplicates(document, [((*base, i, "id"), rule.id) for i, rule in enumerate(score.rules)])
            for index, rule in enumerate(score.rules):
                yield from self._event(document, (*base, index, "when"), rule.when)
        if scoring.temperature:
            yield from self._score(document, ("temperature", "score"), scoring.temperature.score)

    def _segments(self, document: Document, segments: Segments) -> Iterator[Problem]:
        uses: dict[str, list[str]] = {}
        for name, segment in segments.segments.items():
            path: Path = ("segments", name, "when")
            yield from self._condition(document, path, segment.when, None)
            uses[name] = [use.segment for use in parts(segment.when) if isinstance(use, c.SegmentCondition)]
        for name in uses:
            circle = _circle(uses, name)
            if circle:
                mend = "Write the condition of one of them without the other"
                message = f"segments that need each other: {' → '.join(circle)}"
                yield document.problem(("segments", name), message, mend, key=True)

    def _form(self, document: Document, form: Form) -> Iterator[Problem]:
        yield from _duplicates(
            document, [(("fields", i, "name"), asked.name) for i, asked in enumerate(form.fields)], word="name"
        )
        yield from forms.check(document, form)
        for index, box in enumerate(form.consents):
            yield from self._topic(document, ("consents", index, "topic"), box.topic, marketing=True)
        yield from _duplicates(
            document, [(("consents", i, "topic"), box.topic) for i, box in enumerate(form.consents)], word="topic"
        )
        if form.double_opt_in:
            name = form.double_opt_in.email
            path: Path = ("double_opt_in", "email")
            none = f"Write emails/{name}.yaml, .mjml and .txt"
            yield from self._reference(document, path, "template", name, self.known.template_names, none=none)

    def _journey(self, document: Document, journey: Journey) -> Iterator[Problem]:
        yield from self._topic(document, ("topic",), journey.topic)
        yield from self._event(document, ("start", "when"), journey.start.when)
        yield from self._too_early(document, journey)
        if journey.goal:
            yield from self._event(document, ("goal",), journey.goal)
        placed = list(steps_of(journey.steps))
        yield from _duplicates(document, [((*path, "id"), step.id) for path, step in placed])
        sends = {step.id for _, step in placed if isinstance(step, Send)}
        everything = {step.id for _, step in placed}
        if journey.exit:
            yield from self._condition(document, ("exit",), journey.exit, (sends, everything))
        yield from self._path(document, ("steps",), journey.steps, set(), everything)[1]

    def _too_early(self, document: Document, journey: Journey) -> Iterator[Problem]:
        """A journey that writes at once to whoever sent a form that still waits for their confirmation."""
        start, first = journey.start.when, journey.steps[0]
        form = self.known.forms.get(start.form or "")
        if (
            start.event != FORM_SUBMITTED
            or form is None
            or form[1].double_opt_in is None
            or not isinstance(first, Send)
        ):
            return
        topic = first.topic or journey.topic
        if any(box.topic == topic for box in form[1].consents):
            mend = f'Start it with event: "{SUBSCRIPTION_CONFIRMED}"; nothing is sent before that'
            message = f'form "{start.form}" asks for confirmation, so nobody has agreed yet when it is sent'
            yield document.problem(("start", "when", "event"), message, mend)

    def _path(
        self, document: Document, path: Path, steps: list[Step], before: set[str], everything: set[str]
    ) -> tuple[set[str], list[Problem]]:
        """Sends that may have happened after `steps`, and what is wrong on the way."""
        sent, problems = set(before), list[Problem]()
        for index, step in enumerate(steps):
            here: Path = (*path, index)
            match step:
                case Send():
                    problems += self._reference(
                        document,
                        (*here, "send"),
                        "template",
                        step.send,
                        self.known.template_names,
                        none=f"Write emails/{step.send}.yaml, .mjml and .txt",
                    )
                    if step.topic:
                        problems += self._topic(document, (*here, "topic"), step.topic)
                    sent.add(step.id)
                case Wait(wait=Until() as wait):
                    problems += self._condition(document, (*here, "wait", "until"), wait.until, (sent, everything))
                case If():
                    problems += self._condition(document, (*here, "if"), step.if_, (sent, everything))
                    if not step.then and not step.else_:
                        mend = "Give at least one of then and else a step"
                        problems.append(document.problem(here, "a branch that leads nowhere", mend))
                    one, found = self._path(document, (*here, "then"), step.then, sent, everything)
                    two, more = self._path(document, (*here, "else"), step.else_, sent, everything)
                    sent = one | two
                    problems += found + more
                case Exit() if index + 1 < len(steps):
                    mend = "Move exit to the end of its list, or remove the steps after it"
                    problems.append(document.problem((*path, index + 1), "a step that is never reached", mend))
                case Wait() | TagStep() | Exit():
                    pass
        return sent, problems

    def _condition(
        self, document: Document, path: Path, condition: c.Condition, journey: tuple[set[str], set[str]] | None
    ) -> Iterator[Problem]:
        match condition:
            case c.EventCondition():
                yield from self._event(document, path, condition)
            case c.ScoreCondition():
                yield from self._score(document, (*path, "score"), condition.score)
            case c.TemperatureCondition():
                if not self.known.has_temperature:
                    mend = "Add temperature: to scoring.yaml"
                    yield document.problem((*path, "temperature"), "no temperature bands are defined", mend)
            case c.ConsentCondition():
                yield from self._topic(document, (*path, "consent"), condition.consent)
            case c.SegmentCondition():
                names = self.known.segment_names
                if names is not None:
                    yield from self._reference(document, (*path, "segment"), "segment", condition.segment, names)
            case c.OpenedCondition():
                yield from _sent(document, (*path, "opened"), condition.opened, journey)
            case c.ClickedCondition():
                yield from _sent(document, (*path, "clicked"), condition.clicked, journey)
            case c.AllCondition():
                for index, part in enumerate(condition.all):
                    yield from self._condition(document, (*path, "all", index), part, journey)
            case c.AnyCondition():
                for index, part in enumerate(condition.any):
                    yield from self._condition(document, (*path, "any", index), part, journey)
            case c.NotCondition():
                yield from self._condition(document, (*path, "not"), condition.not_, journey)
            case c.TagCondition() | c.TraitCondition():
                pass

    def _event(self, document: Document, path: Path, match: c.EventMatch) -> Iterator[Problem]:
        if match.form is None:
            return
        yield from self._reference(document, (*path, "form"), "form", match.form, self.known.form_names)
        if match.event not in (FORM_SUBMITTED, SUBSCRIPTION_CONFIRMED):
            mend = f"Write event: {FORM_SUBMITTED}, or remove form"
            yield document.problem((*path, "form"), f'"{match.event}" does not come from a form', mend)

    def _score(self, document: Document, path: Path, name: str) -> Iterator[Problem]:
        if self.known.score_names is not None:
            mend = "Define it under scores: in scoring.yaml"
            yield from self._reference(document, path, "score", name, self.known.score_names, none=mend)

    def _topic(self, document: Document, path: Path, name: str, *, marketing: bool = False) -> Iterator[Problem]:
        if self.known.topic_names is None:
            return
        mend = "Define it under topics: in sending.yaml"
        yield from self._reference(document, path, "topic", name, self.known.topic_names, none=mend)
        sending = self.known.sending
        if marketing and sending and any(topic.id == name and topic.transactional for topic in sending[1].topics):
            mend = "Offer a topic that is not transactional, or remove the box"
            yield document.problem(path, f'topic "{name}" is transactional: nobody needs to agree to it', mend)

    @staticmethod
    def _reference(
        document: Document, path: Path, kind: str, name: str, names: frozenset[str], *, none: str = ""
    ) -> Iterator[Problem]:
        if name not in names:
            yield document.problem(
                path, f'unknown {kind} "{name}"', choose(name, names, none=none or f"No {kind} is defined")
            )


def parts(condition: c.Condition) -> Iterator[c.Condition]:
    """A condition and everything inside it."""
    yield condition
    match condition:
        case c.AllCondition():
            for part in condition.all:
                yield from parts(part)
        case c.AnyCondition():
            for part in condition.any:
                yield from parts(part)
        case c.NotCondition():
            yield from parts(condition.not_)
        case _:
            pass


def steps_of(steps: list[Step], path: Path = ("steps",)) -> Iterator[tuple[Path, Step]]:
    """Every step of a tree with its path in the file."""
    for index, step in enumerate(steps):
        yield (*path, index), step
        if isinstance(step, If):
            yield from steps_of(step.then, (*path, index, "then"))
            yield from steps_of(step.else_, (*path, index, "else"))


def _sent(document: Document, path: Path, name: str, journey: tuple[set[str], set[str]] | None) -> Iterator[Problem]:
    word = path[-1]
    if journey is None:
        mend = "Use it in a journey; elsewhere ask for the event, such as event: Email Opened"
        yield document.problem(path, f"{word} asks about a step, and only a journey has steps", mend)
        return
    sent, everything = journey
    if name in sent:
        return
    if name in everything:
        mend = f"Name a send step that comes before: {', '.join(sorted(sent))}" if sent else "Send something before"
        yield document.problem(path, f'step "{name}" is not a send that comes before this', mend)
    else:
        mend = choose(name, sent, none="Send something before, and name that step")
        yield document.problem(path, f'unknown step "{name}"', mend)


def _duplicates(document: Document, named: list[tuple[Path, str]], *, word: str = "id") -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for path, name in named:
        if name in first:
            line = document.at(first[name])[0]
            mend = f"Give each its own {word}; the first is on line {line}"
            yield document.problem(path, f'duplicate {word} "{name}"', mend)
        first.setdefault(name, path)


def _circle(uses: Mapping[str, list[str]], start: str) -> list[str] | None:
    """The way from a segment back to itself, or None."""
    stack = [(start, [start])]
    seen: set[str] = set()
    while stack:
        name, way = stack.pop()
        for use in uses.get(name, []):
            if use == start:
                return [*way, use]
            if use not in seen:
                seen.add(use)
                stack.append((use, [*way, use]))
    return None
