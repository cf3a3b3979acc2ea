"""What our DynamoDB client sends and hears is what botocore's own would."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.session import get_session

from functions.aws import plain
from functions.aws.attributes import decode, encode

VALUES = {
    "pk": "C#1",
    "text": "İstanbul, Łódź, Привет, 茶 🍵",
    "number": -(10**30),
    "yes": True,
    "nothing": None,
    "bytes": b"\x00\xff",
    "list": [1, "a", {"deep": [b"x"]}],
    "map": {},
    "set": {"b", "a"},
}
ITEM = {name: encode(value) for name, value in VALUES.items()}
ON_THE_WIRE = json.loads(json.dumps(ITEM, default=lambda value: b64encode(value).decode()))
KEY = {"pk": {"S": "C#1"}, "sk": {"S": "S"}}
CALLS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("get_item", {"TableName": "t", "Key": KEY, "ConsistentRead": True}, {"Item": ON_THE_WIRE}),
    ("get_item", {"TableName": "t", "Key": KEY}, {}),
    (
        "batch_get_item",
        {"RequestItems": {"t": {"Keys": [KEY]}}},
        {"Responses": {"t": [ON_THE_WIRE]}, "UnprocessedKeys": {"t": {"Keys": [KEY]}}},
    ),
    (
        "query",
        {"TableName": "t", "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"B": b"\x01"}}},
        {"Items": [ON_THE_WIRE], "Count": 1, "ScannedCount": 1, "LastEvaluatedKey": KEY},
    ),
    ("put_item", {"TableName": "t", "Item": ITEM, "ConditionExpression": "n = :n"}, {}),
    ("update_item", {"TableName": "t", "Key": KEY, "ReturnValues": "ALL_NEW"}, {"Attributes": ON_THE_WIRE}),
    (
        "transact_write_items",
        {"TransactItems": [{"Put": {"TableName": "t", "Item": ITEM}}], "ClientRequestToken": "x" * 36},
        {},
    ),
    (
        "batch_execute_statement",
        {"Statements": [{"Statement": "INSERT …", "Parameters": list(ITEM.values())}]},
        {"Responses": [{"TableName": "t"}, {"Error": {"Code": "DuplicateItem", "Message": "there"}}]},
    ),
]


class Ends:
    """Two clients, botocore's own and ours, whose requests are kept and answered here."""

    def __init__(self) -> None:
        self.status, self.answer = 200, b"{}"
        self.requests: list[Any] = []
        self.clients = [self._client(), self._client()]
        plain.speak(self.clients[1])

    def _client(self) -> Any:
        made = get_session().create_client(
            "dynamodb", region_name="eu-west-1", aws_access_key_id="none", aws_secret_access_key="none"
        )
        made.meta.events.register("before-send.dynamodb", self._send)
        return made

    def _send(self, request: Any, **_: Any) -> AWSResponse:
        self.requests.append(request)
        return AWSResponse(request.url, self.status, {}, _Raw(self.answer))


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._body


@pytest.fixture(scope="module")
def ends() -> Ends:
    return Ends()


def plainly(value: Any) -> Any:
    """Without what each call has of its own, bytes as they travel."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, dict):
        return {name: plainly(part) for name, part in value.items() if name != "ResponseMetadata"}
    return [plainly(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("operation", "arguments", "answer"), CALLS)
def test_requests_and_answers_are_botocore_s_own(
    ends: Ends, operation: str, arguments: dict[str, Any], answer: dict[str, Any]
) -> None:
    ends.status, ends.answer, ends.requests = 200, json.dumps(answer).encode(), []
    theirs, ours = (getattr(client, operation)(**arguments) for client in ends.clients)
    assert plainly(ours) == plainly(theirs)
    assert ours["ResponseMetadata"]["HTTPStatusCode"] == 200
    one, other = ends.requests
    assert json.loads(other.body) == json.loads(one.body)
    for name in ("X-Amz-Target", "Content-Type"):
        assert other.headers[name] == one.headers[name]


def test_every_kind_of_value_comes_back_as_it_went(ends: Ends) -> None:
    ends.status, ends.answer = 200, json.dumps({"Item": ON_THE_WIRE}).encode()
    heard = ends.clients[1].get_item(TableName="t", Key=KEY)["Item"]
    assert {name: decode(value) for name, value in heard.items()} == VALUES


def test_a_refusal_says_the_same(ends: Ends) -> None:
    ends.status = 400
    ends.answer = json.dumps(
        {
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "cancelled",
            "CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": ON_THE_WIRE}],
        }
    ).encode()
    said = []
    for client in ends.clients:
        with pytest.raises(ClientError) as refused:
            client.transact_write_items(TransactItems=[{"Put": {"TableName": "t", "Item": ITEM}}])
        answered = plainly(refused.value.response)
        said.append({name: answered[name] for name in ("Error", "CancellationReasons")})
    assert said[0] == said[1]
    assert said[0]["Error"]["Code"] == "TransactionCanceledException"
