"""Handing a message to a provider of AWS, at most once per call.

The client never retries by itself: a second attempt after a lost answer would be a second message. What the
caller may conclude from a failure is in the exception's type.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

Limit = Literal["", "rate", "quota"]


class Failed(Exception):
    """The provider did not confirm a message. `code` is its own or botocore's name of the failure."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class NotAccepted(Failed):
    """Surely not taken, and worth another try later: throttled, paused, unreachable, not permitted.

    `limit` is "rate" where the provider wants fewer in a second, "quota" where it takes nothing for a while: what
    it takes in 24 hours is used up, or sending is paused.
    """

    def __init__(self, code: str, detail: str = "", *, limit: Limit = "") -> None:
        super().__init__(code, detail)
        self.limit: Limit = limit


class Rejected(Failed):
    """Surely not taken, and never will be: the message itself, its sender or its recipient is refused."""


class Ambiguous(Failed):
    """Nobody knows whether it was taken: the answer was lost or is a server's error."""


def ask(call: Callable[[], Mapping[str, Any]], refusal: Callable[[str, str], NotAccepted | Rejected]) -> str:
    """The provider's id of what `call` hands over. Raises NotAccepted, Rejected or Ambiguous.

    `refusal` tells by an error's code and words what it means, where it came before the message was taken.
    """
    try:
        answer = call()
    except ClientError as error:
        code = error.response["Error"].get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        refused = refusal(code, str(error.response["Error"].get("Message", "")))
        # Every 4xx is an answer given before the message was taken.
        known = isinstance(refused, Rejected) or 400 <= status < 500
        raise (refused if known else Ambiguous(code)) from error
    except (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError) as error:
        raise NotAccepted(type(error).__name__) from error
    except ParamValidationError as error:
        raise Rejected(type(error).__name__) from error
    except BotoCoreError as error:
        raise Ambiguous(type(error).__name__) from error
    if "MessageId" not in answer:
        raise Ambiguous("NoMessageId")
    return str(answer["MessageId"])
