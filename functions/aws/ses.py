"""Amazon SES: one raw message, handed over at most once per call.

The client never retries by itself: a second attempt after a lost answer would be a second
mail. What the caller may conclude from a failure is in the exception's type.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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


class Failed(Exception):
    """SES did not confirm a message. `code` is SES's or botocore's name of the failure."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class NotAccepted(Failed):
    """Surely not taken, and worth another try later: throttled, paused, unreachable, not permitted."""


class Rejected(Failed):
    """Surely not taken, and never will be: the message itself or its sender is refused."""


class Ambiguous(Failed):
    """Nobody knows whether SES took it: the answer was lost or is a server's error."""


def send(*, sender: str, recipient: str, raw: bytes, tags: Mapping[str, str], configuration_set: str) -> str:
    """Hand over a raw MIME message; SES's id for it. Raises NotAccepted, Rejected or Ambiguous."""
    try:
        answer = client("sesv2", attempts=1).send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": [recipient]},
            Content={"Raw": {"Data": raw}},
            EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
            ConfigurationSetName=configuration_set,
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
    # Before a domain's records are found, or in the sandbox, all is refused: that passes.
    if code in _FINAL and _UNVERIFIED not in said:
        return Rejected(code, said)
    # Every other 4xx is an answer given before the message was taken.
    return NotAccepted(code) if 400 <= status < 500 else Ambiguous(code)


@dataclass(frozen=True, slots=True)
class Account:
    """What SES lets the account send: in a second, in a day; how much of that day's is used."""

    max_send_rate: float
    max_24h: float
    sent_24h: float
    sandbox: bool


def account() -> Account:
    """The account's quota, as SES has it now."""
    answer = client("sesv2").get_account()
    quota = answer.get("SendQuota", {})
    return Account(
        quota.get("MaxSendRate", 1.0),
        quota.get("Max24HourSend", 200.0),
        quota.get("SentLast24Hours", 0.0),
        not answer.get("ProductionAccessEnabled", False),
    )
