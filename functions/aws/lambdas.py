"""Lambda: calling a function without waiting for its answer."""

import json
from collections.abc import Mapping
from typing import Any

from functions.aws.session import client


def call_later(function: str, event: Mapping[str, Any]) -> None:
    """Let a function run once with `event`, as soon as it may. Lambda keeps the call and tries it again if it fails."""
    client("lambda").invoke(
        FunctionName=function, InvocationType="Event", Payload=json.dumps(event, separators=(",", ":")).encode()
    )
