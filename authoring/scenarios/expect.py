"""What differs between a life and what was expected of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from authoring.load import Path
from authoring.scenarios.model import Expected, LeadSeen, RunSeen, WaitSeen
from authoring.scenarios.moments import spelled
from authoring.scenarios.run import Life
from authoring.scenarios.world import Handed, Letter, Run, Stop
from functions.core.channels import BY_STAFF
from functions.core.enrollment import Passage
from functions.core.evaluate import trait_at
from functions.core.policy import REASONS


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is otherwise than expected, and where in the scenario that is written."""

    path: Path
    message: str


def differences(life: Life) -> list[Difference]:
    """Everything that is otherwise than expected, in the order that says most first."""
    if life.broken is not None:
        return [Difference(*life.broken)]
    return list(_Compared(life).all())


class _Compared:
    def __init__(self, life: Life) -> None:
        self.life = life
        self.expect = life.scenario.expect

    def all(self) -> Iterator[Difference]:
        expect, life = self.expect, self.life
        if expect.entered is not None and expect.entered != bool(life.runs):
            said = "is entered" if life.runs else "is never entered"
            yield Difference(("expect", "entered"), f"the journey {said}")
        yield from self._runs()
        if expect.messages is not None:
            yield from self._messages(expect.messages)
        if expect.leads is not None:
            yield from self._leads(expect.leads)
        facts = life.world.contact.state.facts
        held = {tag for tag, (_, present) in facts.tags.items() if present}
        for place, tag in enumerate(expect.tags):
            if tag not in held:
                yield Difference(("expect", "tags", place), f"they don't have the tag {tag}{_those(held)}")
        for place, tag in enumerate(expect.without_tags):
            if tag in held:
                yield Difference(("expect", "without_tags", place), f"they have the tag {tag}")
        for name, wanted in expect.traits.items():
            value = trait_at(life.world.contact.profile, name)
            if value != wanted:
                yield Difference(("expect", "traits", name), f"{name} is {_shown(value)}, not {_shown(wanted)}")

    def _runs(self) -> Iterator[Difference]:
        expect, runs = self.expect, self.life.runs
        one = RunSeen(path=expect.path, waits=expect.waits, ends=expect.ends, ends_at=expect.ends_at)
        if one != RunSeen():
            if len(runs) == 1:
                yield from self._run(one, runs[0], ("expect",))
            else:
                key = next(name for name in ("path", "waits", "ends", "ends_at") if getattr(one, name))
                what = "is never entered" if not runs else f"is entered {len(runs)} times: say each under runs"
                yield Difference(("expect", key), f"the journey {what}")
        for place, (wanted, run) in enumerate(zip_longest(expect.runs or (), runs if expect.runs is not None else ())):
            here: Path = ("expect", "runs", place)
            if run is None:
                yield Difference(here, f"there is no such run: the journey is entered {_times(len(runs))}")
            elif wanted is None:
                yield Difference(("expect", "runs"), f"there is one more run, entered {self._at(run.enrollment.begun)}")
            else:
                yield from self._run(wanted, run, here)

    def _run(self, wanted: RunSeen, run: Run, here: Path) -> Iterator[Difference]:
        if wanted.path is not None:
            yield from self._path(wanted.path, run.path, (*here, "path"))
        yield from self._waits(wanted.waits, run.stops, (*here, "waits"))
        state = "waiting" if run.enrollment.active else run.enrollment.state
        if wanted.ends is not None and wanted.ends != state:
            at = run.enrollment.waiting
            where = f" at {at.step}" if at else ""
            yield Difference((*here, "ends"), f"it {'is still' if at else 'ends'} {state}{where}, not {wanted.ends}")
        if wanted.ends_at is not None:
            ended = run.enrollment.ended
            if ended is None:
                yield Difference((*here, "ends_at"), "it goes on")
            else:
                yield from self._when(wanted.ends_at, ended, (*here, "ends_at"), "it ends")

    def _path(
        self, wanted: Sequence[str | dict[str, str]], path: Sequence[Passage], here: Path
    ) -> Iterator[Difference]:
        for place, (one, passed) in enumerate(zip_longest(wanted, path)):
            if passed is None:
                yield Difference((*here, place), f"it does not come to {_step(one)}")
                return
            taken = f"{passed.step}: {passed.outcome} ({self._at(passed.at)})"
            if one is None:
                yield Difference(here, f"it goes on to {taken}")
                return
            expected = [(one, passed.outcome)] if isinstance(one, str) else list(one.items())
            if expected != [(passed.step, passed.outcome)]:
                yield Difference((*here, place), f"it takes {taken}, not {_step(one)}")
                return

    def _waits(self, wanted: Sequence[WaitSeen], stops: Sequence[Stop], here: Path) -> Iterator[Difference]:
        named = {one.step for one in wanted}
        met = [stop for stop in stops if stop.step in named]
        for place, (one, stop) in enumerate(zip_longest(wanted, met)):
            if one is None:
                yield Difference(here, f"it also waits at {stop.step}, {self._at(stop.at)}")
                return
            if stop is None or stop.step != one.step:
                instead = f", but at {stop.step}" if stop else ""
                yield Difference((*here, place), f"it does not wait at {one.step}{instead}")
                return
            if one.at is not None:
                yield from self._when(one.at, stop.at, (*here, place, "at"), f"the wait {one.step} begins")
            if one.until is not None:
                yield from self._when(one.until, stop.until, (*here, place, "until"), f"{one.step} waits until")

    def _messages(self, wanted: Sequence[Expected]) -> Iterator[Difference]:
        here: Path = ("expect", "messages")
        named = any(one.staff is not None for one in wanted)
        letters = [one for one in self.life.letters if named or one.message.channel != BY_STAFF]
        for place, (one, letter) in enumerate(zip_longest(wanted, letters)):
            if one is None:
                yield Difference(here, f"one message more: {self._letter(letter)}")
                return
            if letter is None:
                yield Difference((*here, place), f"{' '.join(one.what)} is not sent")
                return
            if one.what != (letter.message.channel, letter.message.template):
                yield Difference((*here, place), f"{self._letter(letter)}, and not {' '.join(one.what)}")
                return
            yield from self._letter_differs(one, letter, (*here, place))

    def _letter_differs(self, one: Expected, letter: Letter, here: Path) -> Iterator[Difference]:
        if one.withheld is not None and letter.reason != one.withheld:
            yield Difference((*here, "withheld"), f"{self._letter(letter)}, not withheld for {one.withheld}")
            return
        if one.withheld is None and letter.state != "sent":
            yield Difference(here, self._letter(letter))
            return
        if one.at is not None:
            within = (one.within or 0) * 1000
            yield from self._when(one.at, letter.at, (*here, "at"), f"{letter.message.template} goes out", within)
        if one.subject is not None and one.subject not in letter.said.subject:
            yield Difference((*here, "subject"), f'its subject is "{letter.said.subject}"')
        if one.text is not None and one.text not in letter.said.text:
            yield Difference((*here, "text"), f"{letter.message.template} does not say it")

    def _leads(self, wanted: Sequence[LeadSeen]) -> Iterator[Difference]:
        here: Path = ("expect", "leads")
        handed = [lead for lead in self.life.world.leads if lead.journey == self.life.journey]
        for place, (one, lead) in enumerate(zip_longest(wanted, handed)):
            if one is None:
                yield Difference(here, f"one lead more, to {lead.effect.to}: {lead.effect.reason}")
                return
            if lead is None:
                yield Difference((*here, place), f"nothing is handed to {one.to}")
                return
            yield from self._lead(one, lead, (*here, place))

    def _lead(self, one: LeadSeen, lead: Handed, here: Path) -> Iterator[Difference]:
        if one.to != lead.effect.to:
            yield Difference((*here, "to"), f"it is handed to {lead.effect.to}")
        if one.reason is not None and one.reason not in lead.effect.reason:
            yield Difference((*here, "reason"), f'the reason is "{lead.effect.reason}"')
        if one.at is not None:
            yield from self._when(one.at, lead.at, (*here, "at"), "it is handed over")

    def _when(self, wanted: str, at: int, here: Path, what: str, within: int = 0) -> Iterator[Difference]:
        # What the clock decides is rounded up to whole seconds.
        if abs(at - self.life.at(wanted)) > max(within, 999):
            yield Difference(here, f"{what} {self._at(at)}, not {wanted}")

    def _letter(self, letter: Letter) -> str:
        what = f"{letter.message.channel} {letter.message.template}"
        match letter.state:
            case "sent":
                return f"{what} is sent {self._at(letter.at)}"
            case "withheld":
                why = REASONS.get(letter.reason, "").rstrip(".") + (f" ({letter.detail})" if letter.detail else "")
                return f"{what} is withheld {self._at(letter.at)}: {letter.reason}. {why}"
            case _:
                return f"{what} still waits: {letter.reason}"

    def _at(self, at: int) -> str:
        return spelled(at, self.life.world.start, self.life.world.zone)


def _step(one: str | dict[str, str] | None) -> str:
    return one if isinstance(one, str) else ", ".join(f"{step}: {outcome}" for step, outcome in (one or {}).items())


def _times(number: int) -> str:
    return "never" if number == 0 else "once" if number == 1 else f"{number} times"


def _those(held: set[str]) -> str:
    return f", only {', '.join(sorted(held))}" if held else ""


def _shown(value: object) -> str:
    return "unknown" if value is None else f'"{value}"' if isinstance(value, str) else str(value).lower()
