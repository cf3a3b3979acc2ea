"""Pacing: how long a worker holds a message back so that all keep to the configured rate."""

from typing import Final

WORKERS: Final = 2
"""How many workers the queue feeds at once (the event source's maximum concurrency)."""


def pace(rate_per_second: float, last: float | None, now: float) -> float:
    """Seconds to wait at `now` after this worker's last send, so that WORKERS together keep the rate."""
    if last is None:
        return 0.0
    return max(0.0, last + WORKERS / rate_per_second - now)
