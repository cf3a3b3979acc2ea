"""How many faults were struck into AWS calls, and how many stories ended otherwise than without: see tests/crash."""

from bench.report import Say
from tests.crash import sweep

STRIDE = 6
"""Every so many faults; `python -m tests.crash.sweep` strikes all of them."""


def run(say: Say) -> dict[str, float]:
    """crash.points, .lost and .twice, and the points of each handler."""
    say(f"every {STRIDE}th fault of the crash sweep, in this process against the emulator's stores")
    report = sweep.run(stride=STRIDE)
    for failure in report.failures:
        say(failure)
    say(f"left unknown and listed, as is allowed: {report.unknown}")
    each = {f"crash.points.{room}": float(count) for room, count in sorted(report.points.items())}
    found = {"crash.points": report.total, "crash.lost": report.lost, "crash.twice": report.twice}
    return {name: float(value) for name, value in found.items()} | each
