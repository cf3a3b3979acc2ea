"""What SES would report about a message, in SES's own JSON.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
The mailbox simulator's addresses decide what happens; every other address is delivered. SES itself knows success,
bounce, ooto, complaint and suppressionlist; the others are known on this machine only, to try what else there is.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

ACCOUNT = "000000000000"
SIMULATOR = "simulator.amazonses.com"
UNKNOWN = ("5.1.1", "smtp; 550 5.1.1 user unknown")
FULL = ("4.2.2", "smtp; 452 4.2.2 mailbox full")
TOO_LARGE = ("5.3.4", "smtp; 552 5.3.4 message too large")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message that the emulator accepted. `at` in epoch milliseconds, `raw` the MIME text."""

    message_id: str
    at: int
    source: str
    to: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    tags: dict[str, str]
    configuration_set: str
    raw: str

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Sent":
        stored = json.loads(text)
        return cls(
            **{
                **stored,
                "to": tuple(stored["to"]),
                "headers": tuple((name, value) for name, value in stored["headers"]),
            }
        )


def event_type(event: dict[str, Any]) -> str:
    """The name of an event as configuration sets spell it."""
    return re.sub(r"(?<=[a-z]) ?(?=[A-Z])", "_", str(event["eventType"])).upper()


def events(sent: Sent) -> Iterator[dict[str, Any]]:
    """The events of one message in the order in which SES would publish them."""
    yield {"eventType": "Send", "mail": _mail(sent), "send": {}}
    for address in sent.to:
        for kind, details in _outcome(sent, parseaddr(address)[1]):
            yield {"eventType": kind, "mail": _mail(sent), _part(kind): details}


def _part(kind: str) -> str:
    return "failure" if kind == "Rendering Failure" else kind[:1].lower() + kind[1:]


def _outcome(sent: Sent, address: str) -> Iterator[tuple[str, dict[str, Any]]]:
    local, _, domain = address.lower().partition("@")
    # The simulator ignores a label: bounce+anything@ bounces too.
    behaviour = local.partition("+")[0] if domain == SIMULATOR else "success"
    delivered = ("Delivery", _delivery(sent, address))
    match behaviour:
        case "bounce":
            yield "Bounce", _bounce(sent, address, "Permanent", "General", UNKNOWN)
        case "suppressionlist":
            yield "Bounce", _bounce(sent, address, "Permanent", "Suppressed", UNKNOWN)
        case "ooto":
            yield delivered
            yield "Bounce", _bounce(sent, address, "Transient", "General", None)
        case "complaint":
            yield delivered
            yield "Complaint", _complaint(sent, address, "abuse")
        case "notspam":
            yield delivered
            yield "Complaint", _complaint(sent, address, "not-spam")
        case "softbounce":
            yield "Bounce", _bounce(sent, address, "Transient", "MailboxFull", FULL)
        case "toolarge":
            yield "Bounce", _bounce(sent, address, "Transient", "MessageTooLarge", TOO_LARGE)
        case "undetermined":
            yield "Bounce", _bounce(sent, address, "Undetermined", "Undetermined", None)
        case "delay":
            yield "DeliveryDelay", _delay(sent, address)
            yield delivered
        case "reject":
            yield "Reject", {"reason": "Bad content"}
        case "unsubscribe":
            yield delivered
            yield "Subscription", _left(sent)
        case _:
            yield delivered


def _stamp(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _mail(sent: Sent) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in sent.headers}
    return {
        "timestamp": _stamp(sent.at),
        "source": sent.source,
        "sourceArn": f"arn:aws:ses:eu-west-1:{ACCOUNT}:identity/{parseaddr(sent.source)[1]}",
        "sendingAccountId": ACCOUNT,
        "messageId": sent.message_id,
        "destination": list(sent.to),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in sent.headers],
        "commonHeaders": {
            "from": [headers.get("from", sent.source)],
            "to": list(sent.to),
            "messageId": sent.message_id,
            "subject": headers.get("subject", ""),
        },
        "tags": {
            "ses:configuration-set": [sent.configuration_set],
            "ses:source-ip": ["127.0.0.1"],
            "ses:from-domain": [parseaddr(sent.source)[1].partition("@")[2]],
            "ses:caller-identity": ["samovar"],
            **{name: [value] for name, value in sent.tags.items()},
        },
    }


def _delivery(sent: Sent, address: str) -> dict[str, Any]:
    return {
        "timestamp": _stamp(sent.at),
        "processingTimeMillis": 0,
        "recipients": [address],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "mta.example.com",
    }


def _bounce(sent: Sent, address: str, kind: str, subtype: str, status: tuple[str, str] | None) -> dict[str, Any]:
    said = {"action": "failed", "status": status[0], "diagnosticCode": status[1]} if status else {}
    return {
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": [{"emailAddress": address, **said}],
        "timestamp": _stamp(sent.at),
        "feedbackId": f"{sent.message_id.partition('@')[0]}-bounce",
        **({"reportingMTA": "dsn; mta.example.com"} if status else {}),
    }


def _complaint(sent: Sent, address: str, kind: str) -> dict[str, Any]:
    return {
        "complainedRecipients": [{"emailAddress": address}],
        "timestamp": _stamp(sent.at),
        "feedbackId": f"{sent.message_id.partition('@')[0]}-complaint",
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintSubType": None,
        "complaintFeedbackType": kind,
        "arrivalDate": _stamp(sent.at),
    }


def _delay(sent: Sent, address: str) -> dict[str, Any]:
    return {
        "delayType": "TransientCommunicationFailure",
        "delayedRecipients": [
            {"emailAddress": address, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 unable to connect"}
        ],
        "expirationTime": _stamp(sent.at + 14 * 3_600_000),
        "timestamp": _stamp(sent.at),
    }


def _left(sent: Sent) -> dict[str, Any]:
    return {
        "contactList": "simulator",
        "timestamp": _stamp(sent.at),
        "source": "UnsubscribeHeader",
        "newTopicPreferences": {"unsubscribeAll": True, "topicSubscriptionStatus": []},
        "oldTopicPreferences": {"unsubscribeAll": False, "topicSubscriptionStatus": []},
    }
