"""Whether a condition asks about things that exist, and can hold at all."""

from collections.abc import Iterator
from typing import assert_never

from authoring.definitions import Definitions, parts, unknown
from authoring.load import Document, Path
from authoring.never import never_holds
from authoring.problems import Problem, choose
from functions.core import conditions as c
from functions.core.event import FORM_SUBMITTED, SUBSCRIPTION_CONFIRMED

_TEMPERATURE = "Add temperature: to scoring.yaml"
_GRADE = "Add grade: with its rules to scoring.yaml"

Sent = tuple[set[str], set[str]] | None
"""Inside a journey: ids of the sends that may have come before, and of all steps; None elsewhere."""


class Asking:
    """Checks of conditions against everything that is defined."""

    def __init__(self, known: Definitions) -> None:
        self.known = known

    def condition(
        self, document: Document, path: Path, condition: c.Condition, journey: Sent = None
    ) -> Iterator[Problem]:
        """What is wrong with a condition and with everything inside it."""
        for place, part in parts(condition, path):
            yield from self._names(document, place, part, journey)
            yield from never_holds(document, place, part)

    def match(self, document: Document, path: Path, match: c.EventMatch) -> Iterator[Problem]:
        """What is wrong with the events that are meant."""
        yield from self._form(document, path, match)
        yield from never_holds(document, path, match)

    def _form(self, document: Document, path: Path, match: c.EventMatch) -> Iterator[Problem]:
        if match.form is None:
            return
        yield from unknown(document, (*path, "form"), "form", match.form, self.known.form_names)
        if match.event not in (FORM_SUBMITTED, SUBSCRIPTION_CONFIRMED):
            mend = f"Write event: {FORM_SUBMITTED}, or remove form"
            message = f'"{match.event}" does not come from a form'
            yield document.problem((*path, "form"), message, mend, code="not-of-a-form")

    def score(self, document: Document, path: Path, name: str) -> Iterator[Problem]:
        """Whether there is such a score."""
        mend = "Define it under scores: in scoring.yaml"
        yield from unknown(document, path, "score", name, self.known.score_names, none=mend)

    def stage(self, document: Document, path: Path, name: str) -> Iterator[Problem]:
        """Whether the funnel has such a stage."""
        mend = "Define it under stages: in funnel.yaml"
        yield from unknown(document, path, "stage", name, self.known.stage_names, none=mend)

    def segment(self, document: Document, path: Path, name: str) -> Iterator[Problem]:
        """Whether there is such a segment."""
        mend = "Define it under segments: in segments.yaml"
        yield from unknown(document, path, "segment", name, self.known.segment_names, none=mend)

    def topic(self, document: Document, path: Path, name: str, *, marketing: bool = False) -> Iterator[Problem]:
        """Whether there is such a topic, where asked one that people agree to."""
        mend = "Define it under topics: in sending.yaml"
        yield from unknown(document, path, "topic", name, self.known.topic_names, none=mend)
        sending = self.known.sending
        if marketing and sending and any(topic.id == name and topic.transactional for topic in sending[1].topics):
            mend = "Offer a topic that is not transactional, or remove the box"
            message = f'topic "{name}" is transactional: nobody needs to agree to it'
            yield document.problem(path, message, mend, code="transactional-topic")

    def _names(self, document: Document, path: Path, condition: c.Condition, journey: Sent) -> Iterator[Problem]:
        known = self.known
        match condition:
            case c.EventCondition():
                yield from self._form(document, path, condition)
            case c.ScoreCondition():
                yield from self.score(document, (*path, "score"), condition.score)
            case c.TemperatureCondition():
                if not known.has_temperature:
                    message = "no temperature bands are defined"
                    yield document.problem((*path, "temperature"), message, _TEMPERATURE, code="no-temperature")
            case c.GradeCondition():
                if not known.has_grade:
                    message = "no grade is defined, so everybody has a D"
                    yield document.problem((*path, "grade"), message, _GRADE, code="no-grade")
            case c.StageCondition():
                several = isinstance(condition.stage, list)
                for index, name in enumerate(condition.wanted):
                    place: Path = (*path, "stage", index) if several else (*path, "stage")
                    yield from self.stage(document, place, name)
            case c.ConsentCondition():
                yield from self.topic(document, (*path, "consent"), condition.consent)
            case c.SegmentCondition():
                yield from self.segment(document, (*path, "segment"), condition.segment)
            case c.EmailCondition():
                mend = f"Write emails/{condition.email}.yaml and .mjml"
                yield from unknown(
                    document, (*path, "email"), "template", condition.email, known.template_names, none=mend
                )
            case c.JourneyCondition():
                mend = f"Write journeys/{condition.journey}.yaml"
                place = (*path, "journey")
                yield from unknown(document, place, "journey", condition.journey, known.journey_names, none=mend)
            case c.OpenedCondition():
                yield from _sent(document, (*path, "opened"), condition.opened, journey)
            case c.ClickedCondition():
                yield from _sent(document, (*path, "clicked"), condition.clicked, journey)
            case c.TagCondition() | c.TraitCondition() | c.AllCondition() | c.AnyCondition() | c.NotCondition():
                pass
            case _:
                assert_never(condition)


def _sent(document: Document, path: Path, name: str, journey: Sent) -> Iterator[Problem]:
    word = path[-1]
    if journey is None:
        mend = "Use it in a journey; elsewhere ask for the e-mail, such as {email: welcome, was: opened}"
        message = f"{word} asks about a step, and only a journey has steps"
        yield document.problem(path, message, mend, code="outside-a-journey")
        return
    sent, everything = journey
    if name in sent:
        return
    if name in everything:
        mend = f"Name a send step that comes before: {', '.join(sorted(sent))}" if sent else "Send something before"
        message = f'step "{name}" is not a send that comes before this'
        yield document.problem(path, message, mend, code="not-sent-before")
    else:
        mend = choose(name, sent, none="Send something before, and name that step")
        yield document.problem(path, f'unknown step "{name}"', mend, code="unknown-step")
