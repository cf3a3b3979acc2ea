"""The live release for pages that are shown in any case: its words are a nicety, being able to leave is not."""

from functions import releases
from functions.core.sending import Sending
from functions.http import is_passing
from functions.observability import logger
from functions.releases import Live


def live() -> Live | None:
    """The live release, None where it can't be read for now."""
    try:
        found = releases.live()
        releases.by_id(found.id)
    except Exception as error:
        if not is_passing(error):
            raise
        logger.warning("release not read for a page", error=type(error).__name__)
        return None
    return found


def live_sending() -> Sending | None:
    """Who the business is, None where that can't be read for now."""
    found = live()
    return found.release.sending if found else None
