"""A campaign's run as a state machine, and the pace at which its messages are decided.

    counting → holding → sending → done
        └─────────┴─────────┴────→ cancelled, expired, failed

Who may get it is settled while counting and never again. Being paused is no state: it is asked of the pauses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from types import MappingProxyType
from typing import Final, Literal

State = Literal["counting", "holding", "sending", "done", "cancelled", "expired", "failed"]
OPEN: Final[frozenset[State]] = frozenset({"counting", "holding", "sending"})

HEARTBEAT_MS: Final = 30 * 60_000
"""So often sweep makes sure that a run under way has somebody working on it."""
AHEAD_MS: Final = 60_000
"""So much of a run's sending is on the queue at most: a pause is felt within it."""
KEPT_S: Final = 90 * 86_400
"""So long a run is kept after it has ended."""

_NONE: Mapping[str, int] = MappingProxyType({})


class NotNow(ValueError):
    """A run can't do that in the state it is in; the message says why."""


@dataclass(frozen=True, slots=True)
class Run:
    """One occasion of a campaign. Times in ms.

    `release` is the release whose definition, template and topic hold for it. `at` is its moment: the first
    at which anything may go out. `begun` is when counting began, asked for `by` somebody ("samovar": by its
    plan). `held_until` is when the hold ends. `counts` is what counting foretold: "people", "allow", and "withhold
    REASON", "defer REASON", "lately N" (who got N messages lately). `parts` maps each moment (ms, as text) to how
    many get it then; `chunks` is in how many pieces the list is stored. `intended` and `missed` say how many
    messages were decided, and for how many people it was too late. `seconds` is how long sending was expected to
    take, `sending` when it began, `ended` when nothing was left to decide. `due` is when sweep looks at it.
    """

    campaign: str
    run: str
    release: str
    at: int
    begun: int
    by: str
    state: State = "counting"
    held_until: int = 0
    counts: Mapping[str, int] = field(default_factory=lambda: _NONE)
    parts: Mapping[str, int] = field(default_factory=lambda: _NONE)
    chunks: int = 0
    seconds: int = 0
    intended: int = 0
    missed: int = 0
    sending: int | None = None
    ended: int | None = None
    why: str = ""
    due: int | None = None
    version: int = 0

    @property
    def open(self) -> bool:
        """Whether anything of it is still to be done."""
        return self.state in OPEN

    @property
    def people(self) -> int:
        """How many are on its list."""
        return self.counts.get("people", 0)


def begin(campaign: str, run: str, release: str, *, at: int, by: str, now: int) -> Run:
    """A run that is to be counted."""
    return Run(campaign, run, release, at=at, begun=now, by=by, due=now + HEARTBEAT_MS)


def hold(
    run: Run, *, counts: Mapping[str, int], parts: Mapping[str, int], chunks: int, seconds: int, hold_s: int, now: int
) -> Run:
    """Counted: it waits out its hold, and for the first moment at which it is anybody's turn should that be later."""
    _only(run, "counting")
    until = max(now + hold_s * 1000, min(map(int, parts), default=run.at))
    return replace(
        run,
        state="holding",
        counts=dict(counts),
        parts=dict(parts),
        chunks=chunks,
        seconds=seconds,
        held_until=until,
        due=until,
    )


def let_go(run: Run, now: int) -> Run:
    """The hold is over, by time or by a person. What has a moment of its own waits for that all the same."""
    _only(run, "holding")
    return replace(run, state="sending", at=max(run.at, now), sending=now, due=now + HEARTBEAT_MS)


def finish(run: Run, *, intended: int, missed: int, now: int) -> Run:
    """Every message was decided, but for those whose time was over."""
    _only(run, "sending")
    state: State = "expired" if missed else "done"
    return replace(run, state=state, intended=intended, missed=missed, ended=now, due=None)


def expire(run: Run, now: int) -> Run:
    """Its time was over before it began."""
    return _end(run, "expired", "its time was over before it could begin", now)


def fail(run: Run, why: str, now: int) -> Run:
    """It can't go on, for a reason in words."""
    return _end(run, "failed", why, now)


def cancel(run: Run, why: str, now: int, forget_at: int) -> Run:
    """A person stopped it for good; `forget_at` is when nothing of it can be under way any more."""
    return replace(_end(run, "cancelled", why, now), due=forget_at)


def _end(run: Run, state: State, why: str, now: int) -> Run:
    _only(run, *OPEN)
    return replace(run, state=state, why=why[:200], ended=now, due=None)


def _only(run: Run, *states: State) -> None:
    if run.state not in states:
        raise NotNow(f"run {run.campaign}/{run.run} is {run.state}, not {' or '.join(sorted(states))}")


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a run's sending is: in the part due at `part` (ms), before entry `entry` of chunk `chunk`.

    `clear` is the moment (ms) by which all that was queued will have left at the run's pace.
    """

    part: int
    chunk: int = 0
    entry: int = 0
    clear: int = 0

    def to_key(self) -> tuple[str, str]:
        """The stored shape: two texts."""
        return str(self.part), f"{self.chunk}:{self.entry}:{self.clear}"


def cursor_from(key: tuple[str, str]) -> Cursor:
    """The cursor of its stored shape."""
    chunk, entry, clear = key[1].split(":")
    return Cursor(int(key[0]), int(chunk), int(entry), int(clear))


def room(clear: int, per_second: float, now: int) -> int:
    """How many more messages may be queued at `now` (ms) so that no more than AHEAD_MS of them wait: those of a second
    at least, or none; one where nothing waits."""
    free = AHEAD_MS - max(0, clear - now)
    return max(int(clear <= now), int(free / 1000 * per_second) if free >= 1000 else 0)


def queued(clear: int, count: int, per_second: float, now: int) -> int:
    """`clear` after `count` more messages were queued."""
    return max(clear, now) + ceil(count / per_second * 1000)


def rest(clear: int, per_second: float, now: int) -> int:
    """Seconds until it is time for more: half of what may wait has left, and there is room for one."""
    free = min(AHEAD_MS, max(AHEAD_MS // 2, int(1000 / per_second) + 1))
    return max(0, -(-(clear - now - AHEAD_MS + free) // 1000))
