"""What of somebody's past a page may show them: only what is certainly theirs. Pure.

Anybody can say that somebody did something, and anybody can claim a user id for their own address.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from functions.core.event import FORM, SYSTEM, Event
from functions.core.identity import EMAIL, SELF, USER, kind_of, own_ref

SOURCES: Final = 8
"""So many identities of a contact are looked through."""


def sources(identities: Iterable[str], mailbox: str, contacts: Collection[str]) -> list[str]:
    """The identities of a contact whose events may stand in a history: their own (by the ids `contacts`), the mailbox
    that the link went to (a reference), and user ids. A browser's never do."""
    own = [own_ref(contact) for contact in contacts]
    return list(dict.fromkeys([*own, mailbox, *(ref for ref in identities if kind_of(ref) == USER)]))[:SOURCES]


def vouched(events: Sequence[Event], mailbox: str) -> list[Event]:
    """Those events of one source that are no stranger's claim about whose `mailbox` (a reference) it is.

    What Samovar recorded of the contact is theirs. Whatever else must come from the owner's own systems, or by a signed
    link, and name the mailbox; of a user id it is enough that such an event named both once. Who merely claimed a user
    id for their address would see otherwise what that user does.
    """
    named = any(one.proved and one.kind not in (FORM, SYSTEM) and mailbox in one.identities for one in events)
    return [one for one in events if _is_vouched(one, mailbox, named=named)]


def _is_vouched(event: Event, mailbox: str, *, named: bool) -> bool:
    if kind_of(event.source) == SELF:
        return event.proved or event.kind == SYSTEM
    addresses = [ref for ref in event.all_identities if kind_of(ref) == EMAIL]
    return event.proved and (mailbox in addresses or (named and not addresses and kind_of(event.source) == USER))
