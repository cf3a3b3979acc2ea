"""Whose events are these: from identities to contacts, claiming what nobody has yet.

A claim attaches behaviour. An address, phone or user id belongs to one contact; a browser
to whoever identified in it, each from then on until the next (core/ownership). Two people
who both have a user id, or both an address, are never joined here: what strangers claim
changes nothing, and where the owner's own systems contradict each other it is listed.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from functions import clock, releases
from functions.core.contact import Contact
from functions.core.counters import Counters
from functions.core.event import FORM, Event
from functions.core.folding import moment_of
from functions.core.funnel import Funnel
from functions.core.identity import (
    ANONYMOUS,
    EMAIL,
    PERSONAL,
    PHONE,
    PUSH,
    SELF,
    USER,
    contact_id,
    hash_of,
    identity_ref,
    kind_of,
    own_ref,
    without_plus_tag,
)
from functions.observability import logger, metric
from functions.score import hands
from functions.score.merge import NO_FUNNEL, May, always, is_full, merge
from functions.tables import contacts, duplicates, identities
from functions.tables.identities import ATTEMPTS, Contended, Identity

_ALIAS: Final = "alias"


def identities_of(events: Iterable[Event]) -> set[str]:
    """Every identity that these events name and somebody may own, or would get by them."""
    return {
        ref
        for event in events
        for ref in event.all_identities
        # A contact that was erased is closed like an identity: what names others beside it must know.
        if kind_of(ref) != SELF or event.identities
    }


def vouches(event: Event, ref: str) -> bool:
    """Whether an event doesn't only claim that a personal identity is its person's.

    A signed link vouches for the mailbox it came from; what else was typed into a form stays a claim.
    """
    return event.proved and kind_of(ref) in ((EMAIL,) if event.kind == FORM else PERSONAL)


class Resolver:
    """Whose events are these. `known` are the identities of one batch, kept up to date as they are claimed.

    They may be a moment old: a claim that comes too late learns whose the identity is, a
    contact that was merged points to the one it became, and whoever folds compares `versions`.
    """

    def __init__(
        self, known: Mapping[str, Identity], counters: Counters | None = None, funnel: Funnel = NO_FUNNEL
    ) -> None:
        self.turned = False
        """Whether a browser changed hands: what was resolved before is to be asked again."""
        self._known = dict(known)
        self._counters = counters
        self._funnel = funnel
        self._contacts: dict[str, Contact] = {}

    def contact_of(self, event: Event) -> str | None:
        """The contact that `event` is about; None if its person was erased."""
        refs = list(dict.fromkeys(event.all_identities))
        if any((known := self._known.get(ref)) and known.forgotten for ref in refs):
            return None
        owner = self._person(event, refs)
        browsers = [ref for ref in refs if kind_of(ref) == ANONYMOUS]
        if owner is None:
            owner = self._visitor(event, event.source)
            return self._told(event, refs, owner) if owner else owner
        for browser in browsers:
            if owner:
                owner = self._identified(browser, owner, event)
        return self._told(event, refs, owner) if owner else None

    @property
    def versions(self) -> dict[str, int]:
        """Which state of each shared browser's row this was decided by."""
        return {ref: known.version for ref, known in self._known.items() if kind_of(ref) == ANONYMOUS}

    # People.

    def _person(self, event: Event, refs: list[str]) -> str | None:
        """Who says so of himself; None where the event names only browsers, "" if erased a moment ago."""
        if kind_of(event.source) == SELF:
            owner = hash_of(event.source)
            if all(kind_of(ref) in (SELF, ANONYMOUS) for ref in refs):
                return owner if len(refs) == 1 else identities.survivor(owner)
            owner = identities.survivor(owner)
        else:
            personal = [ref for kind in PERSONAL for ref in refs if kind_of(ref) == kind]
            if not personal:
                return None
            first = personal[0]
            known = self._known.get(first)
            owner = known.contact if known else self._found(first, refs, event)
        for ref in refs:
            if owner and kind_of(ref) in PERSONAL and ref != event.source:
                owner = self._link(ref, owner, event)
        if owner and event.proved:
            self._vouch(refs, owner, event)
        return owner

    def _found(self, ref: str, refs: list[str], event: Event) -> str:
        """The contact of an identity that nobody has: one that another identity of the event leads to, or a new one."""
        for _ in range(ATTEMPTS):
            host = next((found for other in refs if other != ref and (found := self._host(other, ref))), None)
            if host is None:
                return self._claim(ref, contact_id(ref), event).contact
            claimed = identities.claim(ref, host.id, proved=vouches(event, ref), profile=host.profile.version)
            self._forget(host.id)
            if claimed is not None:
                self._known[ref] = claimed
                if kind_of(ref) == EMAIL:
                    self._suggest(ref, event)
                return claimed.contact
            self._known |= identities.read(refs)
        raise Contended(f"identity {ref} kept being claimed")

    def _host(self, other: str, ref: str) -> Contact | None:
        """The contact of `other`, if it may take in `ref`: a visitor so far, or a person without such an identity."""
        known = self._known.get(other)
        if known is None or known.forgotten or known.runs:
            return None
        contact = contacts.survivor(self._contact(known.contact))
        kinds = kinds_of(contact)
        if kind_of(ref) in kinds or (kind_of(other) == ANONYMOUS and kinds & {*PERSONAL}):
            return None
        return contact

    def _link(self, ref: str, owner: str, event: Event) -> str:
        """Let `ref` be the owner's too, where that joins nobody wrongly; who the owner is then."""
        known = self._known.get(ref)
        if known is None:
            if is_full(self._contact(owner)):
                metric("IdentitiesTooMany")
                return owner
            if self._is_presumed(ref, event) or (
                kind_of(ref) in kinds_of(self._contact(owner)) and not vouches(event, ref)
            ):
                # Whoever is known by an address doesn't get another by a claim.
                metric("IdentityConflict")
                return owner
            known = self._claim(ref, owner, event)
        if known.forgotten:
            return ""
        other = known.contact
        if other == owner or (other := identities.survivor(other)) == owner:
            return owner
        if self._is_presumed(ref, event):
            metric("IdentityConflict")
            return owner
        # An alias of the owner's systems says outright that two users are one.
        proved = vouches(event, ref)
        may = always if proved and event.kind == _ALIAS else _VOUCHED if proved else _CLAIMED
        if merge(owner, other, self._counters, may, self._funnel):
            return self._merged(owner, other)
        if proved and not known.proved and hands.give(ref, other, owner):
            self._known[ref] = Identity(ref, owner, proved=True)
            self._forget(owner, other)
            return owner
        logger.warning("identities of one event belong to two people", contacts=[owner, other])
        metric("IdentityConflict")
        if proved:
            duplicates.note(duplicates.CONFLICT, own_ref(owner), own_ref(other), event.ref, clock.now_ms())
        return owner

    def _is_presumed(self, ref: str, event: Event) -> bool:
        """Whether somebody claims an address for a user of whom the owner's systems have spoken: they would
        know it, and what is written to that user must not go to whoever typed it."""
        user = self._known.get(event.source)
        vouched = user is not None and user.proved and kind_of(event.source) == USER
        return vouched and kind_of(ref) in (EMAIL, PHONE) and not vouches(event, ref)

    def _vouch(self, refs: list[str], owner: str, event: Event) -> None:
        for ref in refs:
            known = self._known.get(ref)
            if known and vouches(event, ref) and known.contact == owner and not known.proved:
                identities.vouched(ref, owner)
                self._known[ref] = Identity(ref, owner, proved=True)

    # Browsers.

    def _visitor(self, event: Event, browser: str) -> str | None:
        known = self._known.get(browser) or self._claim(browser, contact_id(browser), event)
        return known.owner_at(moment_of(event)) or None

    def _identified(self, browser: str, owner: str, event: Event) -> str:
        """Somebody says who he is in this browser; who he is then, for the visitor it was becomes him."""
        known = self._known.get(browser)
        if known is None:
            if is_full(self._contact(owner)):
                metric("IdentitiesTooMany")
                return owner
            known = self._claim(browser, owner, event)
        if known.forgotten:
            return ""
        if not known.runs:
            if known.contact == owner or (holder := identities.survivor(known.contact)) == owner:
                return owner
            if merge(holder, owner, self._counters, _is_nobody_yet, self._funnel):
                return self._merged(holder, owner)
            self._forget(holder)
            if _is_nobody_yet(self._contact(holder)):
                metric("IdentitiesTooMany")
                return owner
        if browser not in self._contact(owner).profile.identities and is_full(self._contact(owner)):
            metric("IdentitiesTooMany")
            return owner
        moment = moment_of(event)
        if known.runs and known.runs[0].start <= moment and known.owner_at(moment) == owner:
            return owner
        if (turned := hands.take_turn(browser, owner, event)) is not None:
            self.turned |= turned.version != known.version
            self._known[browser] = turned
        self._forget(owner)
        return owner

    # Subscriptions to web push.

    def _told(self, event: Event, refs: list[str], owner: str) -> str:
        """The subscriptions that an event tells of are its person's from now on: whoever has the browser has them."""
        for ref in refs:
            if kind_of(ref) != PUSH or is_full(self._contact(owner)):
                continue
            known = self._known.get(ref) or self._claim(ref, owner, event)
            if known.forgotten or known.contact == owner:
                continue
            holder = identities.survivor(known.contact)
            if holder != owner and hands.give(ref, holder, owner, vouched=False):
                self._known[ref] = Identity(ref, owner, known.proved)
                self._forget(owner, holder)
        return owner

    # What is known so far.

    def _claim(self, ref: str, contact: str, event: Event) -> Identity:
        claimed = identities.claim(ref, contact, proved=vouches(event, ref))
        assert claimed is not None, "only a claim under a version may be refused"
        self._known[ref] = claimed
        self._forget(contact, claimed.contact)
        if kind_of(ref) == EMAIL and claimed.contact == contact:
            self._suggest(ref, event)
        return claimed

    def _suggest(self, ref: str, event: Event) -> None:
        """An address with a plus-tag is somebody's second one, most likely: an owner may want to join the two."""
        plain = without_plus_tag(str(event.traits.get("email", "")))
        other = identity_ref(EMAIL, plain, releases.keyring().pepper) if plain else None
        if other:
            duplicates.note(duplicates.PLUS_TAG, ref, other, event.ref, clock.now_ms())

    def _merged(self, loser: str, winner: str) -> str:
        self._forget(loser, winner)
        for ref, known in self._known.items():
            if known.contact == loser:
                self._known[ref] = Identity(ref, winner, known.proved, known.runs, known.version)
        return winner

    def _contact(self, id: str) -> Contact:
        if id not in self._contacts:
            self._contacts[id] = contacts.load([id])[id]
        return self._contacts[id]

    def _forget(self, *ids: str) -> None:
        for id in ids:
            self._contacts.pop(id, None)


def kinds_of(contact: Contact) -> set[str]:
    """The kinds of identity that a contact is known by."""
    return {kind_of(ref) for ref in contact.profile.identities} - {SELF, PUSH}


def _is_nobody_yet(loser: Contact, winner: Contact | None = None) -> bool:
    """Whether a contact is only a visitor."""
    return kinds_of(loser) <= {ANONYMOUS}


def _unless_both_have(kinds: set[str]) -> May:
    """Whether nothing says that the two are different people."""
    return lambda loser, winner: not kinds & kinds_of(loser) & kinds_of(winner)


_CLAIMED: Final = _unless_both_have(set(PERSONAL))
_VOUCHED: Final = _unless_both_have({USER})
"""The owner's systems know when somebody has another address; a user id is for ever."""
