"""What a function may do with a resource, together with the variable that names it.

A function's permissions and its environment come from the same list, so it is never
told of a resource it may not touch, and may touch nothing it isn't told of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from infra.data import BUCKET_ARN, DataStack

_READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
_WRITE = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")


@dataclass(frozen=True, slots=True)
class Use:
    """Exact actions on exact resources, and the environment that goes with them."""

    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    wildcards: tuple[tuple[str, str], ...] = ()
    """Resources that end in a wildcard, as cdk-nag spells them, each with the reason."""
    but: tuple[str, ...] = ()
    """Instead of `resources`: on everything that is none of these."""


def inserts_events(table: dynamodb.ITable) -> Use:
    """Adds rows that aren't there; can change and remove none."""
    return Use(("dynamodb:PartiQLInsert",), (table.table_arn,), {"EVENTS_TABLE": table.table_name})


def removes_events(table: dynamodb.ITable) -> Use:
    """Takes away what is left of an erased person; changes nothing that stands."""
    return Use(("dynamodb:DeleteItem",), (table.table_arn,), {"EVENTS_TABLE": table.table_name})


def walks_events(table: dynamodb.ITable) -> Use:
    """Goes through every event, in search of an erased person."""
    return Use(("dynamodb:Scan",), (table.table_arn,), {"EVENTS_TABLE": table.table_name})


def reads_events(table: dynamodb.ITable) -> Use:
    return Use(_READ, (table.table_arn,), {"EVENTS_TABLE": table.table_name})


def looks_up_events(table: dynamodb.ITable) -> Use:
    """Reads the events of identities that it knows, and no others."""
    return Use(("dynamodb:Query",), (table.table_arn,), {"EVENTS_TABLE": table.table_name})


def reads_contacts(table: dynamodb.ITable) -> Use:
    return Use(_READ, (table.table_arn,), {"CONTACTS_TABLE": table.table_name})


def writes_contacts(table: dynamodb.ITable) -> Use:
    """Reads and writes, alone or in a transaction."""
    return Use(_READ + _WRITE, (table.table_arn,), {"CONTACTS_TABLE": table.table_name})


def notes_messages(table: dynamodb.ITable) -> Use:
    """Changes single rows of the message ledger, many in one call."""
    return Use(("dynamodb:PartiQLUpdate",), (table.table_arn,), {"CONTACTS_TABLE": table.table_name})


def decides_messages(table: dynamodb.ITable) -> Use:
    """Adds many messages at once, each unless it is there."""
    return Use(("dynamodb:PartiQLInsert",), (table.table_arn,), {"CONTACTS_TABLE": table.table_name})


def counts_reports(table: dynamodb.ITable) -> Use:
    """Adds to what is counted of a day's mail, for many domains at once."""
    actions = ("dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate")
    return Use(actions, (table.table_arn,), {"CONTACTS_TABLE": table.table_name})


def walks_contacts(table: dynamodb.ITable) -> Use:
    """Goes through every row: long jobs only."""
    return Use(("dynamodb:Scan",), (table.table_arn,), {"CONTACTS_TABLE": table.table_name})


def finds_due(table: dynamodb.ITable) -> Use:
    return Use(("dynamodb:Query",), (f"{table.table_arn}/index/due",), {"CONTACTS_TABLE": table.table_name})


def follows(table: dynamodb.ITable) -> Use:
    """What Lambda needs to hand the table's stream to the function."""
    assert table.table_stream_arn is not None
    actions = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    return Use(tuple(f"dynamodb:{action}" for action in actions), (table.table_stream_arn,))


def receives(queue: sqs.IQueue) -> Use:
    """What Lambda needs to hand the queue's messages to the function."""
    actions = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
    return Use(tuple(f"sqs:{action}" for action in actions), (queue.queue_arn,))


def looks_through(queue: sqs.IQueue) -> Use:
    """Takes single messages off a queue that nobody is fed from, and leaves the others."""
    actions = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
    return Use(tuple(f"sqs:{action}" for action in actions), (queue.queue_arn,))


def sends_to(queue: sqs.IQueue, variable: str) -> Use:
    return Use(("sqs:SendMessage",), (queue.queue_arn,), {variable: queue.queue_url})


def reads_releases(data: DataStack) -> Use:
    return _releases(data, "s3:GetObject")


def stores_releases(data: DataStack) -> Use:
    return _releases(data, "s3:GetObject", "s3:PutObject")


def stores_assets(data: DataStack) -> Use:
    """Stores the files that people get, from what a deployment uploaded."""
    return _assets(data, "s3:GetObject", "s3:PutObject")


def gives_assets(data: DataStack) -> Use:
    """Signs addresses of the files that people get: they hold no more than the function itself may."""
    return _assets(data, "s3:GetObject")


def _assets(data: DataStack, *actions: str) -> Use:
    wildcard = (f"{BUCKET_ARN}/assets/*", "Files that people get are objects named by their hash, under one prefix")
    return Use(actions, (data.assets_arn,), {"BUCKET": data.bucket.bucket_name}, (wildcard,))


def notices_absence(data: DataStack) -> Use:
    """Without it S3 answers "forbidden" instead of "not there"."""
    return Use(("s3:ListBucket",), (data.bucket.bucket_arn,))


def _releases(data: DataStack, *actions: str) -> Use:
    wildcard = (f"{BUCKET_ARN}/releases/*", "Releases are objects named by their hash, under one prefix")
    return Use(actions, (data.releases_arn,), {"BUCKET": data.bucket.bucket_name}, (wildcard,))


def freezes_audiences(data: DataStack) -> Use:
    """Stores who gets a campaign, and reads it again. The first who stores a piece has said it."""
    wildcard = (
        f"{BUCKET_ARN}/campaigns/*",
        "Audiences are objects named by campaign, run and number, under one prefix",
    )
    return Use(
        ("s3:GetObject", "s3:PutObject"), (data.campaigns_arn,), {"BUCKET": data.bucket.bucket_name}, (wildcard,)
    )


def publishes_to(bus: events.IEventBus) -> Use:
    return Use(("events:PutEvents",), (bus.event_bus_arn,), {"BUS_NAME": bus.event_bus_name})


def calls(function_arn: str) -> Use:
    """Calls a function by itself, without waiting for it."""
    return Use(("lambda:InvokeFunction",), (function_arn,))


def sets_clocks(state_machine_arn: str) -> Use:
    """Starts executions and answers the tokens of those that wait."""
    return Use(
        ("states:StartExecution", "states:SendTaskSuccess", "states:SendTaskFailure"),
        (state_machine_arn,),
        {"STATE_MACHINE_ARN": state_machine_arn},
    )


def stops_clocks(state_machine_arn: str) -> Use:
    """Answers the tokens of executions that wait: they end."""
    return Use(("states:SendTaskSuccess",), (state_machine_arn,))


def sends_mail(stack: Stack, configuration_set: str) -> Use:
    """Sends raw messages from any identity that this account has verified, in one configuration set."""
    identities = stack.format_arn(service="ses", resource="identity", resource_name="*")
    settings = stack.format_arn(service="ses", resource="configuration-set", resource_name=configuration_set)
    wildcard = (
        "arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*",
        "Which domain the mail comes from is written in marketing/sending.yaml, not known to the template",
    )
    return Use(
        ("ses:SendEmail", "ses:SendRawEmail"),
        (identities, settings),
        {"CONFIGURATION_SET": configuration_set},
        (wildcard,),
    )


def alerts(topic: sns.ITopic) -> Use:
    """Tells the owner what a person must know or decide."""
    return Use(("sns:Publish",), (topic.topic_arn,), {"ALERT_TOPIC_ARN": topic.topic_arn})


def sends_texts() -> Use:
    """Sends text messages to telephone numbers, which have no ARN of their own: to whatever is no topic and no
    endpoint, so that nobody can be told anything else in this account's name."""
    return Use(("sns:Publish",), but=("arn:*:sns:*:*:*",))


def knows_its_quota() -> Use:
    """Asks how fast, and how much, the account may send."""
    return Use(("ses:GetAccount",), ("*",), wildcards=(("*", "SES offers the account's quota for no resource"),))


def knows_what_was_used(state_machine_arn: str, events: dynamodb.ITable) -> Use:
    """Asks AWS what it counted by itself: writes of events, waits of journeys."""
    return Use(
        ("cloudwatch:GetMetricData",),
        ("*",),
        {"STATE_MACHINE_ARN": state_machine_arn, "EVENTS_TABLE": events.table_name},
        (("*", "CloudWatch offers metrics for no resource"),),
    )


def makes_links(public_url: str) -> Use:
    return Use(environment={"PUBLIC_URL": public_url})
