"""The one place where time enters.

On one machine the clock can be moved: the local stack names a file that holds the
offset in milliseconds. Two locks keep that out of the cloud: the variable is never in
the synthesized template, and it is honoured only while AWS is a loopback address.
"""

import os
import time
from functools import cache
from urllib.parse import urlsplit

OFFSET_FILE = "SAMOVAR_LOCAL_CLOCK"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@cache
def _offset_file() -> str | None:
    path = os.environ.get(OFFSET_FILE)
    if path and urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname in _LOOPBACK:
        return path
    return None


def forget() -> None:
    """Look anew where the offset stands: this process works on another deployment now."""
    _offset_file.cache_clear()


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    now = time.time_ns() // 1_000_000
    path = _offset_file()
    if path is None:
        return now
    try:
        with open(path, encoding="ascii") as file:
            return now + int(file.read() or 0)
    except FileNotFoundError:
        return now


def monotonic() -> float:
    """Seconds of a clock that only measures spans."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Hold the caller: pacing and back-off only, never a way to wait for an event."""
    time.sleep(seconds)
