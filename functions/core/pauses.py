"""What holds messages back that are on their way: one big switch, a brake on marketing, single campaigns.

A pause loses nothing: what it holds is deferred, until it ends or the message's own time is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

EVERYTHING: Final = "everything"
MARKETING: Final = "marketing"
"""What can be paused beside campaigns' runs, which are named "campaign--ID/RUN" as messages name them."""

_NONE: Mapping[str, "Pause"] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when (ms), why in words, and by whom: a person's name, or "samovar". `until` ends it by itself
    (ms; None: a person does)."""

    since: int
    why: str
    by: str
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Pauses:
    """Everything that holds messages back now, and the campaigns' runs whose messages shall never go out."""

    version: int = 0
    held: Mapping[str, Pause] = field(default_factory=lambda: _NONE)
    cancelled: frozenset[str] = frozenset()

    def holding(self, place: str, *, transactional: bool, now: int) -> Pause | None:
        """What holds a message back that is sent by `place` ("journey/step") at `now` (ms)."""
        for name in (EVERYTHING, *(() if transactional else (MARKETING,)), place):
            pause = self.held.get(name)
            if pause is not None and (pause.until is None or pause.until > now):
                return pause
        return None
