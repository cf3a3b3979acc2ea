"""Whose personal page a link shows: what its token says, as it stands now.

Guarantees. A link shows its page to whoever holds it, until it ends, is revoked, or its mailbox is no longer the
contact's. For all of these the answer is the same, so that it tells nobody who there is.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions import passes, releases
from functions.core.contact import Contact
from functions.core.errors import Refused
from functions.core.identity import EMAIL, hash_of, identity_ref
from functions.passes import PageOf

if TYPE_CHECKING:
    from functions.core.landing import Page
    from functions.core.release import Release


@dataclass(frozen=True, slots=True)
class Opened:
    """A personal page, and the contact whom it is for."""

    said: PageOf
    page: "Page"
    contact: Contact


def opened(token: str, release: "Release", now: int) -> Opened:
    """What a link shows at `now` (ms). Raises Refused: "bad-token" for what was not signed here, "link-over" for all
    that shows nothing (any more)."""
    from functions.tables import contacts, revoked

    said = passes.read_page(releases.keyring().signing, token)
    page = release.pages.get(said.page)
    if (
        page is None
        or page.personal is None
        or now > said.until
        or revoked.before(said.address, said.page) >= said.sent
    ):
        raise _over()
    contact = contacts.surviving(said.contact)
    if contact.state.erased or mailbox_of(contact) != said.address:
        raise _over()
    return Opened(said, page, contact)


def mailbox_of(contact: Contact) -> str | None:
    """The hash of the address that a contact is written to; None without one. A page shows no more than a mail to them
    says, so that no link to another mailbox of theirs shows it."""
    ref = identity_ref(EMAIL, contact.profile.email or "", releases.keyring().pepper)
    return hash_of(ref) if ref else None


def _over() -> Refused:
    return Refused("link-over", "This link shows nothing any more. A newer mail of ours has a new one.", status=410)
