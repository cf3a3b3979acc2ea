"""What counting foretold of a campaign's run, for whoever decides whether it goes out. Pure."""

from collections.abc import Mapping

from functions.core.definition import spell_duration
from functions.core.runs import Run


def going(run: Run) -> int:
    """How many would get it: at once, or later."""
    return sum(many for name, many in run.counts.items() if name == "allow" or name.startswith("defer "))


def withheld(run: Run) -> Mapping[str, int]:
    """How many would not get it, by reason."""
    return _of(run, "withhold ")


def deferred(run: Run) -> Mapping[str, int]:
    """How many would get it later, by reason."""
    return _of(run, "defer ")


def lately(run: Run) -> Mapping[str, int]:
    """How many got how many messages lately, as far back as caps look."""
    return _of(run, "lately ")


def _of(run: Run, kind: str) -> Mapping[str, int]:
    return {name.removeprefix(kind): many for name, many in sorted(run.counts.items()) if name.startswith(kind)}


def in_about(seconds: int) -> str:
    """A length of time as people say it: to the minute, the hour, the day."""
    for unit in (86_400, 3_600, 60):
        if seconds >= 2 * unit:
            return f"about {spell_duration(round(seconds / unit) * unit)}"
    return "about a minute" if seconds >= 30 else "less than a minute"
