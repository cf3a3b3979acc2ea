"""A deployment's stores in moto, without a network."""

from collections.abc import Iterator
from itertools import count

import pytest
from moto import mock_aws

from functions import releases as runtime
from functions.aws import session

REGION = "eu-central-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "Samovar",
}
ABSENT = ("AWS_ENDPOINT_URL", "AWS_PROFILE", "SAMOVAR_STATE", "SAMOVAR_STACK", "SAMOVAR_LOCAL_CLOCK")
_names = count()


def account() -> Iterator[None]:
    """An account of moto's, with clients that are made once: making them is what takes time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ABSENT:
            patch.delenv(name, raising=False)
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        session.reset()
        with mock_aws():
            yield
        session.reset()


def stores(patch: pytest.MonkeyPatch) -> None:
    """Fresh tables and a fresh bucket in that account, named in the environment."""
    runtime.forget()
    number = next(_names)
    for variable in ("CONTACTS_TABLE", "EVENTS_TABLE"):
        name = f"{variable.partition('_')[0].lower()}-{number}"
        session.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        patch.setenv(variable, name)
    bucket = f"releases-{number}"
    session.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    patch.setenv("BUCKET", bucket)
