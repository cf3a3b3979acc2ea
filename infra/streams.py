"""The tables' streams: what each follower gets to see. A shard has two of them at most, as AWS advises."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

INSERTS = {"eventName": ["INSERT"]}
"""New events. (Nothing but TTL and erasure ever changes one.)"""

DECISIONS = {
    "dynamodb": {
        "Keys": {"sk": {"S": ["S"]}},
        # `exists` looks at scalars only, so the row carries the number of its decisions beside the list.
        "NewImage": {"o": {"N": [{"exists": True}]}},
    }
}
"""State rows whose last write made decisions."""

_WRITTEN = ["INSERT", "MODIFY"]
COUNTED = (
    {"eventName": _WRITTEN, "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "M#"}, {"prefix": "J#"}]}}}},
    {"eventName": _WRITTEN, "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "G#"}]}}}},
    DECISIONS,
    {"dynamodb": {"Keys": {"sk": {"S": ["S"]}}, "NewImage": {"into": {"S": [{"exists": True}]}}}},
)
"""Messages, runs of journeys, members of segments; who crossed a line, and who is somebody else from now on."""


def follow(
    function: lambda_.Function,
    table: dynamodb.ITable,
    aside: sqs.IQueue,
    *,
    patterns: Sequence[Mapping[str, Any]],
    window: int,
    lanes: int,
) -> None:
    """Hand the stream's records that match any of `patterns` to the function, 100 at a time or after `window` seconds.

    A batch that fails is halved and tried again for as long as the stream keeps it (a day):
    handlers set aside what can never succeed. So many `lanes` of a shard run together; Lambda
    keeps the order of an item, not of a partition: rows that share a key may be in two of them.
    """
    lambda_.CfnEventSourceMapping(
        function,
        "Stream",
        function_name=function.function_name,
        event_source_arn=table.table_stream_arn,
        batch_size=100,
        bisect_batch_on_function_error=True,
        destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
            on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=aside.queue_arn)
        ),
        filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
            filters=[lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(one)) for one in patterns]
        ),
        maximum_batching_window_in_seconds=window,
        maximum_record_age_in_seconds=-1,
        maximum_retry_attempts=-1,
        parallelization_factor=lanes,
        # A mapping that is new, or made again, begins with what the stream still keeps.
        starting_position="TRIM_HORIZON",
    )
