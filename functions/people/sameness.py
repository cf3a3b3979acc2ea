"""Making two contacts one because somebody says so."""

from functions.core.contact import Contact
from functions.core.decisions import BY_TIME
from functions.core.event import CONTACTS_MERGED, SYSTEM, Event
from functions.core.identity import USER, kind_of, own_ref
from functions.core.ids import digest
from functions.score.apply import Reading, TooLong, refold
from functions.score.merge import merge
from functions.tables import events, identities
from functions.work import queue
from functions.work.queue import Recount


class TooManyIdentities(ValueError):
    """The two have more identities than one contact may."""


def contradict(one: Contact, other: Contact) -> bool:
    """Whether the owner's own systems say that the two are different people: each has an account of their own that is
    vouched for."""
    return all(
        any(known.proved for ref, known in identities.read(contact.profile.identities).items() if kind_of(ref) == USER)
        for contact in (one, other)
    )


def join(loser: str, winner: str, now: int, reading: Reading | None = None) -> str:
    """Make `loser` a part of `winner`, and count it anew; the id of the contact that stands. Where more than
    `reading` would have to be read for that, `work` does it in a moment.

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
    try:
        refold(winner, now, reading)
    except TooLong:
        queue.ask(Recount(winner, BY_TIME))
    return winner
