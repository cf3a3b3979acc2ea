"""A measured deployment: the functions run in this process against real stores, every call counted.

Tables are the emulator's; queues, machine, mail and bus are played (see tests/cloud). Prices
are put on what was counted, never on what the emulator says.
"""

import contextlib
import io
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# What a function prints is part of its price, so it prints as it does in Lambda; in a test of ours as that says.
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Samovar")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "bench")
os.environ.setdefault("POWERTOOLS_METRICS_DISABLED", "false")
os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "INFO")

from bench.meter import Meter, Spent
from functions.aws import session
from functions.observability import logger
from local import emulator as launcher
from local.emulator import EmulatorProcess
from tests.cloud import Call, Cloud
from tests.inprocess import InProcess, running


@dataclass(slots=True)
class Work:
    """What one function did: invocations (of them by HTTP, by a queue), CPU seconds without the meter's own,
    calls by (service, operation), capacity, bytes printed."""

    invocations: int = 0
    http: int = 0
    queue: int = 0
    cpu: float = 0
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    spent: Spent = field(default_factory=Spent)
    printed: int = 0


class House(Cloud):
    """A cloud that keeps books for each function."""

    def __init__(self, emulator: EmulatorProcess | InProcess) -> None:
        self.work: dict[str, Work] = {}
        self.cpu: dict[str, float] = {}
        self.measuring = False
        self._acting: str | None = None
        super().__init__(emulator)  # type: ignore[arg-type]
        self.meter = Meter(emulator.client("dynamodb"), lambda: self._acting)
        self.meter.attach(session.client("dynamodb"))
        self.wire.watch = self

    def invoke(self, room: str, event: dict[str, Any]) -> Any:
        printed = io.StringIO()
        if not self.measuring:
            with contextlib.redirect_stdout(printed):
                return self._timed(room, event) if room in self.cpu else super().invoke(room, event)
        work = self.work.setdefault(room, Work())
        work.invocations += 1
        work.http += "requestContext" in event
        work.queue += event.get("Records", [{}])[0].get("eventSource") == "aws:sqs"
        outer, self._acting = self._acting, room
        logger.handlers[0].setStream(printed)  # type: ignore[attr-defined]
        begun = time.process_time() - self.meter.cpu
        try:
            with contextlib.redirect_stdout(printed):
                return super().invoke(room, event)
        finally:
            work.cpu += time.process_time() - self.meter.cpu - begun
            work.printed += len(printed.getvalue().encode())
            work.spent = self.meter.of(room)
            self._acting = outer

    def _timed(self, room: str, event: dict[str, Any]) -> Any:
        # Only with the store: nobody counts, and nothing is played.
        self.wire.detach()
        begun = time.process_time()
        try:
            return super().invoke(room, event)
        finally:
            self.cpu[room] += time.process_time() - begun
            self.wire.attach()
            # What was written while nobody counted is in the streams all the same.
            self.wire.writes += 1

    def before(self, call: Call) -> None:
        if self.measuring:
            self.work[call.handler].calls[call.service, call.operation] += 1

    def after(self, call: Call) -> None:
        pass

    def repeat(self, call: Call) -> bool:
        return False

    @contextlib.contextmanager
    def measured(self) -> Iterator[None]:
        """Inside the block everything is counted, from nothing."""
        self.work.clear()
        self.meter.clear()
        self.bus.clear()
        self.machines.transitions = 0
        self.measuring = True
        try:
            yield
        finally:
            self.measuring = False

    @contextlib.contextmanager
    def timed(self, *rooms: str) -> Iterator[dict[str, float]]:
        """Inside the block only the CPU seconds of these functions are taken; they may only use the store."""
        self.cpu = dict.fromkeys(rooms, 0.0)
        try:
            yield self.cpu
        finally:
            self.cpu = {}


@contextlib.contextmanager
def house() -> Iterator[House]:
    """A deployment of the demo business with empty tables."""
    with (
        tempfile.TemporaryDirectory() as folder,
        launcher.start(Path(folder), lambdas=False, persist=False) as emulator,
        House(emulator) as made,
    ):
        yield made
    session.reset()


@contextlib.contextmanager
def small_house() -> Iterator[House]:
    """The same with the emulator in this process, where only calls and units are counted: much is stored there at
    once (`InProcess.fill`), and no CPU is to be taken."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as emulator, House(emulator) as made:
        yield made
    session.reset()
