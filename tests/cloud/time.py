"""A clock that only moves when it is read or told to: the same test, the same times."""

from typing import Any

from functions import clock

START = 1_795_500_000_000
"""Tuesday, 24 November 2026, 09:00 in Istanbul."""


class Clock:
    """Stands in for the one adapter through which functions get the time (ms)."""

    def __init__(self, start: int = START) -> None:
        self.now = start
        self._real: Any = None

    def install(self) -> None:
        """Give functions this time."""
        self._real = self._real or (clock.now_ms, clock.monotonic, clock.sleep)
        clock.now_ms = self.tick  # type: ignore[assignment]
        clock.monotonic = lambda: self.tick() / 1000
        clock.sleep = self.sleep

    def uninstall(self) -> None:
        """Give functions the time of day again."""
        clock.now_ms, clock.monotonic, clock.sleep = self._real

    def tick(self) -> int:
        """The time, a millisecond later than when last asked."""
        self.now += 1
        return self.now

    def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.now += int(seconds * 1000)
