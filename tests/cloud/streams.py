"""DynamoDB Streams as Lambda hands them on: read through the Streams API, filtered, in batches."""

from collections.abc import Callable
from typing import Any

from tests.cloud.shuffle import Redelivery, as_they_came

Record = dict[str, Any]
BATCH = 100
PAGE = 1000


def inserts(record: Record) -> bool:
    """The filter on the events' stream."""
    return bool(record["eventName"] == "INSERT")


def outbox(record: Record) -> bool:
    """The filter on the contacts' stream: states whose write made decisions."""
    change = record["dynamodb"]
    return change["Keys"]["sk"] == {"S": "S"} and "N" in change.get("NewImage", {}).get("o", {})


def counted(record: Record) -> bool:
    """The filters on the contacts' stream of what is counted."""
    change = record["dynamodb"]
    pk, sk = change["Keys"]["pk"]["S"], change["Keys"]["sk"]["S"]
    image = change.get("NewImage")
    if image is None:
        return False
    return sk.startswith(("M#", "J#")) or pk.startswith("G#") or (sk == "S" and ("o" in image or "into" in image))


class Stream:
    """One table's stream and how far its follower came. A batch that fails comes again, whole."""

    def __init__(self, client: Any, arn: str, passes: Callable[[Record], bool], writes: Callable[[], int]) -> None:
        """`writes` counts what was written to tables, so that nothing is asked where nothing can be."""
        self._client, self._passes, self._writes, self._read = client, passes, writes, -1
        shards = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        self._iterators = [
            client.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
                "ShardIterator"
            ]
            for shard in shards
        ]
        self.waiting: list[Record] = []
        self.seen: list[Record] = []
        self.unfiltered: list[Record] = []
        self.failures = 0

    def read(self) -> None:
        """Fetch what was written since."""
        writes = self._writes()
        if writes == self._read:
            return
        for place, iterator in enumerate(self._iterators):
            full = True
            while full:
                answer = self._client.get_records(ShardIterator=iterator, Limit=PAGE)
                iterator = self._iterators[place] = answer["NextShardIterator"]
                records = [_as_lambda_gets_it(record) for record in answer["Records"]]
                kept = [record for record in records if self._passes(record)]
                self.unfiltered += records
                self.waiting += kept
                self.seen += kept
                full = len(records) == PAGE
        self._read = writes

    def deliver(self, handle: Callable[[list[Record]], Any], redelivery: Redelivery = as_they_came) -> bool:
        """Hand on one batch; whether there was any. After a failure it comes as `redelivery` says."""
        self.read()
        if not self.waiting:
            return False
        batches = redelivery(self.waiting[:BATCH]) if self.failures else [self.waiting[:BATCH]]
        try:
            for batch in batches:
                handle(batch)
        except BaseException:
            self.failures += 1
            raise
        self.failures = 0
        del self.waiting[:BATCH]
        return True

    def rewind(self) -> None:
        """Let everything that was ever seen come once more."""
        self.waiting = [*self.seen, *self.waiting]


def _as_lambda_gets_it(record: Record) -> Record:
    change = dict(record["dynamodb"])
    moment = change.pop("ApproximateCreationDateTime", None)
    if moment is not None:
        change["ApproximateCreationDateTime"] = int(moment if isinstance(moment, int | float) else moment.timestamp())
    return {**record, "dynamodb": change}
