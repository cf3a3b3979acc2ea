"""Whether the month costs more than the business said it may: looked at once an hour, told of once a month.

Guarantees. Of each month the owner gets one mail when what is expected passes the budget, and one when what was spent
does. Whoever tells claims it first, so of two sweeps one does. Should it die before AWS took the mail, the next hour's
tells; only where it dies between that and the note that it did does the mail come a second time.
"""

from typing import Final

from functions.observability import logger

MINUTE: Final = 41
"""Of an hour: no other minute's sweep pays for looking."""


def is_time(now: int) -> bool:
    """Whether the sweep of `now` (ms) is to look."""
    return now // 60_000 % 60 == MINUTE


def watch(now: int) -> None:
    """Look at what the month costs at `now` (ms), and tell of it. What fails is logged, and looked at in an hour."""
    from functions.http import where

    try:
        _watch(now)
    except Exception as error:
        logger.error("what the month costs was not looked at", error=type(error).__name__, where=where(error))


def _watch(now: int) -> None:
    from functions import alerts, releases, spending
    from functions.core import costs
    from functions.tables import spending as table

    try:
        release = releases.live_lately().release
    except releases.NothingLive:
        return
    budget = release.sending.monthly_budget
    if budget is None:
        return
    reckoned = spending.reckoned(now)
    what = costs.over(reckoned, budget)
    # Another budget is passed for itself.
    passed = f"{what}-{budget:g}"
    if not what or not table.claim(reckoned.month, passed, now):
        return
    coming = [release.present_name("campaign", id) for id in reckoned.unforetold]
    alerts.tell(*costs.letter(what, reckoned, budget, spending.senders(now), coming))
    table.note_told(reckoned.month, passed, now)
