"""A channel that nobody foresaw: one definition and one module. It whispers into a list."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from functions.core import compose
from functions.core.channels import Channel
from functions.core.contact import Contact
from functions.core.identity import EMAIL, hash_of, identity_ref
from functions.core.message import Message
from functions.core.policy import Destination, Unreachable
from functions.core.release import Release
from functions.core.template import Template
from functions.releases import Keyring
from functions.send.channels import Draft


class Toy(Template):
    """marketing/toys/ID.yaml"""

    SAYS: ClassVar[str] = "One whisper."
    EXAMPLE: ClassVar[str] = "whisper: Hello\n"

    whisper: str


CHANNEL = Channel("toy", "toys", Toy, EMAIL, "Toy", "Toys")
whispered: list[tuple[str, str]] = []


class _Toy:
    def destinations(
        self, messages: Sequence[Message], contacts: Mapping[str, Contact], release: Release, keys: Keyring
    ) -> Mapping[str, Destination | Unreachable]:
        found: dict[str, Destination | Unreachable] = {}
        for message in messages:
            email = contacts[message.contact].profile.email
            ref = identity_ref(EMAIL, email, keys.pepper)
            found[message.id] = Destination(hash_of(ref), str(email)) if ref else Unreachable("missing-address")
        return found

    def compose(self, draft: Draft) -> Any:
        template = draft.release.template("toy", draft.message.template)
        assert isinstance(template, Toy)
        text = compose.plain_text(template.whisper, draft.contact, draft.topic, draft.release, draft.urls)
        return draft.destination.at, text

    def hand_over(self, message: Message, composed: Any) -> str:
        whispered.append(composed)
        return f"toy-{message.id}"


WAY = _Toy()
