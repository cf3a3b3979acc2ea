"""EventBridge: telling the bus what happened. Details carry opaque ids, never an address."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from functions.aws.session import client

SOURCE = "samovar"
ENTRIES = 10


class NotTaken(RuntimeError):
    """The bus refused some entries; putting all of them again is safe."""


def put(bus: str, entries: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Publish (detail type, detail) pairs, ten a call. Raises NotTaken if any was refused."""
    for start in range(0, len(entries), ENTRIES):
        answer = client("events").put_events(
            Entries=[
                {
                    "EventBusName": bus,
                    "Source": SOURCE,
                    "DetailType": kind,
                    "Detail": json.dumps(detail, separators=(",", ":")),
                }
                for kind, detail in entries[start : start + ENTRIES]
            ]
        )
        if answer.get("FailedEntryCount"):
            codes = sorted({entry["ErrorCode"] for entry in answer["Entries"] if "ErrorCode" in entry})
            raise NotTaken(f"{answer['FailedEntryCount']} entries were not taken: {', '.join(codes)}")
