"""What the steps of a journey do that do something and go on: effects with ids that a repeat brings again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from functions.core import event as names
from functions.core.channels import BY_STAFF, BY_WEBHOOK, channel_and_template
from functions.core.effects import Effect, HandOff, Record, SendMessage
from functions.core.ids import digest, message_id
from functions.core.journey import Journey
from functions.core.steps import (
    Acting,
    Add,
    CallWebhook,
    Handoff,
    Notify,
    Send,
    StartStep,
    TagStep,
    Untag,
    Update,
)
from functions.core.traits import normal


@dataclass(frozen=True, slots=True)
class Acted:
    """How a step was passed, what is to be done for it, and the message that it decided on."""

    outcome: str
    effects: tuple[Effect, ...]
    message: str | None = None


def act(step: Acting, journey: Journey, enrollment: str, visit: int, now: int) -> Acted:
    """What a step does on its `visit`-th time (from 0) in an enrollment, at `now` (ms)."""
    made = _Acting(step.id, journey, enrollment, visit, now)
    match step:
        case Send():
            channel, template = channel_and_template(step.send)
            return made.sent("sent", channel, template, step.topic)
        case CallWebhook():
            return made.sent("called", BY_WEBHOOK, step.webhook)
        case Notify():
            return made.sent("notified", BY_STAFF, step.id)
        case Handoff():
            return made.handed_off(step)
        case Update():
            return made.updated(step)
        case TagStep():
            return Acted("tagged", (made.record("tag", names.TAG_ADDED, {"tag": step.tag}),))
        case Untag():
            return Acted("untagged", (made.record("untag", names.TAG_REMOVED, {"tag": step.untag}),))
        case Add():
            said = {"score": step.add.score, "points": step.add.points}
            return Acted("added", (made.record("add", names.POINTS_ADDED, said),))
        case StartStep():
            return Acted("asked-for", (made.record("start", names.JOURNEY_REQUESTED, {"wanted": step.start}),))
        case _:
            assert_never(step)


@dataclass(frozen=True, slots=True)
class _Acting:
    step: str
    journey: Journey
    enrollment: str
    visit: int
    now: int

    def sent(self, outcome: str, channel: str, template: str, topic: str | None = None) -> Acted:
        message = message_id(self.enrollment, self.step, self.visit)
        about = topic or self.journey.topic
        return Acted(outcome, (SendMessage(message, self.step, template, about, self.now, channel),), message)

    def handed_off(self, step: Handoff) -> Acted:
        lead, said = self._id("lead"), step.handoff
        record = self.record("handoff", names.HANDED_OFF, {"lead": lead, "to": said.to, "reason": said.reason})
        told = self.sent("handed-off", BY_STAFF, step.id)
        written = HandOff(lead, step.id, said.to, said.reason, self.now)
        return Acted(told.outcome, (written, record, *told.effects), told.message)

    def updated(self, step: Update) -> Acted:
        effects: list[Effect] = []
        if step.update.traits:
            traits = normal(step.update.traits)
            effects.append(Record(self._id("traits"), self.step, names.TRAITS_CHANGED, self.now, traits=traits))
        if step.update.stage is not None:
            effects.append(self.record("stage", names.STAGE_SET, {"stage": step.update.stage}))
        return Acted("updated", tuple(effects))

    def record(self, what: str, name: str, properties: Mapping[str, Any]) -> Record:
        return Record(self._id(what), self.step, name, self.now, properties)

    def _id(self, what: str) -> str:
        return digest(what, self.enrollment, self.step, *([str(self.visit)] if self.visit else []))
