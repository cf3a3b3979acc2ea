"""One botocore session for the process; clients are made when first used.

botocore without boto3 starts in four fifths of the time, and a second client in the
same session is nearly free. The endpoint comes from AWS_ENDPOINT_URL where it is set.
"""

from functools import cache
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

from functions import clock
from functions.aws import plain

CONNECTIONS = 32
"""So many calls of one service may be under way at once without waiting for each other."""


# Fewer seconds than any function's timeout, so that a hung call fails inside it.
def _config(service: str, attempts: int) -> Config:
    return Config(
        connect_timeout=3,
        read_timeout=10,
        # As many as send hands over at once.
        max_pool_connections=CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": attempts},
        # Each of these is about an eighth of a call's CPU. Our own code makes only well-formed items and mails …
        parameter_validation=service not in ("dynamodb", "sesv2"),
        # … and botocore would put together anew, for every call, what it says of itself.
        user_agent="samovar",
    )


_made: list[Any] = []
_one_at_a_time = Lock()


@cache
def _session() -> Session:
    return get_session()


@cache
def client(service: str, attempts: int = 4) -> Any:
    """The shared client of an AWS service, such as "dynamodb", which tries a call so often.

    One attempt is for calls whose repetition would be seen outside.
    """
    # A session may not make two clients at once, and send calls providers from several threads.
    with _one_at_a_time:
        made = _session().create_client(service, config=_config(service, attempts))
        if service == "dynamodb":
            plain.speak(made)
        elif service == "sesv2":
            plain.speak_mail(made)
        _made.append(made)
    return made


def identity() -> tuple[Any, str]:
    """The credentials of the process, None where it has none, and the region that it works in."""
    with _one_at_a_time:
        found = _session()
        return found.get_credentials(), str(found.get_config_variable("region") or "us-east-1")


def reset() -> None:
    """Forget session, clients and whose clock it is: what changes endpoints or credentials calls it."""
    while _made:
        _made.pop().close()
    client.cache_clear()
    _session.cache_clear()
    clock.forget()
