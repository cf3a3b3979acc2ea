"""What SES reports about a message, read from its own JSON.

What its documentation names: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from types import MappingProxyType
from typing import Any, Final, Literal

from functions.core import campaign
from functions.core import event as names
from functions.core.consent import EVERYTHING
from functions.core.event import Event
from functions.core.identity import EMAIL, hash_of, identity_ref, own_ref
from functions.core.ids import digest
from functions.core.message import Feedback, Message
from functions.core.reputation import OTHER, Count, domain_of
from functions.core.times import parse_time
from functions.core.wire import clean

_ID = re.compile(r"[a-z2-7]{26}")
_AUTHORED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
"""Ids of definition files, and what is made of them. SES takes letters, digits, _ and - in a tag, 256 at most."""
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_ORIGIN: Final = ("template", "journey", "step", "campaign", "run")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_NAMES: Final[Mapping[str, str]] = {
    "Send": names.EMAIL_SENT,
    "Delivery": names.EMAIL_DELIVERED,
    "Bounce": names.EMAIL_BOUNCED,
    "Complaint": names.EMAIL_COMPLAINED,
    "Reject": names.EMAIL_REJECTED,
    "Rendering Failure": names.EMAIL_UNRENDERED,
    "DeliveryDelay": names.EMAIL_DELAYED,
    "Subscription": "Email Subscription Changed",
    # Our own pixel and redirects are what counts as an open or a click.
    "Open": "Email Opened (reported by SES)",
    "Click": "Email Link Clicked (reported by SES)",
}
_SUPPRESSED: Final = "OnAccountSuppressionList"
"""Subtype of a bounce or complaint that SES made up: it did not send, because its own list holds the address."""
_CONTENT: Final = frozenset({"MessageTooLarge", "ContentRejected", "AttachmentRejected"})
"""Subtypes of bounces that say something about the message, nothing about its address."""
_GREETINGS: Final = ("Successfully validated SNS topic", "You have successfully subscribed your Amazon SNS topic")
# Details that say what happened but not to whom: diagnostic texts quote the address.
_DETAILS: Final = (
    *("bounceType", "bounceSubType", "complaintFeedbackType", "complaintSubType", "delayType", "reason"),
    *("processingTimeMillis", "feedbackId", "errorMessage", "expirationTime"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `contact` and `message` are ours, None for mail that Samovar did not send. `origin` says what
    was sent, by which step of which journey or run of which campaign, as far as that is known.

    `sent` is when the mail was sent (ms). `addresses` are hashes of those concerned, `domains` their
    domains, one for each recipient. `suppress` says why nothing more may go to them, `withdraws` names
    topics that they don't want any more, and `counts` what the report is in the books of a day.
    """

    kind: str
    at: int
    sent: int
    provider_id: str
    contact: str | None
    message: str | None
    addresses: tuple[str, ...]
    domains: tuple[str, ...]
    feedback: Feedback | None
    suppress: Literal["bounce", "complaint"] | None
    withdraws: tuple[str, ...]
    counts: Count | None
    details: Mapping[str, Any]
    origin: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


def tags_of(message: Message) -> dict[str, str]:
    """What SES is to say of a message in each of its reports."""
    said = {"template": message.template, **campaign.origin(message.journey, message.step)}
    origin = {name: value for name, value in said.items() if _AUTHORED.fullmatch(value)}
    return {"message": message.id, "contact": message.contact, **origin}


def read(body: str, pepper: bytes) -> Report | None:
    """The report in an SQS body: SES's JSON, alone or in the envelope of SNS. None for what SES says
    when it is told of the topic.

    Raises ValueError, KeyError or TypeError for what is no report.
    """
    notice = json.loads(body)
    if notice.get("Type") == "Notification" and isinstance(notice.get("Message"), str):
        if notice["Message"].startswith(_GREETINGS):
            return None
        notice = json.loads(notice["Message"])
    if str(notice.get("message", "")).startswith(_GREETINGS):
        return None
    kind = notice.get("eventType") or notice["notificationType"]
    mail = notice["mail"]
    if not isinstance(kind, str) or not isinstance(mail, dict):
        raise TypeError("a report needs a type and a mail")
    part = notice.get(_part(kind))
    part = part if isinstance(part, dict) else {}
    at = parse_time(part.get("timestamp") or mail["timestamp"])
    sent = parse_time(mail.get("timestamp") or at)
    provider_id = str(mail["messageId"])
    message = _tag(mail, "message", _ID)
    origin = {name: value for name in _ORIGIN if (value := _tag(mail, name, _AUTHORED))} if message else {}
    recipients = _recipients(part, mail)
    refs = (identity_ref(EMAIL, text, pepper) for text in recipients)
    feedback, suppress, counts = _meaning(kind, part, at, sent, provider_id)
    return Report(
        kind=kind,
        at=at,
        sent=sent,
        provider_id=provider_id,
        contact=_tag(mail, "contact", _ID),
        message=message,
        addresses=tuple(dict.fromkeys(hash_of(ref) for ref in refs if ref)),
        domains=tuple(domain_of(text) for text in recipients) or (OTHER,),
        feedback=feedback,
        suppress=suppress,
        withdraws=_withdraws(kind, part),
        counts=counts,
        details=_details(part),
        origin=origin,
    )


def _meaning(
    kind: str, part: Mapping[str, Any], at: int, sent: int, provider_id: str
) -> tuple[Feedback | None, Literal["bounce", "complaint"] | None, Count | None]:
    """What a report says about its message and its addresses, and what it counts as."""
    made_up = _SUPPRESSED in (part.get("bounceSubType"), part.get("complaintSubType"))
    taken = Feedback("sent", sent, provider_id)
    match kind:
        case "Send":
            return taken, None, "sent"
        case "Delivery":
            return Feedback("delivered", at, provider_id), None, "delivered"
        case "Bounce":
            reason = _bounced(part)
            feedback = Feedback("bounced", at, provider_id, reason)
            if reason != "permanent":
                return feedback, None, "soft"
            unwanted = part.get("bounceSubType") == "UnsubscribedRecipient"
            return feedback, None if unwanted else "bounce", None if made_up or unwanted else "bounced"
        case "Complaint" if part.get("complaintFeedbackType") == "not-spam":
            return taken, None, None
        case "Complaint":
            return Feedback("complained", at, provider_id), "complaint", None if made_up else "complained"
        case "Reject" | "Rendering Failure":
            return Feedback("bounced", at, provider_id, "rejected"), None, "rejected"
        case "DeliveryDelay":
            return taken, None, "delayed"
        case "Open" | "Click" | "Subscription":
            return taken, None, None
        case _:
            return None, None, None


def _bounced(part: Mapping[str, Any]) -> str:
    if part.get("bounceType") == "Permanent":
        return "permanent"
    if part.get("bounceSubType") in _CONTENT:
        return "content"
    return "transient" if part.get("bounceType") == "Transient" else "undetermined"


def _withdraws(kind: str, part: Mapping[str, Any]) -> tuple[str, ...]:
    """Topics that somebody left by SES's own list management. Whoever joined there saw no wording of
    ours: that grants nothing."""
    if kind == "Bounce" and part.get("bounceSubType") == "UnsubscribedRecipient":
        return (EVERYTHING,)
    wanted = part.get("newTopicPreferences") if kind == "Subscription" else None
    if not isinstance(wanted, dict):
        return ()
    if wanted.get("unsubscribeAll") is True:
        return (EVERYTHING,)
    listed = wanted.get("topicSubscriptionStatus")
    left = (
        one.get("topicName")
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict) and str(one.get("subscriptionStatus")).replace("_", "").lower() == "optout"
    )
    return tuple(dict.fromkeys(topic for topic in left if isinstance(topic, str) and _AUTHORED.fullmatch(topic)))


def _part(kind: str) -> str:
    # "DeliveryDelay" has its details under "deliveryDelay", "Rendering Failure" under "failure".
    return "failure" if kind == "Rendering Failure" else kind[:1].lower() + kind[1:]


def _details(part: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: clean(part[name]) for name in _DETAILS if isinstance(part.get(name), str | int)}
    listed = _listed(part)
    status = listed[0].get("status") if listed and isinstance(listed[0], dict) else None
    if isinstance(status, str) and _STATUS.fullmatch(status):
        said["status"] = status
    return said


def _tag(mail: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> str | None:
    tags = mail.get("tags")
    values = tags.get(name) if isinstance(tags, dict) else None
    value = values[0] if isinstance(values, list) and values else None
    return value if isinstance(value, str) and shape.fullmatch(value) else None


def _listed(part: Mapping[str, Any]) -> list[Any]:
    listed = part.get("bouncedRecipients") or part.get("complainedRecipients") or part.get("delayedRecipients")
    return listed if isinstance(listed, list) else []


def _recipients(part: Mapping[str, Any], mail: Mapping[str, Any]) -> list[str]:
    """The addresses that a report is about, as far as they can be read."""
    texts: list[Any] = [one.get("emailAddress") for one in _listed(part) if isinstance(one, dict)]
    if not texts and isinstance(mail.get("destination"), list):
        texts = mail["destination"]
    return [address for text in texts if isinstance(text, str) and (address := parseaddr(text)[1])]


def to_events(report: Report, received: int) -> list[Event]:
    """The events of a report: the contact's, or those of the addresses where no contact is named.

    The first is the report itself, one that is not known yet under its own name; the others say what was withdrawn.
    """
    sources = [own_ref(report.contact)] if report.contact else [f"{EMAIL}#{address}" for address in report.addresses]
    return [event for source in sources for event in _events(report, source, received)]


def _events(report: Report, source: str, received: int) -> Iterator[Event]:
    told = str(report.details.get("feedbackId", ""))
    properties = {"message": report.message, "provider_id": report.provider_id, **report.origin, **report.details}
    not_spam = report.kind == "Complaint" and report.suppress is None
    told_as = names.EMAIL_NOT_SPAM if not_spam else _NAMES.get(report.kind, f"Email {report.kind[:60]}")
    stated = [(told_as, properties, digest("ses", report.kind, report.provider_id, told, *report.addresses))]
    if report.kind == "DeliveryDelay":
        # A mail may be late more than once, and SES gives these no id.
        stated = [(told_as, properties, digest(stated[0][2], str(report.at)))]
    for topic in report.withdraws:
        about = {"topic": topic, "message": report.message, **report.origin}
        stated.append((names.UNSUBSCRIBED, about, digest("withdrawn", topic, stated[0][2])))
    for name, said, id in stated:
        yield Event(
            source=source,
            id=id,
            stamp=report.at,
            at=min(report.at, received),
            received=received,
            kind=names.SYSTEM,
            name=name,
            properties={key: value for key, value in said.items() if value is not None},
        )
