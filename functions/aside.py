"""Setting aside what can never succeed: the record itself goes to a queue, a person looks at it."""

import json
from typing import Any, Final

from functions import settings
from functions.aws import sqs
from functions.observability import logger, metric

LONGEST: Final = 200_000
"""Characters of a record that are kept: a queue's message holds no more than 256 KB."""


def set_aside(function: str, record: Any, error: BaseException) -> None:
    """Keep `record` with the reason, so that the rest of its batch goes on.

    Raises what the queue raises: a record that could not be kept is delivered again.
    """
    kind = type(error).__name__
    body = {"v": 1, "function": function, "error": kind, "message": str(error)[:500], "record": record}
    # ASCII only: SQS refuses some characters, and what is poison must not be refused here as well.
    text = json.dumps(body, default=str)
    if len(text) > LONGEST:
        text = json.dumps(body | {"record": None, "cut": json.dumps(record, default=str)[: LONGEST // 2]})
    sqs.send(settings.aside_queue_url(), text)
    logger.error("record set aside", function_room=function, error=kind)
    metric("RecordsSetAside")
