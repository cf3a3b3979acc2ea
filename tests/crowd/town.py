"""A deployment in this process whose past can be lived, with the keys of the one that it is made for."""

import base64
import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from functions import releases
from functions.aws import dynamodb
from functions.aws.attributes import from_item
from functions.tables import due
from local.emulator import EmulatorProcess
from tests.cloud import WRITE_KEY, Cloud, stores


def iso(moment: int) -> str:
    """A moment (ms) as browsers write it."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Town(Cloud):
    """A cloud that begins at `since` (ms). `keys` is the row of another deployment's keys: what is stored by them here
    is understood there."""

    rounds = 100_000

    def __init__(
        self, emulator: EmulatorProcess, release: bytes, *, since: int, keys: Mapping[str, Any] | None = None
    ) -> None:
        self._since, self._keys, self._key = since, keys, WRITE_KEY
        self.chance = random.Random(2026)
        super().__init__(emulator, release)

    def _make_keys(self) -> None:
        # The first row of all: from here on it is then.
        self.clock.now = self._since
        if self._keys is None:
            super()._make_keys()
            return
        row = from_item(dict(self._keys))
        dynamodb.put(f"{self.name}-contacts", row)
        self._key = releases.keyring_from(row).write_keys[0]

    def call(self, kind: str, **body: Any) -> dict[str, Any]:
        key = base64.b64encode(f"{self._key}:".encode()).decode()
        headers = {"content-type": "application/json", "authorization": f"Basic {key}"}
        return self.http("POST", f"/v1/{kind}", json.dumps(body), headers=headers)

    def put_on_bus(self, kind: str, *, id: str, **detail: Any) -> None:
        event = self.on_the_bus(kind, id, iso(self.clock.now), detail)
        assert self._attempt("track", event) is not None, self.failures[-1:]

    def to(self, moment: int) -> None:
        """Let it be a moment (ms), unless it is later: whatever is under way arrives, and the sweep looks once where
        something is due."""
        self.clock.now = max(self.clock.now, moment)
        self.settle()
        if self._is_due:
            self.sweep()
            self.settle()
        for stream in (self.events, self.decisions, self.counted):
            # Nobody rewinds a past, and it is long.
            stream.seen.clear()
            stream.unfiltered.clear()

    @property
    def _is_due(self) -> bool:
        """Whether the sweep has something to do, for which not all of the due index is read."""
        table, now = f"{self.name}-contacts", self.clock.now
        return any(dynamodb.query_due(table, shard, now, limit=1) for shard in due.shards())

    def rest(self) -> None:
        """Let all that is only delayed arrive, a quarter of an hour at most."""
        end = self.clock.now + 900_000
        self.to(self.clock.now)
        while (following := self.queues.next_timer) is not None and following <= end:
            self.to(following)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Every row of a table, in DynamoDB's JSON."""
        return stores.scan(self.emulator.client("dynamodb"), f"{self.name}-{table}")

    def files(self) -> dict[str, tuple[bytes, str]]:
        """What is stored in the bucket: content and type by key."""
        s3, found = self.emulator.client("s3"), {}
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.name):
            for one in page.get("Contents", ()):
                answer = s3.get_object(Bucket=self.name, Key=one["Key"])
                found[one["Key"]] = (answer["Body"].read(), answer["ContentType"])
        return found
