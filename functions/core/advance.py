"""`advance`: the one interpreter of journeys, for production, scenarios, replay and forecast.

Pure. It runs every step that needs no waiting, stops only at a wait, and decides by what is
due and true at `now`, never by who woke it. An event that a wait or the goal asks for,
without a window, must come after entry; branches and the exit rule look at all that ever happened.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from functions.core.channels import channel_and_template
from functions.core.conditions import Condition
from functions.core.contact import Contact, Moment
from functions.core.counters import counter_id
from functions.core.effects import AddTag, Effect, ReachGoal, SendMessage, StartClock, Unwatch
from functions.core.enrollment import PATH_KEPT, Enrollment, Passage, State, Waiting, watches
from functions.core.evaluate import Seen, Verdict, earliest, evaluate
from functions.core.ids import digest, message_id
from functions.core.journey import Exit, If, Journey, Send, Step, TagStep, Until, Wait, walk
from functions.core.release import Release


class Unreadable(ValueError):
    """An enrollment stands at a step that its release doesn't have, which no retry can mend."""


def advance(
    journey: Journey, enrollment: Enrollment, contact: Contact, release: Release, now: int
) -> tuple[Enrollment, tuple[Effect, ...]]:
    """The enrollment after everything that is due and true at `now` (ms), and what is to be done.

    The very same enrollment and no effects where nothing changes. Effects that `enrollment`
    still has to do are the caller's to perform first; the result has none.
    """
    if not enrollment.active:
        return enrollment, ()
    return _Advance(journey, enrollment, contact, release, now).run()


def after(steps: Sequence[Step], step: str) -> tuple[Step, list[Step]] | None:
    """The step of that id in a tree, and all that follows it up to the end; None if it isn't there."""
    for place, one in enumerate(steps):
        rest = list(steps[place + 1 :])
        if one.id == step:
            return one, rest
        if isinstance(one, If):
            found = after(one.then, step) or after(one.else_, step)
            if found is not None:
                return found[0], found[1] + rest
    return None


def _tagged(contact: Contact, journey: Journey, enrollment: Enrollment) -> Contact:
    """The contact with the tags that this run put on, though their events are yet to be scored."""
    tags = {step.id: step.tag for step in walk(journey.steps) if isinstance(step, TagStep)}
    for passed in enrollment.path:
        if passed.step in tags:
            contact = _with_tag(contact, tags[passed.step], passed.at)
    return contact


def _with_tag(contact: Contact, tag: str, at: int) -> Contact:
    facts = contact.state.facts
    held = facts.tags.get(tag)
    if held is not None and held[0].at >= at:
        return contact
    tagged = replace(facts, tags={**facts.tags, tag: (Moment(at, 0), True)})
    return replace(contact, state=replace(contact.state, facts=tagged))


class _Advance:
    """One advance under way."""

    def __init__(self, journey: Journey, enrollment: Enrollment, contact: Contact, release: Release, now: int) -> None:
        self.journey = journey
        self.before = enrollment
        self.contact = _tagged(contact, journey, enrollment)
        self.release = release
        self.now = now
        self.messages = dict(enrollment.messages)
        self.path = list(enrollment.path)
        self.effects: list[Effect] = []

    def run(self) -> tuple[Enrollment, tuple[Effect, ...]]:
        over = self.over()
        if over is not None:
            return self.end(over)
        remaining = list(self.journey.steps)
        if self.before.waiting is not None:
            found = after(self.journey.steps, self.before.waiting.step)
            wait, remaining = found or (None, [])
            if not isinstance(wait, Wait):
                raise Unreadable(f"no wait {self.before.waiting.step!r} in journey {self.before.journey!r}")
            outcome = self.outcome(wait, self.before.waiting)
            if outcome is None:
                return self.stay(wait, self.before.waiting)
            self.passed(wait, outcome)
        return self.walk(remaining)

    def walk(self, remaining: list[Step]) -> tuple[Enrollment, tuple[Effect, ...]]:
        while remaining:
            step = remaining.pop(0)
            match step:
                case Send():
                    self.send(step)
                case TagStep():
                    self.tag(step)
                    # What was just put on may be what the exit rule looks for.
                    over = self.over()
                    if over is not None:
                        return self.end(over)
                case If():
                    holds = self.verdict(step.if_).holds
                    self.passed(step, "then" if holds else "else")
                    remaining = [*(step.then if holds else step.else_), *remaining]
                case Wait():
                    if not (isinstance(step.wait, Until) and self.awaited(step.wait).holds):
                        return self.stop(step)
                    self.passed(step, "until")
                case Exit():
                    self.passed(step, "exit")
                    return self.end("exited")
                case _:
                    assert_never(step)
        return self.end("done")

    def send(self, step: Send) -> None:
        # A tree has no loops: each step is visited once in a run.
        message = message_id(self.before.id, step.id, 0)
        self.messages[step.id] = message
        topic = step.topic or self.journey.topic
        channel, template = channel_and_template(step.send)
        self.effects.append(SendMessage(message, step.id, template, topic, self.now, channel))
        self.passed(step, "sent")

    def tag(self, step: TagStep) -> None:
        event = digest("tag", self.before.id, step.id)
        self.effects.append(AddTag(event, step.id, step.tag, self.now))
        self.passed(step, "tagged")
        self.contact = _with_tag(self.contact, step.tag, self.now)

    def verdict(self, condition: Condition, since: int = 0) -> Verdict:
        seen = Seen(self.contact, self.release, self.messages, since)
        return evaluate(condition, seen, self.now)

    def awaited(self, wait: Until) -> Verdict:
        return self.verdict(wait.until, since=self.before.entered)

    def over(self) -> State | None:
        """The state in which the run ends at once: its goal is reached, or its exit rule holds."""
        goal = self.journey.goal
        if goal is not None:
            moments = self.contact.state.facts.newest.get(counter_id(goal), ())
            if any(moment.at > self.before.entered for moment in moments):
                return "goal"
        if self.journey.exit is not None and self.verdict(self.journey.exit).holds:
            return "exited"
        return None

    def outcome(self, wait: Wait, waiting: Waiting) -> str | None:
        """How the wait ended, or None while it goes on."""
        if isinstance(wait.wait, Until):
            if self.awaited(wait.wait).holds:
                return "until"
            return "limit" if self.now >= waiting.deadline else None
        return "passed" if self.now >= waiting.deadline else None

    def alarm(self, wait: Wait, deadline: int) -> int:
        """The earliest moment at which time alone may end the wait or the run."""
        exits = self.verdict(self.journey.exit).until if self.journey.exit is not None else None
        ends = self.awaited(wait.wait).until if isinstance(wait.wait, Until) else None
        flip = earliest([exits, ends])
        return deadline if flip is None else min(deadline, flip)

    def stop(self, wait: Wait) -> tuple[Enrollment, tuple[Effect, ...]]:
        length = wait.wait.at_most if isinstance(wait.wait, Until) else wait.wait
        deadline = self.now + length * 1000
        waiting = Waiting(wait.id, self.now, deadline, self.alarm(wait, deadline))
        clock = self.before.clock
        if clock == 0:
            clock = 1
            self.effects.append(StartClock(clock))
        return self.result(replace(self.before, waiting=waiting, clock=clock))

    def stay(self, wait: Wait, waiting: Waiting) -> tuple[Enrollment, tuple[Effect, ...]]:
        # Moved earlier at once, later only when it was reached: most events move nothing.
        alarm = self.alarm(wait, waiting.deadline)
        if alarm >= waiting.alarm > self.now:
            return self.before, ()
        return self.result(replace(self.before, waiting=replace(waiting, alarm=alarm)))

    def end(self, state: State) -> tuple[Enrollment, tuple[Effect, ...]]:
        if state == "goal":
            self.effects.append(ReachGoal(digest("goal", self.before.id), self.now))
        if watches(self.journey):
            self.effects.append(Unwatch())
        return self.result(replace(self.before, state=state, ended=self.now, waiting=None))

    def passed(self, step: Step, outcome: str) -> None:
        self.path.append(Passage(step.id, self.now, outcome))

    def result(self, enrollment: Enrollment) -> tuple[Enrollment, tuple[Effect, ...]]:
        moved = replace(
            enrollment,
            turn=self.before.turn + 1,
            messages=self.messages,
            path=tuple(self.path[-PATH_KEPT:]),
            todo=(),
        )
        return moved, tuple(self.effects)
