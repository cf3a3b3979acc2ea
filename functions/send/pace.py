"""Pacing: how long a worker holds a message back so that all keep to the rate that is allowed.

The rate is the configured one, or the provider's if that is less. A worker that is told it is too fast halves its
own at once, and takes minutes to come back to it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from functions import clock
from functions.observability import logger

if TYPE_CHECKING:
    from functions.aws.ses import Account

WORKERS: Final = 2
"""How many workers the queue feeds at once (the event source's maximum concurrency)."""
AT_ONCE_S: Final = 0.01
"""A worker that would wait for less goes on: falling asleep and waking takes longer than making a message ready."""
ACCOUNT_FOR_S: Final = 600
"""Seconds for which what the provider allows is taken as read."""
SLOWEST: Final = 1 / 64
"""Of the rate, for a worker that was told again and again that it is too fast."""
HALVED_FOR_S: Final = 2.0
"""Answers to what was under way together count once."""
EASED_AFTER_S: Final = 30.0
"""So many seconds without a complaint let a worker go half as fast again."""
CLOSED_S: Final = 600.0
"""Seconds for which a worker does not ask on behalf of marketing, where the provider took nothing."""


def pace(rate_per_second: float, last: float | None, now: float) -> float:
    """Seconds to wait at `now` after this worker's last send, so that WORKERS together keep the rate."""
    if last is None:
        return 0.0
    return max(0.0, last + WORKERS / rate_per_second - now)


@dataclass(slots=True)
class Turn:
    """Paces one worker on one channel across invocations. `account` asks what the provider allows.

    `complaints` counts how often the provider asked for less. Moments are monotonic seconds: `last` send, as its turn
    was, `moved` when `share` (of the rate) was last changed, `opens` when marketing may be tried again.
    """

    account: "Callable[[], Account] | None" = None
    last: float | None = None
    share: float = 1.0
    moved: float = 0.0
    opens: float = 0.0
    complaints: int = 0
    _allowed: "Account | None" = field(default=None, repr=False)
    _read: float | None = field(default=None, repr=False)

    def rate(self, configured: float) -> float:
        """Messages a second that all workers together may hand over now."""
        now = clock.monotonic()
        while self.share < 1 and now - self.moved >= EASED_AFTER_S:
            self.share, self.moved = min(1.0, self.share * 1.5), self.moved + EASED_AFTER_S
        allowed = self._account(now)
        most = allowed.max_send_rate if allowed is not None and allowed.max_send_rate > 0 else configured
        return min(configured, most) * self.share

    def wait(self, rate: float) -> float:
        """Seconds until the next send may go out."""
        return pace(rate, self.last, clock.monotonic())

    def take(self, rate: float) -> None:
        """Wait until the next send may go out, and let it; or let it a moment early, and the next so much later."""
        wait = self.wait(rate)
        if wait >= AT_ONCE_S:
            clock.sleep(wait)
            wait = 0.0
        self.last = clock.monotonic() + wait

    def slow_down(self) -> None:
        """The provider asked for fewer messages in a second."""
        now = clock.monotonic()
        self.complaints += 1
        if self.share == 1.0 or now - self.moved >= HALVED_FOR_S:
            self.share, self.moved = max(SLOWEST, self.share / 2), now

    def close(self) -> None:
        """The provider takes nothing for a while."""
        self.complaints += 1
        self.opens = clock.monotonic() + CLOSED_S

    @property
    def closed(self) -> bool:
        """Whether marketing need not be tried."""
        return clock.monotonic() < self.opens

    def _account(self, now: float) -> "Account | None":
        if self.account is not None and (self._read is None or now - self._read >= ACCOUNT_FOR_S):
            self._read = now
            try:
                self._allowed = self.account()
            except Exception as error:
                # Sent at the configured rate, which SES corrects, rather than not at all.
                logger.warning("the account's quota can't be read", error=type(error).__name__)
        return self._allowed
