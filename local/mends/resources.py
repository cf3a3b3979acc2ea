"""CloudFormation resource types."""

import json
from typing import Any

from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

from local.mends import expect

ARCHIVE = "AWS::Events::Archive"


def archive() -> None:
    """AWS::Events::Archive is unknown to CloudFormation here, and an unknown type refuses the whole stack."""
    expect(ARCHIVE not in provisioners._RESOURCE_HANDLERS, f"{ARCHIVE} is known now")

    def create(logical_id: str, props: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
        name = props.get("ArchiveName") or provisioners._physical_name(stack, logical_id, max_len=48)
        pattern = props.get("EventPattern", "")
        request = {
            **props,
            "ArchiveName": name,
            "EventSourceArn": props.get("SourceArn", ""),
            "EventPattern": json.dumps(pattern) if isinstance(pattern, dict) else pattern,
        }
        status, _, body = eventbridge._create_archive(request)
        if status >= 300:
            raise ValueError(body)
        return name, {"Arn": json.loads(body)["ArchiveArn"], "ArchiveName": name}

    def delete(physical_id: str, props: dict[str, Any]) -> None:
        eventbridge._delete_archive({"ArchiveName": physical_id})

    provisioners._RESOURCE_HANDLERS[ARCHIVE] = {"create": create, "delete": delete}
