"""The next epoch of a page's test: shares of its variants, by what visitors did until now.

Guarantees. Asked twice, or by two at once, one epoch begins: whoever comes second finds it on record. A crash
begins none, and the next visitor's page asks again.
"""

from functions import releases
from functions.core import experiments
from functions.observability import logger, metric
from functions.tables import experiments as table
from functions.work.queue import NextEpoch


def next_epoch(asked: NextEpoch, now: int) -> None:
    """Let the next epoch begin where the one before is over, and there still are such variants."""
    test = releases.live().tests.get(asked.page)
    if test is None or experiments.lasts(table.current(test), now):
        return
    standing, exposures = table.load(test)
    done = experiments.epochs(standing, exposures)
    following = experiments.following(test, standing, done, now)
    if following is not None and table.begin(test, experiments.noting(following, done)):
        metric("EpochsBegun")
        logger.info("epoch begun", page=test.page, epoch=following.number)
