"""E-mail, by Amazon SES."""

from collections.abc import Mapping, Sequence

from functions import settings
from functions.aws import ses
from functions.core import compose, feedback, policy
from functions.core.compose import Letter
from functions.core.contact import Contact
from functions.core.identity import EMAIL, hash_of, identity_ref
from functions.core.message import Message
from functions.core.policy import Destination, Unreachable
from functions.core.release import Release
from functions.releases import Keyring
from functions.send.channels import Ambiguous, Draft, NotAccepted, Rejected, circumstances


class _Email:
    def destinations(
        self, messages: Sequence[Message], contacts: Mapping[str, Contact], release: Release, keys: Keyring
    ) -> Mapping[str, Destination | Unreachable]:
        return {message.id: _destination(contacts[message.contact], keys) for message in messages}

    def compose(self, draft: Draft) -> Letter:
        when = circumstances(draft)
        return compose.compose(
            draft.message, draft.contact, draft.topic, draft.destination.at, draft.release, draft.urls, when
        )

    def hand_over(self, message: Message, composed: Letter) -> str:
        try:
            return ses.send(
                sender=composed.sender,
                recipients=[composed.recipient],
                raw=composed.raw,
                tags=feedback.tags_of(message),
                configuration_set=settings.configuration_set(),
            )
        except ses.NotAccepted as failure:
            raise NotAccepted(
                failure.code, throttled=failure.limit == "rate", closed=failure.limit == "quota"
            ) from failure
        except ses.Rejected as failure:
            raise Rejected(failure.code) from failure
        except ses.Ambiguous as failure:
            raise Ambiguous(failure.code) from failure


def _destination(contact: Contact, keys: Keyring) -> Destination | Unreachable:
    address = contact.profile.email
    if address is None:
        return Unreachable("missing-address")
    mailbox, ref = policy.mailbox(address), identity_ref(EMAIL, address, keys.pepper)
    if mailbox is None or ref is None:
        return Unreachable("unusable-address")
    return Destination(hash_of(ref), mailbox)


WAY = _Email()
