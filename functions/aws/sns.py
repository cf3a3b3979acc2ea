"""Amazon SNS: telling a topic and those who subscribed to it, and text messages to telephone numbers."""

from collections.abc import Mapping

from functions.aws import once
from functions.aws.once import Ambiguous, Failed, Limit, NotAccepted, Rejected
from functions.aws.session import client

__all__ = ["Ambiguous", "Failed", "NotAccepted", "Rejected", "publish", "send_text"]

_FINAL = frozenset(
    {"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationException", "OptedOut"}
    | {"OptedOutException", "UserError", "UserErrorException", "ValidationError", "NotFound"}
)
_THROTTLED = frozenset({"Throttled", "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequests"})


def publish(topic: str, subject: str, text: str) -> None:
    """Publish to a topic by its ARN. SNS takes a subject of ASCII, 100 characters at most."""
    client("sns").publish(TopicArn=topic, Subject=subject, Message=text)


def send_text(number: str, text: str, attributes: Mapping[str, str]) -> str:
    """Hand over a text to a number in E.164, at most once; SNS's id for it. Raises NotAccepted, Rejected or Ambiguous.

    https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    return once.ask(
        lambda: client("sns", attempts=1).publish(
            PhoneNumber=number,
            Message=text,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        ),
        lambda code, _: Rejected(code) if code in _FINAL else NotAccepted(code, limit=_limit(code)),
    )


def _limit(code: str) -> Limit:
    return "rate" if code in _THROTTLED else ""
