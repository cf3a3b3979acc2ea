"""Making two contacts one because a person says so."""

from functions.core.event import CONTACTS_MERGED, SYSTEM, Event
from functions.core.identity import own_ref
from functions.core.ids import digest
from functions.score.apply import refold
from functions.score.merge import merge
from functions.tables import events


class TooManyIdentities(ValueError):
    """The two have more identities than one contact may."""


def join(loser: str, winner: str, now: int) -> str:
    """Make `loser` a part of `winner`, and count it anew; the id of the contact that stands.

    Raises TooManyIdentities. The event of the merge tells when and what. Repeating it after a
    crash changes nothing that was done.
    """
    event = Event(
        source=own_ref(winner),
        id=digest("merge", loser, winner),
        stamp=now,
        at=now,
        received=now,
        kind=SYSTEM,
        name=CONTACTS_MERGED,
        properties={"merged": loser},
    )
    if not merge(loser, winner):
        raise TooManyIdentities("together they have more identities than one contact may have")
    events.insert([event])
    refold(winner, now)
    return winner
