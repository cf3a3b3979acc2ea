"""Who a visitor is, where a signed link from their own mailbox says so.

What is known about them is never shown: it only spares them questions, and decides what else they are shown.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from functions import clock, releases, tokens
from functions.core.contact import Contact
from functions.core.errors import Refused
from functions.core.identity import EMAIL
from functions.core.languages import accepted, told_by
from functions.http import Request, is_passing
from functions.observability import logger, metric
from functions.tokens import Proof

if TYPE_CHECKING:
    from functions.core.conditions import Condition
    from functions.core.release import Release


def proof_in(token: str) -> Proof | None:
    """What a token proves; None for one that proves nothing (any more), which is no reason to refuse a form."""
    if not token:
        return None
    try:
        return tokens.read_proof(releases.keyring().signing, token, clock.now_ms())
    except Refused:
        metric("ProofsRefused")
        return None


def address_of(proof: Proof | None) -> str | None:
    """The reference of the address that a proof is about."""
    return f"{EMAIL}#{proof.address}" if proof else None


def known_of(proof: Proof | None) -> frozenset[str] | None:
    """Names of the traits that a proved visitor told before; None where nobody is proved."""
    return traits_told(contact_of(proof)) if proof else None


def contact_of(proof: Proof) -> Contact | None:
    """Who a proof is about, None where its mailbox is not theirs any more: changed since, or erased."""
    from functions.tables import contacts

    return _theirs(proof, contacts.surviving(proof.contact))


def contact_if_readable(proof: Proof | None) -> Contact | None:
    """The same for a page that stands without: None as well where nobody is proved, or they can't be read just now."""
    if proof is None or (found := _readable(proof.contact)) is None:
        return None
    return _theirs(proof, found)


def _theirs(proof: Proof, found: Contact) -> Contact | None:
    return found if address_of(proof) in found.profile.identities else None


def _readable(contact: str) -> Contact | None:
    from functions.tables import contacts

    try:
        return contacts.surviving(contact)
    except Exception as error:
        if not is_passing(error):
            raise
        logger.warning("contact not read for a page", error=type(error).__name__)
        return None


def traits_told(contact: Contact | None) -> frozenset[str] | None:
    """Names of the traits that are known of a contact; None for nobody."""
    if contact is None:
        return None
    profile = contact.profile
    return frozenset(name for name in profile.traits if profile.trait(name) not in (None, "", []))


def judge(proof: Proof | None, release: "Release", now: int) -> "Callable[[Condition], bool] | None":
    """Whether conditions hold at `now` (ms) for the contact whom a proof is about; None where nobody is proved, and
    for one who is no longer the contact of that address."""
    contact = contact_if_readable(proof)
    if contact is None:
        return None
    from functions.core.evaluate import Seen, evaluate

    seen = Seen(contact, release)
    return lambda condition: evaluate(condition, seen, now).holds


def language_of(request: Request, contact: str, offered: Sequence[str]) -> str:
    """The offered language that a visitor reads: what the `contact` whose mailbox sent them here told us, else what
    their browser asks for, else the first. `contact` is "" where nobody's mailbox did."""
    return _told(contact, offered) or accepted(request.headers.get("accept-language", ""), offered) or offered[0]


def _told(contact: str, offered: Sequence[str]) -> str | None:
    found = _readable(contact) if contact else None
    return told_by(found, offered) if found is not None else None
