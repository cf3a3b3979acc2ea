"""Amazon SNS: telling a topic and those who subscribed to it, and text messages to telephone numbers.

A text is handed over at most once per call. As with mail the client never retries by itself: a second
attempt after a lost answer would be a second text, and a second price.
"""

from collections.abc import Mapping

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from functions.aws.session import client

_FINAL = frozenset(
    {"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationException", "OptedOut"}
    | {"OptedOutException", "UserError", "UserErrorException", "ValidationError", "NotFound"}
)
_THROTTLED = frozenset({"Throttled", "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequests"})


class Failed(Exception):
    """SNS did not confirm a text. `code` is SNS's or botocore's name of the failure."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotAccepted(Failed):
    """Surely not taken, and worth another try later: throttled, the month's budget spent, unreachable."""

    @property
    def throttled(self) -> bool:
        """Whether SNS asks for less."""
        return self.code in _THROTTLED


class Rejected(Failed):
    """Surely not taken, and never will be: the number or the text is refused."""


class Ambiguous(Failed):
    """Nobody knows whether SNS took it: the answer was lost or is a server's error."""


def publish(topic: str, subject: str, text: str) -> None:
    """Publish to a topic by its ARN. SNS takes a subject of ASCII, 100 characters at most."""
    client("sns").publish(TopicArn=topic, Subject=subject, Message=text)


def send_text(number: str, text: str, attributes: Mapping[str, str]) -> str:
    """Hand over a text to a number in E.164; SNS's id for it. Raises NotAccepted, Rejected or Ambiguous.

    https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    try:
        answer = client("sns", attempts=1).publish(
            PhoneNumber=number,
            Message=text,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )
    except ClientError as error:
        code = error.response["Error"].get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        if code in _FINAL:
            raise Rejected(code) from error
        # Every other 4xx is an answer given before the message was taken.
        raise (NotAccepted(code) if 400 <= status < 500 else Ambiguous(code)) from error
    except (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError) as error:
        raise NotAccepted(type(error).__name__) from error
    except ParamValidationError as error:
        raise Rejected(type(error).__name__) from error
    except BotoCoreError as error:
        raise Ambiguous(type(error).__name__) from error
    if "MessageId" not in answer:
        raise Ambiguous("NoMessageId")
    return str(answer["MessageId"])
