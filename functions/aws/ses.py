"""Amazon SES: one raw message, handed over at most once per call, and what the account may send."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.aws import once
from functions.aws.once import Ambiguous, Failed, Limit, NotAccepted, Rejected
from functions.aws.session import client

__all__ = ["Account", "Ambiguous", "Failed", "NotAccepted", "Rejected", "account", "send"]

_FINAL = frozenset({"MessageRejected", "BadRequestException"})
_UNVERIFIED = "not verified"
_PAUSED = re.compile(r"(?:sending|account)\b.{0,40}\b(?:paused|suspended|disabled)", re.IGNORECASE)
_THROTTLED = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})
_CLOSED = frozenset({"LimitExceededException", "SendingPausedException", "AccountSuspendedException"})


def send(
    *, sender: str, recipients: Sequence[str], raw: bytes, tags: Mapping[str, str], configuration_set: str = ""
) -> str:
    """Hand over a raw MIME message to 50 recipients at most; SES's id for it.

    Raises NotAccepted, Rejected or Ambiguous. Without a configuration set nothing is reported of it.
    """
    return once.ask(
        lambda: client("sesv2", attempts=1).send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": list(recipients)},
            Content={"Raw": {"Data": raw}},
            EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
            **({"ConfigurationSetName": configuration_set} if configuration_set else {}),
        ),
        _refusal,
    )


def _refusal(code: str, said: str) -> NotAccepted | Rejected:
    # Before a domain's records are found, in the sandbox, or while an account is under review, all is refused: that
    # passes. "Sending paused for this account" comes as MessageRejected, too.
    if code in _FINAL and _UNVERIFIED not in said and not _PAUSED.search(said):
        return Rejected(code, said)
    return NotAccepted(code, said, limit=_limit(code, said))


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
