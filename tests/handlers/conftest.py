"""The stores of a deployment in the emulator, without Lambdas: handlers are called in this process."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from functions import releases
from functions.aws import session
from functions.aws.attributes import to_item
from functions.core.identity import identity_ref
from functions.core.keys import WriteKey, public_key, secret_key
from functions.core.release import Release, canonical, release_id
from functions.publish import keyring
from functions.releases import Keyring
from functions.tables import events
from functions.track import limits
from local.emulator import REGION, EmulatorProcess

PEPPER = b"pepper" * 5
SIGNING = (b"newest-key" * 3, b"older-key" * 3)
WRITE_KEY = "wk_test"
SECRET = "sk_test"
PUBLIC_URL = "https://go.tea.example"


@dataclass(frozen=True)
class Stack:
    """One deployment's stores, empty but for keys and a release."""

    emulator: EmulatorProcess
    environment: dict[str, str]

    def dynamodb(self) -> Any:
        return self.emulator.client("dynamodb")

    def publish(self, release: Release) -> None:
        """Make `release` live."""
        content = canonical(release)
        key = f"releases/{release_id(content)}.json"
        self.emulator.client("s3").put_object(Bucket=self.environment["BUCKET"], Key=key, Body=content)
        row = {"pk": {"S": "X#live"}, "sk": {"S": "X"}, "seq": {"N": "1"}, "release": {"S": release_id(content)}}
        self.dynamodb().put_item(TableName=self.environment["CONTACTS_TABLE"], Item=row)
        releases.forget()

    def put_keys(self, *keys: WriteKey) -> None:
        """Let exactly these write keys in."""
        row = keyring.to_row(Keyring(PEPPER, SIGNING, keys), 0)
        self.dynamodb().put_item(TableName=self.environment["CONTACTS_TABLE"], Item=to_item(row))
        releases.forget()
        limits.forget()

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Every row of "events" or "contacts", as DynamoDB shapes it."""
        return list(self.dynamodb().scan(TableName=self.environment[f"{table.upper()}_TABLE"])["Items"])

    def events(self) -> list[Any]:
        """Every stored event, in order of arrival."""
        from functions.aws.attributes import from_item

        stored = [events.from_row(from_item(row)) for row in self.rows("events")]
        return sorted(stored, key=lambda event: (event.received, event.stamp))

    def aside(self) -> list[dict[str, Any]]:
        """What was set aside; taken from the queue."""
        answer = self.emulator.client("sqs").receive_message(
            QueueUrl=self.environment["ASIDE_QUEUE_URL"], MaxNumberOfMessages=10
        )
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def ref(self, kind: str, value: str) -> str:
        """The identity reference of a value in this deployment."""
        ref = identity_ref(kind, value, PEPPER)
        assert ref is not None
        return ref


@pytest.fixture(scope="module")
def _clients() -> Iterator[None]:
    """Clients of a module's own: they are slow to make, and other modules talk to other stores."""
    session.reset()
    yield
    session.reset()


@pytest.fixture
def stack(
    emulator: EmulatorProcess, _clients: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Stack:
    """Fresh tables, keys and environment; nothing is live yet."""
    return make_stack(emulator, monkeypatch, request.node.nodeid)


def make_stack(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch, label: str) -> Stack:
    """The stores of a deployment of its own, and the environment that names them."""
    name = f"t{abs(hash(label)):x}"
    environment = {
        "EVENTS_TABLE": f"{name}-events",
        "CONTACTS_TABLE": f"{name}-contacts",
        "BUCKET": name,
        "ASIDE_QUEUE_URL": emulator.client("sqs").create_queue(QueueName=name)["QueueUrl"],
        "PUBLIC_URL": PUBLIC_URL,
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    releases.forget()
    made = Stack(emulator, environment)
    _tables(made)
    emulator.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    made.put_keys(public_key("tests", WRITE_KEY, per_minute=10**9, at=0), secret_key("server", SECRET, PEPPER, at=0))
    return made


def _tables(stack: Stack) -> None:
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    texts = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
    common = {"KeySchema": keys, "BillingMode": "PAY_PER_REQUEST"}
    stack.dynamodb().create_table(TableName=stack.environment["EVENTS_TABLE"], AttributeDefinitions=texts, **common)
    due = [("ds", "S", "HASH"), ("du", "N", "RANGE")]
    stack.dynamodb().create_table(
        TableName=stack.environment["CONTACTS_TABLE"],
        AttributeDefinitions=texts + [{"AttributeName": name, "AttributeType": kind} for name, kind, _ in due],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [{"AttributeName": name, "KeyType": role} for name, _, role in due],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        **common,
    )


HELLO = {
    "title": "A letter about tea",
    "intro": "How to brew it.",
    "button": "Pour me in",
    "fields": [
        {"name": "email", "label": "Your e-mail", "type": "email", "required": True},
        {"name": "first_name", "label": "Your first name", "max_length": 20},
        {"name": "favourite", "label": "What do you drink?", "type": "select", "options": ["Black", "Green"]},
        {"name": "note", "label": "A note", "type": "textarea"},
        {"name": "wholesale", "label": "I buy for a shop", "type": "checkbox"},
    ],
    "consents": [
        {"topic": "tips", "label": "Yes, send me brewing tips.", "required": True},
        {"topic": "offers", "label": "Offers, too."},
    ],
    "thanks": "The kettle is on.",
}


def demo() -> Release:
    """A release with a form of every kind of field, and two that are special."""
    plain = {"title": "Call me", "fields": [{"name": "name", "label": "Name"}], "redirect": "https://tea.example/ok"}
    return Release.model_validate(
        {
            "sending": {
                "business": {"name": "Tea & Co", "address": "1 Kettle Lane", "site": "https://tea.example"},
                "from": {"name": "Tea", "email": "hello@tea.example"},
                "topics": [
                    {"id": "tips", "title": "Brewing tips", "titles": {"tr": "Demleme ipuçları"}},
                    {"id": "offers", "title": "Offers"},
                ],
            },
            "forms": {"hello": HELLO, "call-me": plain},
        }
    )


@pytest.fixture
def live(stack: Stack) -> Stack:
    """The same with the demo release live."""
    stack.publish(demo())
    return stack
