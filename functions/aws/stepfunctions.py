"""Step Functions: starting executions and answering the tokens on which they are parked."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from functions.aws.session import client

GONE = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
"""The token's task ended some other way: its time was over, or its execution is no more."""


def start(machine: str, name: str, given: Mapping[str, Any]) -> bool:
    """Start an execution; False if one of that name was started before (within 90 days)."""
    try:
        client("stepfunctions").start_execution(
            stateMachineArn=machine, name=name, input=json.dumps(given, separators=(",", ":"))
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
            return False
        raise
    return True


def succeed(token: str) -> bool:
    """End the task as done; False if nobody is parked on this token any more."""
    return _answered("send_task_success", taskToken=token, output="{}")


def fail(token: str, error: str, cause: Mapping[str, Any]) -> bool:
    """End the task with an error for the machine to catch; False if nobody is parked on this token any more."""
    return _answered("send_task_failure", taskToken=token, error=error, cause=json.dumps(cause, separators=(",", ":")))


def _answered(operation: str, **arguments: str) -> bool:
    try:
        getattr(client("stepfunctions"), operation)(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return False
        raise
    return True
