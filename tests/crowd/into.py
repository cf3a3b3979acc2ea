"""Bringing a past into a running local stack: rows pass by the streams, since all that follows from them is there."""

import base64
import json
import shutil
import tempfile
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from authoring.compile import state_path
from functions.releases import KEYRING
from local.stack import Stack
from tests.crowd.town import Town


def keys_of(stack: Stack) -> dict[str, Any]:
    """The row of a stack's keys, in DynamoDB's JSON."""
    pk, sk = KEYRING
    found = stack.client("dynamodb").get_item(TableName=stack.contacts_table, Key={"pk": {"S": pk}, "sk": {"S": sk}})
    row: dict[str, Any] = found["Item"]
    return row


def move_in(town: Town, stack: Stack, marketing: Path) -> int:
    """Bring all that a town stored into a stack that has its keys; how many rows and files. `marketing` are its
    definition files, from which can be published there."""
    moved = 0
    for table, name in (("events", stack.events_table), ("contacts", stack.contacts_table)):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl") as file:
            for row in town.rows(table):
                file.write(json.dumps(row, default=_text) + "\n")
                moved += 1
            file.flush()
            _load(stack, {"table": name, "file": file.name})
    for key, (content, kind) in town.files().items():
        stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=content, ContentType=kind)
        moved += 1
    shutil.copy(state_path(marketing), Path(stack.state_dir) / "published.json")
    return moved


def _load(stack: Stack, what: Mapping[str, str]) -> None:
    address = f"{stack.aws_endpoint}/_samovar/rows"
    with urllib.request.urlopen(address, json.dumps(what).encode(), timeout=300) as answer:
        answer.read()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
