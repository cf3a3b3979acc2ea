"""Which ads brought the visitors of a batch, put down once a day by each worker, however often an ad is clicked."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from functions.core.ads import Landed, landed
from functions.core.event import Event
from functions.core.landing import Page
from functions.observability import metric
from functions.tables import ads

_HELD: Final = 2 * ads.AT_MOST
"""More than that a worker doesn't remember: it begins anew."""


class Noted:
    """What a worker has put down already, and the days that take no more."""

    def __init__(self, note: Callable[[Landed], bool] = ads.note) -> None:
        self._note = note
        self._known: set[tuple[date, str]] = set()
        self._full: set[date] = set()

    def take(self, one: Landed) -> bool:
        """Put it down unless that was done. False where its day takes no more."""
        if (one.day, one.id) in self._known:
            return True
        if one.day in self._full:
            return False
        if not self._note(one):
            self._full.add(one.day)
            return False
        if len(self._known) >= _HELD:
            self._known.clear()
        self._known.add((one.day, one.id))
        return True

    def forget(self) -> None:
        """Know nothing, as a worker that begins."""
        self._known.clear()
        self._full.clear()


noted = Noted()


def note(event: Event, pages: Mapping[str, Page]) -> None:
    """Put down which ad an event tells of. Doing it again changes nothing."""
    one = landed(event, pages)
    if one is not None and not noted.take(one):
        metric("AdsNotNoted")
