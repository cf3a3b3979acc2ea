"""Which deployment a command talks to, and telling the shared modules about it."""

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from authoring.compile import STATE_VARIABLE
from functions import releases
from functions.aws import session
from functions.clock import OFFSET_FILE

ROOT = Path(__file__).parents[1]
LOCAL = ROOT / ".local"
DEFAULT = "samovar"
STACK_VARIABLE = "SAMOVAR_STACK"

_VARIABLES = {
    "EVENTS_TABLE": "EventsTable",
    "CONTACTS_TABLE": "ContactsTable",
    "BUCKET": "Bucket",
    "SEND_QUEUE_URL": "SendQueueUrl",
    "WORK_QUEUE_URL": "WorkQueueUrl",
    "ASIDE_QUEUE_URL": "AsideQueueUrl",
    "STATE_MACHINE_ARN": "StateMachineArn",
    "BUS_NAME": "BusName",
    "PUBLIC_URL": "PublicBase",
}


class Unreachable(Exception):
    """There is no such deployment, or it cannot be asked; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A deployment: its name, whether it runs on this machine, and the stack's outputs."""

    name: str
    local: bool
    outputs: Mapping[str, str] = field(default_factory=dict)


def connect(name: str | None = None) -> Target:
    """Find the deployment and point this process at it. Raises Unreachable.

    `name` is "local", or a CloudFormation stack in the account of the ambient credentials.
    Without one it is the local stack while that runs, else the stack "samovar".
    """
    if "AWS_REGION" in os.environ:
        # The AWS CLI's and the CDK's other name for it, which botocore does not know.
        os.environ.setdefault("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])
    name = name or os.environ.get(STACK_VARIABLE)
    described = _running_locally() if name in (None, "local") else None
    if described is not None:
        _set(
            AWS_ENDPOINT_URL=described["aws_endpoint"],
            AWS_DEFAULT_REGION=described["region"],
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            **{OFFSET_FILE: described["clock_file"]},
        )
        os.environ.setdefault(STATE_VARIABLE, str(local_folder() / "published.json"))
        target = Target("local", True, described["outputs"])
    elif name == "local":
        raise Unreachable("no local stack is running: start it with `make up`")
    else:
        target = Target(name or DEFAULT, False, _outputs(name or DEFAULT))
    named = {variable: target.outputs[output] for variable, output in _VARIABLES.items() if output in target.outputs}
    os.environ |= {"POWERTOOLS_SERVICE_NAME": DEFAULT, "POWERTOOLS_METRICS_NAMESPACE": "Samovar", **named}
    releases.forget()
    return target


def _set(**variables: str) -> None:
    """Set what clients and clock are made from; those that were made otherwise are forgotten."""
    if any(os.environ.get(name) != value for name, value in variables.items()):
        os.environ |= variables
        session.reset()


def local_folder() -> Path:
    """Where the local stack describes itself (stack.json)."""
    return Path(os.environ.get("STATE_DIR") or LOCAL)


def _running_locally() -> dict[str, Any] | None:
    """What the local stack says about itself, if it answers."""
    try:
        described: dict[str, Any] = json.loads((local_folder() / "stack.json").read_text(encoding="utf-8"))
        address = urlsplit(str(described["aws_endpoint"]))
        with socket.create_connection((address.hostname or "", address.port or 80), timeout=1):
            return described
    except (OSError, ValueError, KeyError):
        return None


def _outputs(name: str) -> dict[str, str]:
    try:
        stacks = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            raise Unreachable(
                f'this AWS account and region have no stack "{name}": deploy with `make deploy`, '
                "or name another with --stack; `make up` starts one on this machine"
            ) from error
        raise Unreachable(f"AWS refused to describe the stack: {error.response['Error']['Message']}") from error
    except BotoCoreError as error:
        raise Unreachable(
            "no stack runs on this machine: start `make up`. For one on AWS set credentials and AWS_REGION, for it "
            f"cannot be asked ({error})"
        ) from error
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}
