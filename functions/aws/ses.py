"""Amazon SES: one raw message, handed over at most once per call.

The client never retries by itself: a second attempt after a lost answer would be a second
mail. What the caller may conclude from a failure is in the exception's type.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from functions.aws.session import client

_FINAL = frozenset({"MessageRejected", "BadRequestException"})
_UNVERIFIED = "not verified"
_PAUSED = re.compile(r"(?:sending|account)\b.{0,40}\b(?:paused|suspended|disabled)", re.IGNORECASE)
_THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})
_CLOSED = frozenset({"LimitExceededException", "SendingPausedException", "AccountSuspendedException"})
Limit = Literal["", "rate", "quota"]


class Failed(Exception):
    """SES did not confirm a message. `code` is SES's or botocore's name of the failure."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class NotAccepted(Failed):
    """Surely not taken, and worth another try later: throttled, paused, unreachable, not permitted.

    `limit` is "rate" where SES wants fewer in a second, "quota" where it takes nothing for a while: what it
    takes in 24 hours is used up, or sending is paused.
    """

    def __init__(self, code: str, detail: str = "", *, limit: Limit = "") -> None:
        super().__init__(code, detail)
        self.limit: Limit = limit


class Rejected(Failed):
    """Surely not taken, and never will be: the message itself or its sender is refused."""


class Ambiguous(Failed):
    """Nobody knows whether SES took it: the answer was lost or is a server's error."""


def send(*, sender: str, recipient: str, raw: bytes, tags: Mapping[str, str], configuration_set: str = "") -> str:
    """Hand over a raw MIME message; SES's id for it. Raises NotAccepted, Rejected or Ambiguous.

    Without a configuration set nothing is reported of it.
    """
    try:
        answer = client("sesv2", attempts=1).send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": [recipient]},
            Content={"Raw": {"Data": raw}},
            EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
            **({"ConfigurationSetName": configuration_set} if configuration_set else {}),
        )
    except ClientError as error:
        raise _failure(error) from error
    except (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError) as error:
        raise NotAccepted(type(error).__name__) from error
    except ParamValidationError as error:
        raise Rejected(type(error).__name__) from error
    except BotoCoreError as error:
        raise Ambiguous(type(error).__name__) from error
    if "MessageId" not in answer:
        raise Ambiguous("NoMessageId")
    return str(answer["MessageId"])


def _failure(error: ClientError) -> Failed:
    code = error.response["Error"].get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    said = str(error.response["Error"].get("Message", ""))
    # Before a domain's records are found, in the sandbox, or while an account is under review, all is refused: that
    # passes. "Sending paused for this account" comes as MessageRejected, too.
    if code in _FINAL and _UNVERIFIED not in said and not _PAUSED.search(said):
        return Rejected(code, said)
    # Every other 4xx is an answer given before the message was taken.
    return NotAccepted(code, said, limit=_limit(code, said)) if 400 <= status < 500 else Ambiguous(code)


def _limit(code: str, said: str) -> Limit:
    if code in _THROTTLED:
        # One code for both of SES's limits: "Maximum sending rate exceeded", "Daily message quota exceeded".
        return "quota" if "daily" in said.lower() else "rate"
    return "quota" if code in _CLOSED or (code in _FINAL and _PAUSED.search(said)) else ""


@dataclass(frozen=True, slots=True)
class Account:
    """What SES allows this account in this region: messages in a second and in 24 hours (None: any number), how many
    it took in the last 24 hours, whether only verified recipients are written to, and whether it takes anything."""

    max_send_rate: float
    max_24h: float | None
    sent_24h: float
    sandbox: bool
    enabled: bool = True


def account() -> Account:
    """The account's quota as it stands. Raises what botocore raises."""
    answer = client("sesv2", attempts=1).get_account()
    quota = answer.get("SendQuota", {})
    at_most = float(quota.get("Max24HourSend", -1))
    return Account(
        max_send_rate=float(quota.get("MaxSendRate", 0)),
        max_24h=None if at_most < 0 else at_most,
        sent_24h=float(quota.get("SentLast24Hours", 0)),
        sandbox=not answer.get("ProductionAccessEnabled", True),
        enabled=bool(answer.get("SendingEnabled", True)),
    )
