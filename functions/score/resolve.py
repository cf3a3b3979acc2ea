"""Whose events are these: from identities to contacts, claiming what nobody has yet.

A claim attaches behaviour. An identity belongs to one contact; a contact known only by
browsers joins the person who identifies in one of them. Two people who both have an
address or a user id are never joined here.
"""

from collections.abc import Iterable, Mapping

from functions.core.contact import Profile
from functions.core.event import Event
from functions.core.identity import ANONYMOUS, EMAIL, SELF, USER, contact_id, hash_of, kind_of
from functions.observability import logger, metric
from functions.score.merge import merge
from functions.tables import contacts, identities

IDENTITIES_KEPT = 500
"""Anyone may claim a browser for an address: past so many, further browsers stay contacts of their own."""
MOVED_AT_ONCE = 90
"""So many identities fit into the transaction of a merge; whoever gathered more stays apart."""
_STRONGEST_FIRST = {USER: 0, EMAIL: 1, ANONYMOUS: 2}


def identities_of(events: Iterable[Event]) -> set[str]:
    """Every identity that these events name and somebody may own."""
    return {ref for event in events for ref in (event.source, *event.identities) if kind_of(ref) != SELF}


class Resolver:
    """Whose events are these. `owners` of the identities of one batch are kept up to date as they are claimed.

    They may be a moment old: a claim that comes too late learns whose the identity is, and a
    contact that was merged points to the one it became.
    """

    def __init__(self, owners: Mapping[str, str]) -> None:
        self._owners = dict(owners)
        self._profiles: dict[str, Profile] = {}

    def contact_of(self, event: Event) -> str | None:
        """The contact that `event` is about; None if its person was erased."""
        if kind_of(event.source) == SELF:
            return hash_of(event.source)
        others = sorted(
            (ref for ref in event.identities if ref != event.source), key=lambda ref: _STRONGEST_FIRST[kind_of(ref)]
        )
        if any(self._owners.get(ref) == "" for ref in (event.source, *others)):
            return None
        owner = self._owners.get(event.source)
        if owner is None:
            adopted = next((self._owners[ref] for ref in others if self._adoptable(ref, event.source)), None)
            owner = self._claim(event.source, adopted or contact_id(event.source))
        for ref in others:
            if not owner:
                # Erased a moment ago: nothing may be claimed for nobody.
                return None
            owner = self._link(ref, owner)
        return owner or None

    def _claim(self, ref: str, contact: str) -> str:
        owner = self._owners[ref] = identities.claim(ref, contact)
        self._profiles.pop(owner, None)
        return owner

    def _adoptable(self, ref: str, source: str) -> bool:
        owner = self._owners.get(ref)
        if not owner:
            return False
        kinds = self._kinds_of(owner)
        return kind_of(source) not in kinds and (kind_of(ref) != ANONYMOUS or not kinds & {USER, EMAIL})

    def _profile(self, contact: str) -> Profile:
        if contact not in self._profiles:
            self._profiles[contact] = contacts.load([contact])[contact].profile
        return self._profiles[contact]

    def _kinds_of(self, contact: str) -> set[str]:
        return {kind_of(ref) for ref in self._profile(contact).identities} - {SELF}

    def _link(self, ref: str, owner: str) -> str:
        """Let `ref` be the owner's too, where that joins nobody wrongly; who the owner is then."""
        other = self._owners.get(ref)
        if other is None:
            if len(self._profile(owner).identities) >= IDENTITIES_KEPT:
                metric("IdentitiesTooMany")
                return owner
            if kind_of(ref) != ANONYMOUS and kind_of(ref) in self._kinds_of(owner):
                # Whoever is known by an address doesn't get another by a claim.
                return self._conflict(owner, ref)
            other = self._claim(ref, owner)
        if other in (owner, ""):
            return other
        ours, theirs = self._kinds_of(owner), self._kinds_of(other)
        if kind_of(ref) == ANONYMOUS:
            if theirs <= {ANONYMOUS}:
                self._merge(other, owner)
            return owner
        if not (ours & theirs - {ANONYMOUS}):
            return other if self._merge(owner, other) else owner
        return self._conflict(owner, other)

    def _conflict(self, owner: str, other: str) -> str:
        logger.warning("identities of one event belong to two people", contacts=[owner, other])
        metric("IdentityConflict")
        return owner

    def _merge(self, loser: str, winner: str) -> bool:
        """Join the two; False where they have too many identities for that, and stay apart."""
        moving, held = len(self._profile(loser).identities), len(self._profile(winner).identities)
        if moving > MOVED_AT_ONCE or moving + held >= IDENTITIES_KEPT:
            metric("IdentitiesTooMany")
            return False
        merge(loser, winner)
        self._profiles.pop(winner, None)
        for ref, contact in self._owners.items():
            if contact == loser:
                self._owners[ref] = winner
        return True
