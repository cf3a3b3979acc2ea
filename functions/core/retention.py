"""How long events stay, by whose they are; decided when they are written. Imports little: track uses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from functions.core.event import Event
from functions.core.identity import ANONYMOUS, PUSH, kind_of

DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Keep:
    """For how many seconds events stay: of browsers that nobody identified in, and of people. 0: without end."""

    visitors: int = 0
    contacts: int = 0

    def until(self, event: Event) -> int | None:
        """When (epoch seconds) an event may go; None: never."""
        anonymous = all(kind_of(ref) in (ANONYMOUS, PUSH) for ref in event.all_identities)
        seconds = self.visitors if anonymous else self.contacts
        return event.received // 1000 + seconds if seconds else None

    def to_plain(self) -> dict[str, int]:
        """The stored shape."""
        return {"visitors": self.visitors, "contacts": self.contacts}


def keep_from(stored: Mapping[str, Any]) -> Keep:
    """The rule of a stored shape."""
    return Keep(int(stored.get("visitors", 0)), int(stored.get("contacts", 0)))
