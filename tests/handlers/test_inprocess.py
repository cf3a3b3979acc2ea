"""The emulator in the tests' own process answers as the one in a process of its own."""

from typing import Any
from uuid import uuid4

import boto3
import botocore.client
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from local.emulator import EmulatorProcess
from tests.cloud import stores
from tests.inprocess import InProcess

ITEM = {"pk": {"S": "C#çay"}, "sk": {"S": "S"}, "n": {"N": "1"}, "b": {"B": b"\x00\xff"}, "l": {"L": [{"BOOL": True}]}}
KEY = {"pk": ITEM["pk"], "sk": ITEM["sk"]}
VOLATILE = {"ResponseMetadata", "eventID", "SequenceNumber", "ApproximateCreationDateTime", "LastModified", "MessageId"}


def answer(client: botocore.client.BaseClient, operation: str, **request: Any) -> Any:
    """What is answered to a call, or the error that is."""
    try:
        return plain(getattr(client, operation)(**request))
    except ClientError as refused:
        status = refused.response["ResponseMetadata"]["HTTPStatusCode"]
        return status, refused.response["Error"], plain(refused.response.get("CancellationReasons"))


def plain(value: Any) -> Any:
    """A part of an answer without what differs from call to call."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if name not in VOLATILE}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value.read() if hasattr(value, "read") else value


def conversation(emulator: InProcess | EmulatorProcess, name: str) -> list[Any]:
    """Answers to calls of each kind that functions make: accepted, and refused."""
    tables, streams, files, queues = (
        boto3.client(service, **emulator.client_arguments) for service in ("dynamodb", "dynamodbstreams", "s3", "sqs")
    )
    arn = stores.make_table(tables, name, due=True)
    put = {"TableName": name, "Item": ITEM}
    only_new = {"ConditionExpression": "attribute_not_exists(pk)"}
    other = {"TableName": name, "Item": {**ITEM, "sk": {"S": "P"}}}
    insert = f"INSERT INTO \"{name}\" VALUE {{'pk': ?, 'sk': ?}}"
    statements = [{"Statement": insert, "Parameters": [KEY["pk"], {"S": sk}]} for sk in ("S", "new")]
    said = [
        answer(tables, "put_item", **put),
        answer(tables, "put_item", **put, **only_new),
        answer(tables, "get_item", TableName=name, Key=KEY, ConsistentRead=True),
        answer(tables, "transact_write_items", TransactItems=[{"Put": other}, {"Put": {**put, **only_new}}]),
        answer(tables, "batch_execute_statement", Statements=statements),
        answer(
            tables,
            "update_item",
            TableName=name,
            Key=KEY,
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "2"}},
            ReturnValues="ALL_NEW",
        ),
        answer(
            tables,
            "query",
            TableName=name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": ITEM["pk"]},
        ),
        answer(tables, "scan", TableName=name, IndexName="due"),
        answer(tables, "get_item", TableName="nowhere", Key=KEY),
    ]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    where = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    first = streams.get_shard_iterator(**where)["ShardIterator"]
    said.append(answer(streams, "get_records", ShardIterator=first)["Records"])
    files.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    said += [
        answer(files, "put_object", Bucket=name, Key="a/ç +%.txt", Body="çay".encode(), ContentType="text/plain"),
        answer(files, "put_object", Bucket=name, Key="a/ç +%.txt", Body=b"", IfNoneMatch="*"),
        answer(files, "get_object", Bucket=name, Key="a/ç +%.txt"),
        answer(files, "get_object", Bucket=name, Key="a/ç +%.txt", Range="bytes=1-2"),
        answer(files, "head_object", Bucket=name, Key="none"),
        answer(files, "list_objects_v2", Bucket=name, Prefix="a/"),
    ]
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    taken = answer(queues, "receive_message", QueueUrl=url, WaitTimeSeconds=1)
    queues.send_message(QueueUrl=url, MessageBody="çay")
    (message,) = queues.receive_message(QueueUrl=url, WaitTimeSeconds=1)["Messages"]
    return [*said, taken, message["Body"], answer(queues, "receive_message", QueueUrl=url.replace(name, "none"))]


def test_it_answers_as_one_in_a_process_of_its_own(emulator: InProcess, emulator_process: EmulatorProcess) -> None:
    name = f"alike-{uuid4().hex}"
    here, there = conversation(emulator, name), conversation(emulator_process, name)
    assert here == there
    assert len({str(one) for one in here}) > 15


def test_only_what_is_meant_for_it_stays_here(emulator: InProcess) -> None:

    elsewhere = {**emulator.client_arguments, "endpoint_url": "http://127.0.0.1:1"}
    once = Config(retries={"total_max_attempts": 1})
    with pytest.raises(EndpointConnectionError):
        boto3.client("dynamodb", config=once, **elsewhere).list_tables()
