"""What a deployment still holds of somebody: a byte search of tables, bucket, queues and executions."""

import json
from collections.abc import Iterator

from tests.cloud import stores
from tests.cloud.cloud import Cloud


def places(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """Everything that is stored: where, and its text."""
    for table in ("events", "contacts"):
        for item in stores.scan(cloud.emulator.client("dynamodb"), f"{cloud.name}-{table}"):
            yield f"{table} {item['pk']['S']} {item['sk']['S']}", json.dumps(item, ensure_ascii=False, default=str)
    bucket = cloud.emulator.client("s3")
    for page in bucket.get_paginator("list_objects_v2").paginate(Bucket=cloud.name):
        for one in page.get("Contents", []):
            yield f"bucket {one['Key']}", bucket.get_object(Bucket=cloud.name, Key=one["Key"])["Body"].read().decode()
    for name, queue in cloud.queues.by_name.items():
        for message in (*queue.messages, *queue.dead):
            # A body may be JSON with escapes inside JSON with escapes.
            yield f"queue {name}", message.body.encode().decode("unicode_escape", "replace") + message.body
    for execution in cloud.machines.executions.values():
        yield f"execution {execution.name}", execution.given


def search(cloud: Cloud, *words: str) -> list[str]:
    """Where any of the words stands, in whatever letter case."""
    folded = [word.casefold() for word in words]
    return [place for place, text in places(cloud) if any(word in (place + text).casefold() for word in folded)]
