"""SES, played: it keeps what it was given, and reports about it in SES's own words through SNS and SQS."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as policy
from typing import Any

from local.feedback import Sent, events
from tests.cloud.wire import Refusal


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that SES took."""

    sent: Sent
    parsed: EmailMessage

    @property
    def to(self) -> str:
        return self.sent.to[0]

    @property
    def subject(self) -> str:
        return str(self.parsed["Subject"])

    @property
    def message(self) -> str:
        """The id in our ledger."""
        return self.sent.tags["message"]

    def part(self, kind: str) -> str:
        """The text of the part "plain" or "html"."""
        body = self.parsed.get_body((kind,))
        assert body is not None
        return str(body.get_content())

    def feedback(self, kind: str) -> str:
        """What SNS puts on the feedback queue about an outcome, such as "Delivery" or "Bounce"."""
        found = next(event for event in events(self.sent) if event["eventType"] == kind)
        return notification(found)


def notification(event: dict[str, Any]) -> str:
    """An SES event inside SNS's envelope (raw delivery off)."""
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "00000000-0000-0000-0000-000000000000",
            "TopicArn": "arn:aws:sns:eu-west-1:000000000000:feedback",
            "Subject": "Amazon SES Email Event Notification",
            "Message": json.dumps(event),
            "Timestamp": "2026-11-24T00:00:00.000Z",
        }
    )


class Postbox:
    """SES of one deployment."""

    def __init__(self, now: Callable[[], int], swallows: Callable[[str, dict[str, str]], bool]) -> None:
        """`swallows` says of a recipient and a message's tags whether it vanishes: not taken, and no answer."""
        self._now, self._swallows = now, swallows
        self.mails: list[Mail] = []
        self.memos: list[Mail] = []
        """Mail to people of the business, of which nothing is reported."""
        self.rate = 14.0
        """Messages in a second that the account allows."""

    def play(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Answer an API call."""
        if operation == "GetAccount":
            quota = {"Max24HourSend": 50_000.0, "MaxSendRate": self.rate, "SentLast24Hours": 0.0}
            return {"ProductionAccessEnabled": True, "SendingEnabled": True, "SendQuota": quota}
        assert operation == "SendEmail", operation
        tags = {tag["Name"]: tag["Value"] for tag in request["EmailTags"]}
        if self._swallows(request["Destination"]["ToAddresses"][0], tags):
            raise Refusal("ServiceUnavailable", status=503)
        raw = base64.b64decode(request["Content"]["Raw"]["Data"])
        parsed = message_from_bytes(raw, policy=policy)
        assert isinstance(parsed, EmailMessage)
        kept = self.mails if tags else self.memos
        number = f"0102-{len(self.mails) + len(self.memos) + 1:06d}-000000"
        kept.append(
            Mail(
                Sent(
                    message_id=number,
                    at=self._now(),
                    source=request["FromEmailAddress"],
                    to=tuple(request["Destination"]["ToAddresses"]),
                    headers=tuple((name, str(value)) for name, value in parsed.items()),
                    tags=tags,
                    configuration_set=request.get("ConfigurationSetName", ""),
                    raw=raw.decode("utf-8", "surrogateescape"),
                ),
                parsed,
            )
        )
        return {"MessageId": number}
