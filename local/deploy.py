"""Deploys a synthesized cloud assembly to the emulator: what `cdk deploy` does, with plain boto3.

The templates are the cloud's own. One asset is replaced: the dependency layer holds arm64
wheels, and the emulator's handlers take their dependencies from this virtual environment.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.emulator import ACCOUNT, REGION, EmulatorProcess
from local.waiting import until

ASSETS = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"


class DeploymentFailed(RuntimeError):
    """A stack was refused; the message names the resources and reasons."""


def deploy(aws: EmulatorProcess, assembly: Path, parameters: dict[str, str]) -> dict[str, str]:
    """Create or update every stack of the assembly, in order of dependence; all their outputs.

    Of `parameters` each stack gets those that its template declares. Raises DeploymentFailed.
    """
    _bootstrap(aws)
    outputs: dict[str, str] = {}
    for name in _stacks(assembly):
        template_key = _upload(aws, assembly, name)
        outputs |= _bring_up(aws, assembly, name, template_key, parameters)
    return outputs


def _bootstrap(aws: EmulatorProcess) -> None:
    """What `cdk bootstrap` leaves in an account, as far as the templates look."""
    s3 = aws.client("s3")
    try:
        s3.head_bucket(Bucket=ASSETS)
    except ClientError:
        s3.create_bucket(Bucket=ASSETS, CreateBucketConfiguration={"LocationConstraint": REGION})
    aws.client("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Value="99", Type="String", Overwrite=True)


def _stacks(assembly: Path) -> list[str]:
    """Names of the stacks, those that others depend on first."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    stacks = {name: body for name, body in artifacts.items() if body["type"] == "aws:cloudformation:stack"}
    ordered: list[str] = []

    def add(name: str) -> None:
        for other in stacks[name].get("dependencies", []):
            if other in stacks:
                add(other)
        if name not in ordered:
            ordered.append(name)

    for name in stacks:
        add(name)
    return ordered


def _upload(aws: EmulatorProcess, assembly: Path, stack: str) -> str:
    """Put the stack's assets where its template expects them; the key of the template itself."""
    template_key = ""
    for asset in json.loads((assembly / f"{stack}.assets.json").read_text())["files"].values():
        source = assembly / asset["source"]["path"]
        content = _zip(source) if asset["source"]["packaging"] == "zip" else source.read_bytes()
        for destination in asset["destinations"].values():
            aws.client("s3").put_object(Bucket=ASSETS, Key=destination["objectKey"], Body=content)
            if source.name == f"{stack}.template.json":
                template_key = destination["objectKey"]
    return template_key


def _zip(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if (folder / "python").is_dir():
            archive.writestr("python/README", "Dependencies come from the virtual environment.")
        else:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


def _bring_up(
    aws: EmulatorProcess, assembly: Path, name: str, template_key: str, parameters: dict[str, str]
) -> dict[str, str]:
    cfn = aws.client("cloudformation")
    template = json.loads((assembly / f"{name}.template.json").read_text())
    declared = template.get("Parameters", {})
    request: dict[str, Any] = {
        "StackName": name,
        "TemplateURL": f"{aws.url}/{ASSETS}/{template_key}",
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items() if key in declared
        ],
    }
    if _status(aws, name) is None:
        cfn.create_stack(**request)
    else:
        try:
            cfn.update_stack(**request)
        except ClientError as error:
            if "No updates" not in str(error):
                raise
    until(lambda: not str(_status(aws, name)).endswith("IN_PROGRESS"), 120, f"stack {name}", every=0.1)
    if _status(aws, name) not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeploymentFailed(f"{name}: {_status(aws, name)}\n{_reasons(aws, name)}")
    described = cfn.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _status(aws: EmulatorProcess, name: str) -> str | None:
    try:
        found = aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError:
        return None
    return str(found[0]["StackStatus"]) if found else None


def _reasons(aws: EmulatorProcess, name: str) -> str:
    events = aws.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(
        f"  {event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
        for event in events
        if "FAILED" in event["ResourceStatus"]
    )
