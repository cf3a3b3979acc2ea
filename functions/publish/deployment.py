"""Publishing as a part of a deployment: the request of a CloudFormation custom resource, and its answer."""

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions import clock, settings
from functions.aws import s3
from functions.core import assets
from functions.core.publishing import Pointer
from functions.core.release import load, release_id
from functions.publish import keyring
from functions.tables import releases
from functions.work import going_live

PHYSICAL_ID = "samovar-release"
"""Never changes: a new one would make CloudFormation delete the old."""

_REASON_LENGTH = 1500
_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class Asset:
    """What a deployment uploaded: the compiled release, and the files it came from."""

    release: bytes
    sources: dict[str, str]


def perform(event: Mapping[str, Any]) -> dict[str, Any]:
    """Do what the request asks; the resource's attributes. Deleting leaves everything as it is."""
    if event["RequestType"] == "Delete":
        return {}
    keyring.ensure()
    wanted = event["ResourceProperties"]
    asset = _read(wanted["AssetBucket"], wanted["AssetKey"])
    if release_id(asset.release) != wanted["ReleaseId"]:
        raise ValueError("the uploaded release does not have the id that the template names: synthesize again")
    _store_files(wanted, asset.release)
    pointer: Pointer = releases.publish(
        asset.release,
        asset.sources,
        by="deploy",
        based_on=wanted.get("BasedOn") or None,
        deployed=event.get("OldResourceProperties", {}).get("ReleaseId"),
        deployment=True,
        note="cdk deploy",
    )
    going_live.follow(pointer, clock.now_ms())
    return {"ReleaseId": pointer.release, "Seq": str(pointer.seq)}


def _store_files(wanted: Mapping[str, Any], release: bytes) -> None:
    """Put the uploaded files where links lead to, each once: `Files` is its SHA-256 → the key of its upload."""
    types = {one.content: one.type for one in load(release).assets.values()}
    for content, key in wanted.get("Files", {}).items():
        if content in types and not s3.exists(settings.bucket(), assets.key(content)):
            source = wanted["AssetBucket"], key
            s3.copy(settings.bucket(), assets.key(content), source, content_type=types[content])


def _read(bucket: str, key: str) -> Asset:
    content = json.loads(s3.get(bucket, key))
    return Asset(content["release"].encode(), content["sources"])


def answer(event: Mapping[str, Any], *, data: Mapping[str, Any] | None = None, failure: str | None = None) -> None:
    """Tell CloudFormation how it went; without an answer it waits for an hour."""
    body = {
        "Status": "FAILED" if failure else "SUCCESS",
        "Reason": (failure or "")[:_REASON_LENGTH],
        "PhysicalResourceId": PHYSICAL_ID,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": dict(data or {}),
    }
    # The URL is signed without a content type, and S3 refuses a request that names one.
    request = urllib.request.Request(
        event["ResponseURL"], data=json.dumps(body).encode(), method="PUT", headers={"Content-Type": ""}
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S):
        pass
