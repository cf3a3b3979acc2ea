"""AWS STS: who is asking."""

from functions.aws.session import client


def caller() -> str:
    """The ARN of the identity whose credentials these are; of a role, its session's.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: no policy can forbid it.
    """
    return str(client("sts").get_caller_identity()["Arn"])
