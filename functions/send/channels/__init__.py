"""How messages leave the house: one module for each channel, loaded when it first sends something."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Protocol

from functions.core.compose import Circumstances, Urls
from functions.core.contact import Contact
from functions.core.message import Message
from functions.core.policy import Destination, Unreachable
from functions.core.release import Release
from functions.core.sending import Topic
from functions.releases import Keyring
from functions.texts.writing import hand

MODULES: Final[dict[str, str]] = {
    "email": "functions.send.channels.email",
    "sms": "functions.send.channels.sms",
    "push": "functions.send.channels.push",
    "webhook": "functions.send.channels.webhook",
    "staff": "functions.send.channels.staff",
}
"""Where each channel's `Way` stands: in its module, as WAY."""


class NotTaken(Exception):
    """The provider did not confirm a message. `code` is its name of the failure, never an address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotAccepted(NotTaken):
    """Surely not taken, and worth another try later. `throttled` where the provider asks for fewer in a second,
    `closed` where it takes nothing for a while."""

    def __init__(self, code: str, *, throttled: bool = False, closed: bool = False) -> None:
        super().__init__(code)
        self.throttled = throttled
        self.closed = closed


class Rejected(NotTaken):
    """Surely not taken, and never will be. `gone` where nothing will ever reach this destination again."""

    def __init__(self, code: str, *, gone: bool = False) -> None:
        super().__init__(code)
        self.gone = gone


class Ambiguous(NotTaken):
    """Nobody knows whether it was taken: the answer was lost or is a server's error."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a channel composes from, at `now` (ms). `zone` is the contact's time zone, "" for the business's."""

    message: Message
    contact: Contact
    topic: Topic
    destination: Destination
    release: Release
    urls: Urls
    now: int = 0
    zone: Callable[[], str] = str


def circumstances(draft: Draft, language: str = "") -> Circumstances:
    """When, where and in which language a draft is rendered."""
    return Circumstances(draft.now, draft.zone, hand, language)


class Way(Protocol):
    """A channel's own module."""

    def destinations(
        self, messages: Sequence[Message], contacts: Mapping[str, Contact], release: Release, keys: Keyring
    ) -> Mapping[str, Destination | Unreachable]:
        """Where each message would go, by message id. `contacts` are by the message's contact, merges followed."""
        ...

    def compose(self, draft: Draft) -> Any:
        """What is handed over. Raises core.compose.Unrenderable."""
        ...

    def hand_over(self, message: Message, composed: Any) -> str:
        """Give it to the provider, once; the provider's id for it. Raises NotAccepted, Rejected or Ambiguous.

        May be called by several threads at once.
        """
        ...


def way(channel: str) -> Way:
    """The module of a channel. Raises LookupError for one that this code doesn't know."""
    if channel not in MODULES:
        raise LookupError(f"a message on channel {channel!r}, which this code doesn't know")
    found: Way = import_module(MODULES[channel]).WAY
    return found
