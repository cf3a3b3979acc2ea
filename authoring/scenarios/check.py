"""Checks of scenarios against everything that is defined: a name that isn't there would only make them fail."""

from collections.abc import Collection, Iterator, Mapping
from typing import assert_never

from authoring import channels
from authoring.asking import Asking
from authoring.definitions import Definitions, duplicates, unknown
from authoring.load import Document, Path
from authoring.problems import Problem, choose
from authoring.scenarios import model
from authoring.scenarios.coverage import outcomes
from authoring.scenarios.run import chances, ways_of
from functions.core.channels import BY_STAFF
from functions.core.journey import Journey
from functions.core.steps import Step
from functions.core.tree import walk


def check(known: Definitions, wrong: Collection[str]) -> Iterator[Problem]:
    """What scenarios refer to that isn't there; not those of journeys whose files are among the `wrong` ones."""
    for document, written in known.scenarios.values():
        yield from unknown(document, ("journey",), "journey", written.journey, known.journey_names)
        names: list[tuple[Path, str]] = [
            (("scenarios", i, "name"), one.name) for i, one in enumerate(written.scenarios)
        ]
        yield from duplicates(document, names, word="name")
        if written.journey in known.journeys and known.journeys[written.journey][0].file not in wrong:
            journey = known.journeys[written.journey][1]
            for place, scenario in enumerate(written.scenarios):
                yield from _Checked(document, ("scenarios", place), scenario, journey, known).all()


class _Checked:
    def __init__(
        self, document: Document, path: Path, scenario: model.Scenario, journey: Journey, known: Definitions
    ) -> None:
        self.document = document
        self.path = path
        self.scenario = scenario
        self.known = known
        self.asking = Asking(known)
        self.steps: Mapping[str, Step] = {step.id: step for step in walk(journey.steps)}
        self.chances = {step.id: ways_of(step) for step in chances(journey)}

    def all(self) -> Iterator[Problem]:
        for place, topic in enumerate(self.scenario.contact.consents):
            yield from self.asking.topic(self.document, (*self.path, "contact", "consents", place), topic)
        for step, way in self.scenario.by_chance.items():
            yield from self._chance(step, way, (*self.path, "by_chance", step))
        for place, one in enumerate(self.scenario.events):
            yield from self._happening(one, (*self.path, "events", place))
        expect, here = self.scenario.expect, (*self.path, "expect")
        for place, message in enumerate(expect.messages or ()):
            yield from self._message(message, (*here, "messages", place))
        for run, where in [(expect, here), *((run, (*here, "runs", i)) for i, run in enumerate(expect.runs or ()))]:
            yield from self._run(run, where)

    def _chance(self, step: str, way: str, path: Path) -> Iterator[Problem]:
        if step not in self.chances:
            mend = self._renamed(step) or choose(step, self.chances, none="The journey has no split and no holdout")
            yield self.document.problem(
                path, f'"{step}" is no split and no holdout', mend, key=True, code="unknown-step"
            )
        elif way not in self.chances[step]:
            mend = choose(way, self.chances[step], none="")
            yield self.document.problem(path, f'chance never takes the way "{way}" there', mend, code="unknown-way")

    def _happening(self, one: model.AnyHappening, path: Path) -> Iterator[Problem]:
        match one:
            case model.FormSent():
                yield from self._form((*path, "form"), one.form)
            case model.Confirmed():
                yield from self._form((*path, "confirmed"), one.confirmed)
            case model.Opened():
                yield from self._step(one.opened, (*path, "opened"))
            case model.Clicked():
                yield from self._step(one.clicked, (*path, "clicked"))
            case model.Bounced():
                yield from self._step(one.bounced, (*path, "bounced"))
            case model.Unsubscribed():
                if one.unsubscribed != "everything":
                    yield from self.asking.topic(self.document, (*path, "unsubscribed"), one.unsubscribed)
            case model.JourneyAsked():
                names = self.known.journey_names
                yield from unknown(self.document, (*path, "requested"), "journey", one.requested, names)
            case model.Event() | model.Known() | model.Tagged() | model.Untagged():
                pass
            case _:
                assert_never(one)

    def _form(self, path: Path, name: str) -> Iterator[Problem]:
        yield from unknown(self.document, path, "form", name, self.known.form_names)

    def _step(self, name: str, path: Path) -> Iterator[Problem]:
        if name not in self.steps:
            mend = self._renamed(name) or choose(name, self.steps, none="")
            yield self.document.problem(path, f'unknown step "{name}"', mend, code="unknown-step")

    def _renamed(self, name: str) -> str:
        """The mend where a step had that name before, "" where none had it."""
        now = next((step.id for step in self.steps.values() if name in step.was), None)
        return f'It is called "{now}" now: write that here' if now else ""

    def _message(self, message: model.Expected, path: Path) -> Iterator[Problem]:
        channel, template = message.what
        if channel == BY_STAFF:
            yield from self._step(template, (*path, channel))
            return
        names, mend = channels.names_of(self.known, channel), channels.missing(channel, template)
        yield from unknown(self.document, (*path, channel), "template", template, names, none=mend)

    def _run(self, run: model.RunSeen, path: Path) -> Iterator[Problem]:
        for place, wait in enumerate(run.waits):
            yield from self._step(wait.step, (*path, "waits", place, "step"))
        for place, passed in enumerate(run.path or ()):
            here: Path = (*path, "path", place)
            if isinstance(passed, str):
                yield from self._step(passed, here)
                continue
            for name, outcome in passed.items():
                problems = list(self._step(name, here))
                yield from problems
                known = [] if problems else outcomes(self.steps[name])
                if known and outcome not in known:
                    message = f'step "{name}" is never passed by "{outcome}"'
                    yield self.document.problem(
                        (*here, name), message, choose(outcome, known, none=""), code="unknown-way"
                    )
