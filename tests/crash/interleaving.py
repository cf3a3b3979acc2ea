"""Two handlers at once: one is held before each of its AWS calls in turn while the other runs through.

Whatever the moment, the end must be one that the two, one after the other, could have reached.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from local.emulator import EmulatorProcess
from tests.cloud import Call, Cloud
from tests.crash.ending import Ending, ending
from tests.crash.scenarios import wait
from tests.scale import scaled

Act = Callable[[Cloud], object]
PATIENCE_S = 60
AFTERWARDS = 1_000_000
"""No handler makes so many calls: it is through before the other begins."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """`held` is interrupted by `other`, after `before`; some hours and some days follow."""

    name: str
    before: Act
    held: Act
    other: Act


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a meeting: after two hours, when nothing may hang on a clock, and in the end."""

    soon: Ending
    end: Ending

    def differences(self, other: "Outcome") -> list[str]:
        soon = [f"soon {difference}" for difference in self.soon.differences(other.soon)]
        return [*soon, *self.end.differences(other.end)]


@dataclass(slots=True)
class _Hold:
    """Holds one thread before its `number`-th call."""

    number: int
    thread: threading.Thread | None = None
    made: int = 0
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def before(self, call: Call) -> None:
        if threading.current_thread() is not self.thread:
            return
        self.made += 1
        if self.made == self.number:
            self.reached.set()
            assert self.released.wait(PATIENCE_S)

    def after(self, call: Call) -> None:
        pass

    def repeat(self, call: Call) -> bool:
        return False


def meet(emulator: EmulatorProcess, meeting: Meeting, number: int) -> tuple[Outcome, int]:
    """What comes of a meeting before the held handler's `number`-th call (0: the other goes first),
    and how many calls the held one made (0 if it was not held)."""
    with Cloud(emulator) as cloud:
        meeting.before(cloud)
        made = 0
        if number == 0:
            meeting.other(cloud)
            meeting.held(cloud)
        else:
            made = interrupt(cloud, meeting, number)
        wait(cloud)
        soon = ending(cloud)
        wait(cloud, days=5)
        return Outcome(soon, ending(cloud)), made


def interrupt(cloud: Cloud, meeting: Meeting, number: int) -> int:
    """Let the other run through before the held one's `number`-th call; how many calls the held one made."""
    hold = _Hold(number)
    failed: list[BaseException] = []

    def held() -> None:
        try:
            meeting.held(cloud)
        except BaseException as error:
            failed.append(error)
        finally:
            hold.reached.set()

    hold.thread = threading.Thread(target=held)
    with cloud.watched(hold):
        hold.thread.start()
        assert hold.reached.wait(PATIENCE_S)
        try:
            meeting.other(cloud)
        finally:
            hold.released.set()
            hold.thread.join(PATIENCE_S)
    assert not failed, failed
    return hold.made


def sweep(emulator: EmulatorProcess, meeting: Meeting) -> tuple[int, list[str]]:
    """A meeting before each call of the held handler, in the small size before three of them:
    how many that were, and ends that no order explains."""
    first, _ = meet(emulator, meeting, 0)
    last, calls = meet(emulator, meeting, AFTERWARDS)
    for end in (first.end, last.end):
        assert (end.repeated, end.against_will, end.aside) == ((), (), 0), end
    at_most = scaled(3)
    numbers: Sequence[int] = range(1, calls + 1)
    if calls > at_most:
        numbers = [1 + place * calls // at_most for place in range(at_most)]
    wrong = []
    for number in numbers:
        found, _ = meet(emulator, meeting, number)
        differences = min(first.differences(found), last.differences(found), key=len)
        if differences:
            wrong.append("\n    ".join([f"{meeting.name}, held before call {number}", *differences]))
    return len(numbers), wrong
