"""The crash sweep: each story told once without a fault, then once for each fault at each AWS call.

    python -m tests.crash.sweep [story …]

Whatever was struck is delivered again as AWS would: the same records, mixed across keys, or
twice. In the end all must stand as if nothing had happened.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from functions.aws import session
from local import emulator as launcher
from local.emulator import EmulatorProcess
from tests.cloud import Call, Cloud
from tests.cloud.shuffle import REDELIVERIES, Redelivery
from tests.crash import journeys, scenarios
from tests.crash.ending import Ending, ending
from tests.crash.faults import Count, Fault, Mode, modes
from tests.crash.scenarios import Scenario
from tests.scale import SCALE

SCENARIOS = (*scenarios.SCENARIOS, *journeys.SCENARIOS)
LIKE = 2
"""Calls whose last so many, with themselves, are the same are made at the same place of the code."""


@dataclass(slots=True)
class Report:
    """What the sweep found. `points` counts faults per handler; `lost` and `twice` the tellings in
    which something went missing or came about twice; `miscounted` those after which
    an audit finds numbers of reports that are not what is stored; `unknown` those that left a marketing message
    unknown, as is allowed, and listed it. `alike` were passed over: in the small size a call is
    struck once, not again where it follows the same call of the same handler."""

    points: Counter[str] = field(default_factory=Counter)
    alike: int = 0
    lost: int = 0
    twice: int = 0
    unknown: int = 0
    miscounted: int = 0
    seconds: float = 0
    failures: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.points.values())

    def __str__(self) -> str:
        rooms = "\n".join(f"  {room:14}{count:6}" for room, count in sorted(self.points.items()))
        return (
            f"fault points for each handler:\n{rooms}\n  {'all':14}{self.total:6}\n"
            f"passed over as alike {self.alike}\n"
            f"lost {self.lost}, twice {self.twice}, miscounted {self.miscounted}, "
            f"left unknown and listed {self.unknown} ({self.seconds:.0f} s)"
        )


@dataclass(slots=True)
class _Teller:
    """Tells one scenario, in one emulator."""

    emulator: EmulatorProcess
    scenario: Scenario
    references: dict[tuple[str, ...], Ending] = field(default_factory=dict)

    def count(self) -> list[Call]:
        """The faultless telling: its end, and every call in it."""
        watch = Count()
        with Cloud(self.emulator) as cloud, cloud.watched(watch):
            self.scenario.tell(cloud)
            assert cloud.failures == [], cloud.failures
            found = self.references[()] = ending(cloud)
            assert (found.repeated, found.unknown, found.against_will, found.aside) == ((), (), (), 0), found
            assert found.miscounted == (), found.miscounted
        return watch.calls

    def tell(self, fault: Fault, redelivery: Redelivery) -> tuple[Ending, list[str]]:
        """A telling with a fault: its end, and what differs from how it should have ended."""
        with Cloud(self.emulator) as cloud, cloud.watched(fault):
            cloud.redelivery = redelivery
            self.scenario.tell(cloud)
            assert fault.struck is not None, f"{self.scenario.name}: {fault} never came to pass"
            found = ending(cloud)
        return found, self.reference(found.unknown).differences(found)

    def reference(self, unknown: tuple[str, ...]) -> Ending:
        """How the story ends where SES never answered about these messages, and did not take them."""
        if unknown not in self.references:
            with Cloud(self.emulator) as cloud:
                cloud.swallowed = set(unknown)
                self.scenario.tell(cloud)
                self.references[unknown] = ending(cloud)
        return self.references[unknown]


def run(stories: Sequence[Scenario] = SCENARIOS, *, emulator: EmulatorProcess | None = None, stride: int = 1) -> Report:
    """Sweep through stories, every `stride`-th fault. Prints nothing; starts an emulator where none is given."""
    if emulator is None:
        with tempfile.TemporaryDirectory() as folder, _started(Path(folder)) as running:
            return run(stories, emulator=running, stride=stride)
    report, begun, paths = Report(), time.monotonic(), set[tuple[Mode, tuple[str, ...]]]()
    try:
        for scenario in stories:
            _sweep(_Teller(emulator, scenario), report, paths, stride)
    finally:
        session.reset()
    report.seconds = time.monotonic() - begun
    return report


def told_twice(emulator: EmulatorProcess, stories: Sequence[Scenario] = SCENARIOS) -> list[str]:
    """Each story with every delivery of AWS made twice: what ends otherwise than it should."""
    wrong = []
    for scenario in stories:
        teller = _Teller(emulator, scenario)
        teller.count()
        with Cloud(emulator) as cloud:
            cloud.duplicate = True
            scenario.tell(cloud)
            wrong += [f"{scenario.name} {one}" for one in teller.references[()].differences(ending(cloud))]
    return wrong


def _started(folder: Path) -> EmulatorProcess:
    return launcher.start(folder, lambdas=False, persist=False)


def _sweep(teller: _Teller, report: Report, paths: set[tuple[Mode, tuple[str, ...]]], stride: int) -> None:
    number = 0
    for call in teller.count():
        path = (call.handler, *call.path[-LIKE:])
        for mode in modes(call):
            number += 1
            if number % stride:
                continue
            if SCALE == 1 and (mode, path) in paths:
                report.alike += 1
                continue
            paths.add((mode, path))
            for redelivery in _redeliveries(number):
                fault = Fault(call.handler, call.number, mode)
                report.points[fault.handler] += 1
                found, differences = teller.tell(fault, redelivery)
                report.unknown += bool(found.unknown)
                report.miscounted += bool(found.miscounted)
                _judge(report, f"{teller.scenario.name}, {fault}, {redelivery.__name__}", differences, found)


def _redeliveries(number: int) -> Iterable[Redelivery]:
    # In the small size each fault is followed by one way of coming again, in turn.
    return REDELIVERIES if SCALE > 1 else REDELIVERIES[number % 3 : number % 3 + 1]


def _judge(report: Report, what: str, differences: list[str], found: Ending) -> None:
    if not differences:
        return
    more = [difference for difference in differences if _grew(difference)]
    report.twice += bool(more or found.repeated)
    report.lost += len(more) < len(differences)
    report.failures.append("\n    ".join([what, *differences]))


def _grew(difference: str) -> bool:
    """Whether there is more of something than without the fault."""
    here, _, there = difference.rpartition(": ")[2].partition(" → ")
    try:
        return int(there) > int(here if here != "None" else 0)
    except ValueError:
        return False


def main(names: Sequence[str]) -> Iterator[str]:
    """Sweep and say what came of it."""
    report = run([story for story in SCENARIOS if not names or story.name in names])
    yield from report.failures
    yield str(report)


if __name__ == "__main__":
    for line in main(sys.argv[1:]):
        print(line)
