"""Which variant of a landing page a visitor sees: by chance at first, in shares, and the same ever after.

What their browser keeps is the variant's name, and in which epoch of which test it was dealt, which is the same for all
who saw it then: it says who nobody is.
"""

from typing import Final

from functions import clock
from functions.core import bandit, experiments
from functions.core.experiments import Assigned, Standing, Test
from functions.http import Request, cookie, is_passing
from functions.observability import logger
from functions.tables import experiments as table

COOKIE: Final = "variant"
KEPT_S: Final = 30 * 86_400
"""So long after the last visit a browser stays with its variant."""


def chosen(request: Request, test: Test, path: str, chance: str) -> tuple[str, dict[str, str]]:
    """The variant's mark, and the header that keeps it at the page's `path`. `chance` is a text of this showing."""
    seen = experiments.read(test, request.cookies.get(COOKIE, "")) or _dealt(test, chance)
    marked = experiments.mark(test, seen)
    return marked, {"set-cookie": cookie(COOKIE, marked, path, KEPT_S)}


def _dealt(test: Test, chance: str) -> Assigned:
    standing = _standing(test)
    shares = test.even() if standing is None else standing.shares
    return Assigned(bandit.assigned(shares, test.page, chance), 1 if standing is None else standing.number)


def _standing(test: Test) -> Standing | None:
    """The epoch of the day. Where it is over the next is asked for, and this visitor still belongs to it."""
    try:
        standing = table.current(test)
        if not experiments.lasts(standing, clock.now_ms()):
            from functions.work import queue

            queue.ask(queue.NextEpoch(test.page))
    except Exception as error:
        if not is_passing(error):
            raise
        logger.warning("epoch of a test not read", error=type(error).__name__)
        return None
    return standing
