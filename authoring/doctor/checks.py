"""What an examination is made of: checks, records to copy, and asking SES."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from functions.aws.session import client

State = Literal["ok", "watch", "do", "unknown"]
"""Well; to be kept an eye on; in the way of sending; not to be found out from here."""


@dataclass(frozen=True, slots=True)
class Record:
    """A DNS record to copy."""

    type: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `what_to_do` is empty where it is well."""

    name: str
    state: State
    found: str
    what_to_do: str = ""
    records: tuple[Record, ...] = field(default=())
    text: str = ""

    def as_json(self) -> dict[str, Any]:
        """The plain values, for --json."""
        return asdict(self)


def ask(operation: str, **arguments: Any) -> dict[str, Any] | Check | None:
    """SES's answer, None where it does not know the thing, or a Check that says why it gave none."""
    try:
        answer: dict[str, Any] = getattr(client("sesv2"), operation)(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NotFoundException", "NotFound"):
            return None
        reason = error.response["Error"].get("Message") or error.response["Error"]["Code"]
        return Check("SES", "unknown", f"SES did not answer {operation}: {reason}", "Look in the SES console instead")
    except (BotoCoreError, KeyError, ValueError) as error:
        return Check("SES", "unknown", f"SES did not answer {operation}: {error}", "Look in the SES console instead")
    return answer
