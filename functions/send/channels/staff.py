"""Mail to people of the business: what steps notify them of, and leads that are handed to them. By Amazon SES.

It goes to a group of sending.yaml in one letter, without anything that marketing mail has: no footer, no signed
links, no opens. SES reports nothing of it: what SES took is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.aws import ses
from functions.core import compose, leads, mime, policy
from functions.core.compose import Unrenderable, Urls
from functions.core.contact import Contact
from functions.core.message import Message
from functions.core.policy import Destination, Unreachable
from functions.core.release import Release
from functions.core.steps import Handoff, Notify
from functions.releases import Keyring
from functions.send.channels import Ambiguous, Draft, NotAccepted, Rejected, circumstances
from functions.texts.catalogue import words

_BETWEEN = ", "


@dataclass(frozen=True, slots=True)
class Memo:
    """What is handed to SES."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class _Staff:
    def destinations(
        self, messages: Sequence[Message], contacts: Mapping[str, Contact], release: Release, keys: Keyring
    ) -> Mapping[str, Destination | Unreachable]:
        return {message.id: _destination(message, contacts[message.contact], release) for message in messages}

    def compose(self, draft: Draft) -> Memo:
        message, release, contact = draft.message, draft.release, draft.contact
        match release.said_to_staff(message.journey, message.template):
            case Notify() as step:
                subject, text = _rendered(draft, step.notify.subject), _rendered(draft, step.notify.text)
            case Handoff() as step:
                reason, say = step.handoff.reason, words(release.sending)
                subject = leads.subject(contact, reason)
                text = leads.told(contact, release, reason, draft.now, say)
            case None:
                raise Unrenderable("unknown-template", message.template)
        sending, recipients = release.sending, draft.destination.at.split(_BETWEEN)
        sender = mime.ascii_domain(sending.sender.email)
        headers = [
            ("From", mime.mailbox(mime.clean(sending.sender.name), sender)),
            ("To", ",\r\n ".join(recipients)),
            ("Subject", mime.encoded(mime.clean(subject)[:200].strip())),
            # Nobody's absence is to be answered to a machine (RFC 3834).
            ("Auto-Submitted", "auto-generated"),
        ]
        return Memo(sender, tuple(recipients), mime.plain(headers, mime.octets(text)))

    def hand_over(self, message: Message, composed: Memo) -> str:
        try:
            return ses.send(sender=composed.sender, recipients=composed.recipients, raw=composed.raw, tags={})
        except ses.NotAccepted as failure:
            raise NotAccepted(
                failure.code, throttled=failure.limit == "rate", closed=failure.limit == "quota"
            ) from failure
        except ses.Rejected as failure:
            raise Rejected(failure.code) from failure
        except ses.Ambiguous as failure:
            raise Ambiguous(failure.code) from failure


def _destination(message: Message, contact: Contact, release: Release) -> Destination | Unreachable:
    step = release.said_to_staff(message.journey, message.template)
    if step is None:
        # What the release doesn't have is told by policy.
        return Destination("", "")
    if contact.state.erased:
        return Unreachable("missing-address")
    group = step.notify.to if isinstance(step, Notify) else step.handoff.to
    usable = [mailbox for address in release.sending.staff.get(group, ()) if (mailbox := policy.mailbox(address))]
    return Destination("", _BETWEEN.join(usable)) if usable else Unreachable("no-staff")


def _rendered(draft: Draft, source: str) -> str:
    # Links that act for the contact are not for others to follow.
    none = Urls(click=str, open="", unsubscribe="")
    when = circumstances(draft)
    return compose.plain_text(source, draft.contact, draft.topic, draft.release, none, when)


WAY = _Staff()
