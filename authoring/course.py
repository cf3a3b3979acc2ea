"""How a person's journeys went: every run in words, what it waits for, and why others were never begun."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from authoring.kept_out import kept_out
from functions.core.advance import awaited_since
from functions.core.conditions import Condition
from functions.core.contact import Contact
from functions.core.enrollment import PATH_KEPT, Enrollment, Passage
from functions.core.evaluate import Seen
from functions.core.event import Event
from functions.core.journey import Journey
from functions.core.message import Message
from functions.core.policy import REASONS
from functions.core.release import Release
from functions.core.setback import in_words
from functions.core.steps import Repeat, Step, Wait
from functions.core.taken import known_to
from functions.core.telling import MERGERS, of_end, of_outcome, of_start, of_state, of_step
from functions.core.told import told
from functions.core.tree import asked_by, walk
from functions.core.views import iso
from functions.core.why import plain


class UnknownJourney(ValueError):
    """No journey has that id."""


class Course:
    """The journeys of one contact at `now` (ms).

    `events` are those that count, `releases` are by id: whoever is on the way stays on the release they entered
    with. Conditions are asked of what is known now, which may differ from what a step saw in its time.
    """

    def __init__(
        self,
        contact: Contact,
        live: Release,
        releases: Mapping[str, Release],
        runs: Iterable[Enrollment],
        messages: Iterable[Message],
        events: Sequence[Event],
        now: int,
    ) -> None:
        self.contact, self.live, self.releases, self.now = contact, live, releases, now
        self.runs = sorted(runs, key=lambda run: (run.entered, run.id))
        self.messages = list(messages)
        self.events = events

    def told(self, journey: str | None = None) -> list[dict[str, Any]]:
        """Every journey, or the one of that id; moments are UTC. Raises UnknownJourney."""
        journey = None if journey is None else self.live.first_name("journey", journey)
        names = list(dict.fromkeys([*self.live.journeys, *(run.journey for run in self.runs)]))
        if journey is not None and journey not in names:
            known = ", ".join(self.live.journeys) or "none is defined"
            raise UnknownJourney(f'there is no journey "{journey}": {known}')
        return [self._journey(name) for name in names if journey in (None, name)]

    def _journey(self, name: str) -> dict[str, Any]:
        rules = self.live.every_journey.get(name)
        runs = [run for run in self.runs if run.journey == name]
        out = [] if rules is None else kept_out(name, rules, self.contact, self.live, self.events, runs, self.now)
        return {
            "id": name,
            "called": self.live.present_name("journey", name),
            "title": rules.title if rules else "",
            "live": rules is not None,
            "starts": of_start(rules.start, self.live) if rules else None,
            "runs": [self._run(run) for run in runs],
            "kept_out": out,
        }

    def _run(self, run: Enrollment) -> dict[str, Any]:
        release = self.releases.get(run.release, self.live)
        journey = release.every_journey.get(run.journey)
        steps = {step.id: step for step in walk(journey.steps)} if journey else {}
        cause = next((event for event in self.events if event.ref == run.cause), None)
        end = of_end(journey, run.state, release) if journey and not run.active else ""
        return {
            "id": run.id,
            "key": run.key or None,
            "state": run.state,
            "says": of_state(run.state),
            "release": run.release,
            "entered": iso(run.entered),
            "ended": iso(run.ended) if run.ended else None,
            "ended_because": end if not _merged(run) else "",
            "cause": {"event": run.cause, "name": cause.name if cause else None},
            "earlier_steps_left_out": len(run.path) >= PATH_KEPT,
            "steps": [self._passed(one, steps.get(one.step), run, journey, release) for one in run.path],
            "waiting": self._waiting(run, steps, journey, release),
            "failure": failure_of(run),
        }

    def _passed(
        self, passed: Passage, step: Step | None, run: Enrollment, journey: Journey | None, release: Release
    ) -> dict[str, Any]:
        said: dict[str, Any] = {"step": passed.step, "at": iso(passed.at), "outcome": passed.outcome}
        if step is None or journey is None:
            return {**said, "says": MERGERS.get(passed.outcome, passed.outcome)}
        said["says"] = of_outcome(step, passed.outcome, release)
        if message := self._message(run, passed):
            said["message"] = message
        if asked := self._asked(step, run, journey, release):
            said["asked"] = asked
        return said

    def _message(self, run: Enrollment, passed: Passage) -> dict[str, Any] | None:
        of_step = [one for one in self.messages if (one.enrollment, one.step) == (run.id, passed.step)]
        found = next((one for one in of_step if one.created == passed.at), None)
        if found is None:
            found = next((one for one in of_step if one.id == run.messages.get(passed.step)), None)
        if found is None:
            return None
        return {
            "id": found.id,
            "state": found.state,
            "reason": found.reason or None,
            "why": REASONS.get(found.reason) if found.reason else None,
            "times": {state: iso(at) for state, at in found.times.items()},
        }

    def _waiting(
        self, run: Enrollment, steps: Mapping[str, Step], journey: Journey | None, release: Release
    ) -> dict[str, Any] | None:
        waiting = run.waiting
        if waiting is None:
            return None
        step = steps.get(waiting.step)
        return {
            "step": waiting.step,
            "says": of_step(step, release) if step else "",
            "since": iso(waiting.since),
            "until": iso(waiting.deadline),
            "looks_again": iso(waiting.alarm),
            "asked": self._asked(step, run, journey, release) if step and journey else [],
        }

    def _asked(self, step: Step, run: Enrollment, journey: Journey, release: Release) -> list[dict[str, Any]]:
        since = awaited_since(journey, run.turns, run.entered, step.id) if _awaits(step) else 0
        seen = Seen(known_to(self.contact, journey, run), release, run.messages, since)
        return [self._condition(condition, seen) for _, condition in asked_by(step)]

    def _condition(self, condition: Condition, seen: Seen) -> dict[str, Any]:
        return plain(told(condition, seen, self.now))


def failure_of(run: Enrollment) -> dict[str, Any] | None:
    """What keeps a run from going on, if anything does."""
    failure = run.failure
    if failure is None:
        return None
    return {
        "step": failure.step or None,
        "code": failure.code,
        "says": in_words(failure.code),
        "words": failure.words,
        "at": iso(failure.at),
        "tries": failure.tries,
        "aside": run.aside,
        "again": iso(failure.again) if failure.again is not None else None,
    }


def _awaits(step: Step) -> bool:
    return isinstance(step, Wait | Repeat)


def _merged(run: Enrollment) -> bool:
    return bool(run.path) and run.path[-1].outcome in MERGERS
