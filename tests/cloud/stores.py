"""Tables of one deployment in the emulator, shaped as the stateful stack makes them, and what functions are told."""

from typing import Any

from local.emulator import ACCOUNT, REGION

_KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
_ATTRIBUTES = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}]
_DUE = {
    "IndexName": "due",
    "KeySchema": [{"AttributeName": "ds", "KeyType": "HASH"}, {"AttributeName": "du", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}


def make_table(client: Any, name: str, *, due: bool) -> str:
    """Create a table with a stream of new images; the stream's ARN."""
    more: dict[str, Any] = {}
    attributes = list(_ATTRIBUTES)
    if due:
        more["GlobalSecondaryIndexes"] = [_DUE]
        attributes += [
            {"AttributeName": "ds", "AttributeType": "S"},
            {"AttributeName": "du", "AttributeType": "N"},
        ]
    made = client.create_table(
        TableName=name,
        KeySchema=_KEYS,
        AttributeDefinitions=attributes,
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        **more,
    )
    return str(made["TableDescription"]["LatestStreamArn"])


def scan(client: Any, table: str) -> list[dict[str, Any]]:
    """Every item of a table, in DynamoDB's JSON."""
    items: list[dict[str, Any]] = []
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        items += page["Items"]
    return items


def environment(name: str, endpoint: str, public_url: str) -> dict[str, str]:
    """The variables of every function."""
    queue = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}"
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "EVENTS_TABLE": f"{name}-events",
        "CONTACTS_TABLE": f"{name}-contacts",
        "BUCKET": name,
        "SEND_QUEUE_URL": f"{queue}/send",
        "WORK_QUEUE_URL": f"{queue}/work",
        "ASIDE_QUEUE_URL": f"{queue}/aside",
        "STATE_MACHINE_ARN": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:journeys",
        "BUS_NAME": "samovar",
        "CONFIGURATION_SET": "samovar",
        "PUBLIC_URL": public_url,
        "SIGN_IN_URL": "https://sign-in.example",
        "SIGN_IN_CLIENT": "the-console",
    }
