"""`advance`: the one interpreter of journeys, for production, scenarios, replay and forecast.

Pure. It runs every step that needs no waiting, stops only at a wait, and decides by what is
due and true at `now`, never by who woke it. An event that a wait or the goal asks for,
without a window, must come after entry, and in a repeated part after its turn began; branches and the exit
rule look at all that ever happened.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from functions.core.acting import act
from functions.core.conditions import Condition
from functions.core.contact import Contact
from functions.core.counters import counter_id
from functions.core.days import EPOCH, midnight
from functions.core.effects import Effect, ReachGoal, StartClock, Unwatch
from functions.core.enrollment import (
    LEAVE,
    PATH_KEPT,
    Enrollment,
    Passage,
    Place,
    State,
    Turns,
    Waiting,
    is_open,
    watches,
)
from functions.core.evaluate import Seen, Verdict, earliest, evaluate
from functions.core.ids import chance, digest
from functions.core.journey import Journey
from functions.core.release import Release
from functions.core.steps import Acting, Exit, Holdout, If, Repeat, Split, Step, Switch, TagStep, Untag, Update, Wait
from functions.core.taken import changed_by, known_to, with_step
from functions.core.tree import walk, ways
from functions.core.waits import Ended, Standing, look

AGAIN: Final = "again"
"""Outcome of a repeated part whose next turn begins."""
TURN_MS: Final = 60_000
"""A turn of a repeated part that took no time is followed by the next one after so long."""

ZoneOf = Callable[[Contact], str]
"""Tells the time zone in which a contact lives."""


class Unreadable(ValueError):
    """An enrollment stands at a step that its release doesn't have, which no retry can mend."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Stands for what comes after a turn of a repeated part: perhaps the next."""

    repeat: Repeat


Next = Step | Turn


def advance(
    journey: Journey,
    enrollment: Enrollment,
    contact: Contact,
    release: Release,
    now: int,
    zone_of: ZoneOf | None = None,
) -> tuple[Enrollment, tuple[Effect, ...]]:
    """The enrollment after everything that is due and true at `now` (ms), and what is to be done.

    The very same enrollment and no effects where nothing changes. Effects that `enrollment`
    still has to do are the caller's to perform first; the result has none. Without `zone_of` the contact's
    clock is the business's.
    """
    if not enrollment.active:
        return enrollment, ()
    return _Advance(journey, enrollment, contact, release, now, zone_of).run()


def after(steps: Sequence[Step], step: str) -> tuple[Step, list[Next]] | None:
    """The step of that id in a tree, and all that follows it up to the end; None if it isn't there."""
    for place, one in enumerate(steps):
        rest: list[Next] = list(steps[place + 1 :])
        if one.id == step:
            return one, rest
        for _, _, inside in ways(one):
            found = after(inside, step)
            if found is not None:
                turn: list[Next] = [Turn(one)] if isinstance(one, Repeat) else []
                return found[0], [*found[1], *turn, *rest]
    return None


def awaited_since(journey: Journey, turns: Mapping[str, Turns], entered: int, step: str) -> int:
    """The moment (ms) after which what a step waits for must happen: entry, or the turn's beginning around it."""
    repeat = journey.repeated.get(step)
    return entered if repeat is None or repeat not in turns else max(entered, turns[repeat].began)


class _Advance:
    """One advance under way."""

    def __init__(
        self,
        journey: Journey,
        enrollment: Enrollment,
        contact: Contact,
        release: Release,
        now: int,
        zone_of: ZoneOf | None,
    ) -> None:
        self.journey = journey
        self.before = enrollment
        self.contact = known_to(contact, journey, enrollment)
        self.release = release
        self.now = now
        self.zone = release.sending.business.time_zone
        self.zone_of = zone_of or (lambda _: self.zone)
        self.messages = dict(enrollment.messages)
        self.turns = dict(enrollment.turns)
        self.path = list(enrollment.path)
        self.effects: list[Effect] = []
        self.turned: set[str] = set()

    def run(self) -> tuple[Enrollment, tuple[Effect, ...]]:
        over = self.over()
        if over is not None:
            return self.end(over)
        place = self.before.place
        if place is not None:
            return self.end("exited") if place.step == LEAVE else self.walk(self.following(place))
        waiting = self.before.waiting
        if waiting is None:
            return self.walk(list(self.journey.steps))
        found = after(self.journey.steps, waiting.step)
        step, remaining = found or (None, [])
        if isinstance(step, Repeat):
            if self.now < waiting.deadline:
                return self.stay(waiting, waiting.deadline, None)
            return self.walk([Turn(step), *remaining])
        if not isinstance(step, Wait):
            raise Unreadable(f"no wait {waiting.step!r} in journey {self.before.journey!r}")
        match self.look(step, waiting):
            case Ended(outcome):
                self.passed(step, outcome)
                return self.walk(remaining)
            case Standing(deadline, until):
                return self.stay(waiting, deadline, until)

    def following(self, place: Place) -> list[Next]:
        """What comes next where somebody put the run."""
        found = after(self.journey.steps, place.step)
        if found is None:
            raise Unreadable(f"no step {place.step!r} in journey {self.before.journey!r}")
        # Whoever is put into the middle of a repeated part is in a turn of it.
        repeat = self.journey.repeated.get(place.step)
        while repeat is not None:
            self.turns.setdefault(repeat, Turns(1, 1))
            repeat = self.journey.repeated.get(repeat)
        step, remaining = found
        return remaining if place.past else [step, *remaining]

    def walk(self, remaining: list[Next]) -> tuple[Enrollment, tuple[Effect, ...]]:
        while remaining:
            step = remaining.pop(0)
            match step:
                case Wait():
                    match self.look(step, None):
                        case Ended(outcome):
                            self.passed(step, outcome)
                        case Standing(deadline, until):
                            return self.stop(step.id, deadline, until)
                case Repeat():
                    self.turns[step.id] = Turns(self.turned_before(step).total, 0, self.now)
                    remaining.insert(0, Turn(step))
                case Turn(repeat):
                    what = self.turn(repeat)
                    if what is None:
                        return self.stop(repeat.id, self.now + TURN_MS, None)
                    self.passed(repeat, what)
                    if what == AGAIN:
                        remaining = [*repeat.repeat, step, *remaining]
                case If() | Switch() | Split():
                    way = self.way(step)
                    self.passed(step, way)
                    remaining = [*next(inside for _, name, inside in ways(step) if name == way), *remaining]
                case Holdout():
                    held = self.lot(step.id) < step.holdout * 100
                    self.passed(step, "held-out" if held else "goes-on")
                    if held:
                        return self.end("exited")
                case Exit():
                    self.passed(step, "exit")
                    return self.end("exited")
                case _:
                    self.act(step)
                    # What was just put on may be what the exit rule looks for.
                    over = self.over() if isinstance(step, TagStep | Untag | Update) else None
                    if over is not None:
                        return self.end(over)
        return self.end("done")

    def act(self, step: Acting) -> None:
        at = self.dated(step)
        acted = act(step, self.journey, self.before.id, self.visit(step.id), at)
        self.effects += acted.effects
        if acted.message is not None:
            self.messages[step.id] = acted.message
        self.path.append(Passage(step.id, at, acted.outcome))
        self.contact = with_step(self.contact, step, at)

    def dated(self, step: Acting) -> int:
        """When (ms) a step is said to be taken: now, but later than all that this run changed of the same before."""
        changed = changed_by(step)
        if not changed:
            return self.now
        same = {one.id for one in walk(self.journey.steps) if changed & changed_by(one)}
        return max([self.now, *(passed.at + 1 for passed in self.path if passed.step in same)])

    def visit(self, step: str) -> int:
        """How often this run came past a step before: as often as the part that repeats it was gone through."""
        repeat = self.journey.repeated.get(step)
        return 0 if repeat is None else self.turns[repeat].total - 1

    def way(self, step: If | Switch | Split) -> str:
        match step:
            case If():
                return "then" if self.verdict(step.if_).holds else "else"
            case Switch():
                holding = (one.id for one in step.switch if self.verdict(one.when).holds)
                return next(holding, "otherwise")
            case Split():
                lot = self.lot(step.id)
                for one in step.split:
                    if lot < one.percent * 100:
                        return one.id
                    lot -= one.percent * 100
                raise AssertionError("the ways make a hundred percent")
            case _:
                assert_never(step)

    def lot(self, step: str) -> int:
        return chance("lot", self.before.contact, self.before.journey, step)

    def turn(self, repeat: Repeat) -> str | None:
        """What becomes of a repeated part: again, until, enough; None where its next turn can't begin yet."""
        turns = self.turned_before(repeat)
        if repeat.until is not None and self.awaited(repeat.until, repeat.id).holds:
            return "until"
        if repeat.at_most is not None and turns.since >= repeat.at_most:
            return "enough"
        if repeat.id in self.turned:
            return None
        self.turned.add(repeat.id)
        self.turns[repeat.id] = Turns(turns.total + 1, turns.since + 1, self.now)
        return AGAIN

    def turned_before(self, repeat: Repeat) -> Turns:
        return self.turns.get(repeat.id, Turns(0, 0))

    def verdict(self, condition: Condition, since: int = 0) -> Verdict:
        seen = Seen(self.contact, self.release, self.messages, since)
        return evaluate(condition, seen, self.now)

    def awaited(self, condition: Condition, step: str) -> Verdict:
        return self.verdict(condition, awaited_since(self.journey, self.turns, self.before.entered, step))

    def over(self) -> State | None:
        """The state in which the run ends at once: its goal is reached, its exit rule holds, or its time is over."""
        goal = self.journey.goal
        if goal is not None:
            moments = self.contact.state.facts.newest.get(counter_id(goal), ())
            if any(moment.at > self.before.entered for moment in moments):
                return "goal"
        if not is_open(self.journey, self.now, self.zone):
            return "exited"
        if self.journey.exit is not None and self.verdict(self.journey.exit).holds:
            return "exited"
        return None

    def look(self, wait: Wait, waiting: Waiting | None) -> Ended | Standing:
        """Whether a wait is over; `waiting` where it was begun before."""
        return look(
            wait.wait,
            waiting,
            lambda condition: self.awaited(condition, wait.id),
            self.contact.profile,
            self.now,
            lambda: self.zone_of(self.contact),
        )

    def alarm(self, deadline: int, until: int | None) -> int:
        """The earliest moment at which time alone may end a stop or the run."""
        exits = self.verdict(self.journey.exit).until if self.journey.exit is not None else None
        ends = None if self.journey.ends is None else midnight(self.journey.ends.toordinal() - EPOCH, self.zone)
        flip = earliest([exits, ends, until])
        return deadline if flip is None else min(deadline, flip)

    def stop(self, step: str, deadline: int, until: int | None) -> tuple[Enrollment, tuple[Effect, ...]]:
        waiting = Waiting(step, self.now, deadline, self.alarm(deadline, until))
        clock = self.before.clock
        if clock == 0:
            clock = 1
            self.effects.append(StartClock(clock))
        return self.result(replace(self.before, waiting=waiting, clock=clock))

    def stay(self, waiting: Waiting, deadline: int, until: int | None) -> tuple[Enrollment, tuple[Effect, ...]]:
        # Moved earlier at once, later only when it was reached: most events move nothing.
        alarm = self.alarm(deadline, until)
        if deadline == waiting.deadline and alarm >= waiting.alarm > self.now:
            return self.before, ()
        return self.result(replace(self.before, waiting=replace(waiting, deadline=deadline, alarm=alarm)))

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
            turns=self.turns,
            path=tuple(self.path[-PATH_KEPT:]),
            place=None,
            todo=(),
            failure=None,
        )
        return moved, tuple(self.effects)
