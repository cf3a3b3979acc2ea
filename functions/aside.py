"""Setting aside what can never succeed: the record itself goes to a queue, a person looks at it."""

import json
from typing import Any

from functions import settings
from functions.aws import sqs
from functions.observability import logger, metric


def set_aside(function: str, record: Any, error: BaseException) -> None:
    """Keep `record` with the reason, so that the rest of its batch goes on.

    Raises what the queue raises: a record that could not be kept is delivered again.
    """
    kind = type(error).__name__
    body = {"v": 1, "function": function, "error": kind, "message": str(error)[:500], "record": record}
    sqs.send(settings.aside_queue_url(), json.dumps(body, ensure_ascii=False, default=str))
    logger.error("record set aside", function_room=function, error=kind)
    metric("RecordsSetAside")
