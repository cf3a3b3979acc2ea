"""Waiting for a condition, never for a length of time."""

import time
from collections.abc import Callable


def until(condition: Callable[[], object], seconds: float, what: str, every: float = 0.02) -> None:
    """Return as soon as `condition` holds; TimeoutError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(every)
