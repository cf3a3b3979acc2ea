"""All that a contact did: the events of its identities, of shared browsers only what is its own."""

from collections.abc import Iterator
from functools import cached_property

from functions.core.contact import Contact
from functions.core.event import Event
from functions.core.folding import moment_of
from functions.core.identity import ANONYMOUS, contacts_among, kind_of, own_ref
from functions.tables import identities, rulings
from functions.tables.identities import Identity
from functions.tables.rulings import Told


class History:
    """The events of one contact, as its profile and its browsers' rows stood when first asked for."""

    def __init__(self, contact: Contact) -> None:
        self._contact = contact
        self.sources = tuple(dict.fromkeys((*contact.profile.identities, own_ref(contact.id))))

    def told(self, stamps: tuple[int, int] | None = None) -> Iterator[Told]:
        """All of them, or those between two client stamps (ms, inclusive), each with the ruling on it."""
        for event, ruling in rulings.told(self.sources, stamps):
            if self._is_theirs(event):
                yield event, ruling

    def newest(self, most: int, before: str = "") -> tuple[list[Told], str]:
        """The newest of them, before a sort key where one is given, `most` at most; and the sort key before which the
        others stand, "" where there are none."""
        found, older = rulings.newest(self.sources, most, before)
        return [one for one in found if self._is_theirs(one[0])], older

    def owns(self, event: Event) -> bool:
        """Whether what happened is the contact's."""
        return event.source in self.sources and self._is_theirs(event)

    def _is_theirs(self, event: Event) -> bool:
        browser = self._browsers.get(event.source)
        return browser is None or not browser.runs or browser.owner_at(moment_of(event)) in self._names

    @cached_property
    def _browsers(self) -> dict[str, Identity]:
        return identities.read(ref for ref in self.sources if kind_of(ref) == ANONYMOUS)

    @cached_property
    def _names(self) -> set[str]:
        """The contact's id and those of contacts that were merged into it."""
        return contacts_among(self.sources)
