"""What SES reports about a message, read from its own JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from types import MappingProxyType
from typing import Any, Final, Literal

from functions.core import event as names
from functions.core.event import Event
from functions.core.identity import EMAIL, hash_of, identity_ref, own_ref
from functions.core.ids import digest
from functions.core.message import Feedback, Message, Outcome
from functions.core.times import parse_time
from functions.core.wire import clean

_ID = re.compile(r"[a-z2-7]{26}")
_AUTHORED = re.compile(r"[a-z0-9][a-z0-9-]{0,127}")
"""Ids of definition files, and those made of them. SES takes letters, digits, _ and - in a tag, 256 at most."""
_OUTCOMES: Final[Mapping[str, Outcome]] = {
    "Send": "sent",
    "Delivery": "delivered",
    "Bounce": "bounced",
    "Reject": "bounced",
    "Rendering Failure": "bounced",
    "Complaint": "complained",
}
_ORIGIN: Final = ("template", "journey", "step")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_NAMES: Final[Mapping[str, str]] = {
    "Send": names.EMAIL_SENT,
    "Delivery": names.EMAIL_DELIVERED,
    "Bounce": names.EMAIL_BOUNCED,
    "Complaint": names.EMAIL_COMPLAINED,
    "Reject": "Email Rejected",
    "Rendering Failure": "Email Rendering Failed",
    "DeliveryDelay": "Email Delayed",
    "Subscription": "Email Subscription Changed",
    # Our own pixel and redirects are what counts as an open or a click.
    "Open": "Email Opened (reported by SES)",
    "Click": "Email Link Clicked (reported by SES)",
}
# Details that say what happened but not to whom: diagnostic texts quote the address.
_DETAILS: Final = (
    *("bounceType", "bounceSubType", "complaintFeedbackType", "complaintSubType", "delayType", "reason"),
    *("processingTimeMillis", "feedbackId", "errorMessage"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `contact` and `message` are ours, None for mail that Samovar did not send. `origin` says what
    was sent, by which step of which journey, as far as that is known.

    `addresses` are hashes of those concerned; `suppress` says why nothing more may go to them.
    """

    kind: str
    at: int
    provider_id: str
    contact: str | None
    message: str | None
    addresses: tuple[str, ...]
    feedback: Feedback | None
    suppress: Literal["bounce", "complaint"] | None
    details: Mapping[str, Any]
    origin: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


def tags_of(message: Message) -> dict[str, str]:
    """What SES is to say of a message in each of its reports."""
    said = {name: getattr(message, name) for name in _ORIGIN}
    origin = {name: value for name, value in said.items() if _AUTHORED.fullmatch(value)}
    return {"message": message.id, "contact": message.contact, **origin}


def read(body: str, pepper: bytes) -> Report:
    """The report in an SQS body: SES's JSON, alone or in the envelope of SNS.

    Raises ValueError, KeyError or TypeError for what is no report.
    """
    notice = json.loads(body)
    if notice.get("Type") == "Notification" and isinstance(notice.get("Message"), str):
        notice = json.loads(notice["Message"])
    kind = notice.get("eventType") or notice["notificationType"]
    mail = notice["mail"]
    if not isinstance(kind, str) or not isinstance(mail, dict):
        raise TypeError("a report needs a type and a mail")
    part = notice.get(_part(kind))
    part = part if isinstance(part, dict) else {}
    at = parse_time(part.get("timestamp") or mail["timestamp"])
    provider_id = str(mail["messageId"])
    permanent = part.get("bounceType") == "Permanent"
    outcome, message = _OUTCOMES.get(kind), _tag(mail, "message", _ID)
    origin = _origin({name: value for name in _ORIGIN if (value := _tag(mail, name, _AUTHORED))}) if message else {}
    return Report(
        kind=kind,
        at=at,
        provider_id=provider_id,
        contact=_tag(mail, "contact", _ID),
        message=message,
        addresses=_addresses(part, mail, pepper),
        feedback=None if outcome is None else Feedback(outcome, at, provider_id, _reason(kind, part)),
        suppress="complaint" if kind == "Complaint" else "bounce" if kind == "Bounce" and permanent else None,
        details={name: clean(part[name]) for name in _DETAILS if isinstance(part.get(name), str | int)},
        origin=origin,
    )


def _origin(said: dict[str, str]) -> dict[str, str]:
    """What was sent and by what, as events say it."""
    from functions.core import campaign

    if "journey" in said and "step" in said:
        said |= campaign.origin(said["journey"], said["step"])
        if "campaign" in said:
            del said["journey"], said["step"]
    return said


def _part(kind: str) -> str:
    # "DeliveryDelay" has its details under "deliveryDelay", "Rendering Failure" under "failure".
    return "failure" if kind == "Rendering Failure" else kind[:1].lower() + kind[1:]


def _reason(kind: str, part: Mapping[str, Any]) -> str:
    match kind:
        case "Bounce":
            return str(part.get("bounceType", "")).lower()
        case "Reject" | "Rendering Failure":
            return "rejected"
        case _:
            return ""


def _tag(mail: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> str | None:
    tags = mail.get("tags")
    values = tags.get(name) if isinstance(tags, dict) else None
    value = values[0] if isinstance(values, list) and values else None
    return value if isinstance(value, str) and shape.fullmatch(value) else None


def _addresses(part: Mapping[str, Any], mail: Mapping[str, Any], pepper: bytes) -> tuple[str, ...]:
    listed = part.get("bouncedRecipients") or part.get("complainedRecipients") or part.get("delayedRecipients")
    texts = [one.get("emailAddress") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if not texts and isinstance(mail.get("destination"), list):
        texts = mail["destination"]
    refs = [identity_ref(EMAIL, parseaddr(text)[1], pepper) for text in texts if isinstance(text, str)]
    return tuple(dict.fromkeys(hash_of(ref) for ref in refs if ref))


def to_events(report: Report, received: int) -> list[Event]:
    """The events of a report: the contact's, or those of the addresses where no contact is named.

    A kind that is not known yet is kept under its own name.
    """
    sources = [own_ref(report.contact)] if report.contact else [f"{EMAIL}#{address}" for address in report.addresses]
    told = str(report.details.get("feedbackId", ""))
    properties = {"message": report.message, "provider_id": report.provider_id, **report.origin, **report.details}
    return [
        Event(
            source=source,
            id=digest("ses", report.kind, report.provider_id, told, *report.addresses),
            stamp=report.at,
            at=min(report.at, received),
            received=received,
            kind=names.SYSTEM,
            name=_NAMES.get(report.kind, f"Email {report.kind[:60]}"),
            properties={name: value for name, value in properties.items() if value is not None},
        )
        for source in sources
    ]
