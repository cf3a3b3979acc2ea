"""Text messages, by Amazon SNS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions import texting
from functions.aws import sns
from functions.core import compose, sms, tongues
from functions.core.compose import Unrenderable
from functions.core.contact import Contact
from functions.core.identity import PHONE, hash_of, identity_ref, normal_phone
from functions.core.message import Message
from functions.core.policy import Destination, Unreachable
from functions.core.release import Release
from functions.core.sms import Sms
from functions.releases import Keyring
from functions.send.channels import Ambiguous, Draft, NotAccepted, Rejected, circumstances


@dataclass(frozen=True, slots=True)
class Text:
    """What is handed to SNS."""

    number: str
    text: str
    attributes: Mapping[str, str]


class _Sms:
    def destinations(
        self, messages: Sequence[Message], contacts: Mapping[str, Contact], release: Release, keys: Keyring
    ) -> Mapping[str, Destination | Unreachable]:
        return {message.id: _destination(contacts[message.contact], release, keys) for message in messages}

    def compose(self, draft: Draft) -> Text:
        release, number = draft.release, draft.destination.at
        template = release.template("sms", draft.message.template)
        assert isinstance(template, Sms)
        business = release.sending.business.language
        source = tongues.text_for(template.text, draft.contact, business)
        when = circumstances(draft, tongues.language_for(template.text, draft.contact, business))
        text = compose.plain_text(source, draft.contact, draft.topic, release, draft.urls, when).strip()
        if template.plain:
            text = sms.plainly(text)
        if not text:
            raise Unrenderable("template-error", "an empty text")
        if len(text) > sms.LONGEST:
            raise Unrenderable("too-long", f"{len(text)} characters")
        told = texting.attributes(number, release.sending.sms, transactional=draft.topic.transactional)
        return Text(number, text, told)

    def hand_over(self, message: Message, composed: Text) -> str:
        try:
            return sns.send_text(composed.number, composed.text, composed.attributes)
        except sns.NotAccepted as failure:
            raise NotAccepted(failure.code, throttled=failure.limit == "rate") from failure
        except sns.Rejected as failure:
            raise Rejected(failure.code) from failure
        except sns.Ambiguous as failure:
            raise Ambiguous(failure.code) from failure


def _destination(contact: Contact, release: Release, keys: Keyring) -> Destination | Unreachable:
    phone = contact.profile.trait("phone")
    if not isinstance(phone, str | int) or isinstance(phone, bool) or not str(phone).strip():
        return Unreachable("missing-address")
    number = normal_phone(str(phone))
    ref = identity_ref(PHONE, number, keys.pepper) if number else None
    if number is None or ref is None:
        return Unreachable("unusable-address")
    if ref not in contact.profile.identities:
        # Somebody typed it for this contact, and it is another's.
        return Unreachable("missing-address")
    if release.sending.sms.of(texting.country_of(number)).refused:
        return Unreachable("country-refused")
    return Destination(hash_of(ref), number)


WAY = _Sms()
