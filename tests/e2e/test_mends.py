"""Every mend of the emulator is needed and works: each behaviour is wrong as MiniStack comes, and right as mended.

When a new MiniStack makes a mend unnecessary, its test fails on the first half: remove the mend.
"""

import base64
import gzip
import io
import json
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from local import emulator
from local.emulator import HOST, EmulatorProcess
from local.waiting import until

pytestmark = pytest.mark.stack

ROLE = "arn:aws:iam::000000000000:role/any"
Behaves = Callable[[EmulatorProcess], bool]


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    with emulator.start(tmp_path_factory.mktemp("mended"), persist=False) as aws:
        yield aws


@pytest.fixture(scope="module")
def as_it_comes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    with emulator.start(tmp_path_factory.mktemp("bare"), persist=False, mended=False) as aws:
        yield aws


def name(prefix: str) -> str:
    return f"{prefix}-{uuid4().hex[:12]}"


def function(aws: EmulatorProcess, body: str) -> str:
    """A function whose handler has this body."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("code.py", "import os, json, base64\ndef handler(event, context):\n    " + body)
    made = name("function")
    aws.client("lambda").create_function(
        FunctionName=made,
        Runtime="python3.13",
        Role=ROLE,
        Handler="code.handler",
        Code={"ZipFile": code.getvalue()},
        Timeout=10,
    )
    return made


def invoke(aws: EmulatorProcess, function_name: str, event: object) -> Any:
    answer = aws.client("lambda").invoke(FunctionName=function_name, Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read())


def stack(aws: EmulatorProcess, resources: dict[str, Any]) -> str:
    """Deploys a template of these resources; the status it ends in."""
    cfn, made = aws.client("cloudformation"), name("stack")
    cfn.create_stack(StackName=made, TemplateBody=json.dumps({"Resources": resources}))

    def status() -> str:
        return str(cfn.describe_stacks(StackName=made)["Stacks"][0]["StackStatus"])

    until(lambda: not status().endswith("IN_PROGRESS"), 20, "the stack")
    return status()


def run_task(aws: EmulatorProcess, function_name: str, timeout: int | str, **given: object) -> str | None:
    """Runs one task that calls the function with a token; the error it ends with."""
    states = aws.client("stepfunctions")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": {"FunctionName": function_name, "Payload": {"token": "{% $states.context.Task.Token %}"}},
        "TimeoutSeconds": timeout,
        "End": True,
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "Only", "States": {"Only": task}}
    machine = states.create_state_machine(name=name("machine"), definition=json.dumps(definition), roleArn=ROLE)
    execution = states.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(given))

    def described() -> dict[str, Any]:
        found: dict[str, Any] = states.describe_execution(executionArn=execution["executionArn"])
        return found

    until(lambda: described()["status"] != "RUNNING", 20, "the execution")
    return described().get("error")


def http_api(aws: EmulatorProcess, function_name: str) -> str:
    """The address of an HTTP API, made by CloudFormation, that hands everything to the function."""
    arn = f"arn:aws:lambda:eu-west-1:000000000000:function:{function_name}"
    status = stack(
        aws,
        {
            "Api": {
                "Type": "AWS::ApiGatewayV2::Api",
                "Properties": {
                    "Name": function_name,
                    "ProtocolType": "HTTP",
                    "CorsConfiguration": {"AllowOrigins": ["*"], "AllowMethods": ["POST"], "AllowHeaders": ["x-a"]},
                },
            },
            "To": {
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": {
                    "ApiId": {"Ref": "Api"},
                    "IntegrationType": "AWS_PROXY",
                    "IntegrationUri": arn,
                    "PayloadFormatVersion": "2.0",
                },
            },
            "Route": {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {
                    "ApiId": {"Ref": "Api"},
                    "RouteKey": "POST /in",
                    "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "To"}]]},
                },
            },
            "Stage": {
                "Type": "AWS::ApiGatewayV2::Stage",
                "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
            },
        },
    )
    assert status == "CREATE_COMPLETE"
    apis = aws.client("apigatewayv2").get_apis()["Items"]
    made = next(api["ApiId"] for api in apis if api["Name"] == function_name)
    return f"http://{HOST}:{aws.port}/_aws/execute-api/{made}/$default/in"


def inserts_by_statement_reach_the_stream(aws: EmulatorProcess) -> bool:
    statement = {"Statement": "INSERT INTO \"{table}\" VALUE {{'pk': ?}}", "Parameters": [{"S": "a"}]}
    return _images(aws, statement) == [{"pk": {"S": "a"}}]


def updates_by_statement_reach_the_stream(aws: EmulatorProcess) -> bool:
    insert = {"Statement": "INSERT INTO \"{table}\" VALUE {{'pk': ?}}", "Parameters": [{"S": "a"}]}
    update = {"Statement": 'UPDATE "{table}" SET "n"=? WHERE "pk"=?', "Parameters": [{"N": "1"}, {"S": "a"}]}
    return _images(aws, insert, update)[-1:] == [{"pk": {"S": "a"}, "n": {"N": "1"}}]


def _images(aws: EmulatorProcess, *statements: dict[str, Any]) -> list[dict[str, Any]]:
    """What the stream of a new table shows of statements."""
    dynamodb, streams, table = aws.client("dynamodb"), aws.client("dynamodbstreams"), name("table")
    made = dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    for one in statements:
        dynamodb.batch_execute_statement(Statements=[{**one, "Statement": one["Statement"].format(table=table)}])
    arn = made["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
    return [record["dynamodb"]["NewImage"] for record in records]


def an_error_keeps_its_type_and_the_worker(aws: EmulatorProcess) -> bool:
    faulty = function(aws, "if event['fail']: raise KeyError('no')\n    return os.getpid()")
    worker = invoke(aws, faulty, {"fail": False})
    error = invoke(aws, faulty, {"fail": True})
    return error["errorType"] == "KeyError" and invoke(aws, faulty, {"fail": False}) == worker


def a_silent_handler_is_not_held(aws: EmulatorProcess) -> bool:
    silent = function(aws, "return None")
    invoke(aws, silent, {})
    times = []
    for _ in range(8):
        started = time.perf_counter()
        invoke(aws, silent, {})
        times.append(time.perf_counter() - started)
    return min(times) < 0.05


def cors_of_a_template_is_answered(aws: EmulatorProcess) -> bool:
    url = http_api(aws, function(aws, "return {'statusCode': 200}"))
    headers = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="OPTIONS", headers=headers)) as answer:
            return answer.headers["access-control-allow-origin"] == "*"
    except urllib.error.HTTPError as refused:
        refused.close()
        return False


def cors_of_the_api_is_the_only_one(aws: EmulatorProcess) -> bool:
    says = "return {'statusCode': 200, 'headers': {'access-control-allow-origin': 'https://other.example'}}"
    url = http_api(aws, function(aws, says))
    with urllib.request.urlopen(urllib.request.Request(url, b"{}", {"origin": "https://shop.example"})) as answer:
        return answer.headers.get_all("access-control-allow-origin") == ["*"]


def a_compressed_body_arrives_whole(aws: EmulatorProcess) -> bool:
    url = http_api(aws, function(aws, "return {'statusCode': 200, 'body': json.dumps(event)}"))
    body = gzip.compress(b'{"batch": []}')
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
        event = json.loads(answer.read())
    return bool(event["isBase64Encoded"]) and base64.b64decode(event["body"]) == body


def a_slash_at_the_end_is_no_matter(aws: EmulatorProcess) -> bool:
    url = http_api(aws, function(aws, "return {'statusCode': 200}"))
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{url}/", b"{}")) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as refused:
        refused.close()
        return False


def a_timeout_may_be_an_expression(aws: EmulatorProcess) -> bool:
    idle = function(aws, "return None")
    return run_task(aws, idle, "{% $states.input.seconds %}", seconds=1) == "States.Timeout"


def a_callback_function_that_raises_fails_its_task(aws: EmulatorProcess) -> bool:
    return run_task(aws, function(aws, "raise KeyError('no')"), 2) != "States.Timeout"


def a_throttle_has_its_own_name(aws: EmulatorProcess) -> bool:
    throttled = function(aws, "return None")
    aws.client("lambda").put_function_concurrency(FunctionName=throttled, ReservedConcurrentExecutions=0)
    return run_task(aws, throttled, 2) == "Lambda.TooManyRequestsException"


def an_archive_can_be_deployed(aws: EmulatorProcess) -> bool:
    bus = {"Type": "AWS::Events::EventBus", "Properties": {"Name": name("bus")}}
    archive = {"Type": "AWS::Events::Archive", "Properties": {"SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]}}}
    try:
        return stack(aws, {"Bus": bus, "Archive": archive}) == "CREATE_COMPLETE"
    except ClientError as refused:
        if "AWS::Events::Archive" not in str(refused):
            raise
        return False


def feedback_of_a_message_reaches_its_topic(aws: EmulatorProcess) -> bool:
    ses, sns, sqs, settings = aws.client("sesv2"), aws.client("sns"), aws.client("sqs"), name("set")
    topic = sns.create_topic(Name=name("topic"))["TopicArn"]
    queue = sqs.create_queue(QueueName=name("queue"))["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    ses.create_email_identity(EmailIdentity=f"{name('sender')}@shop.example")
    sender = ses.list_email_identities()["EmailIdentities"][-1]["IdentityName"]
    ses.create_configuration_set(ConfigurationSetName=settings)
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=settings,
        EventDestinationName="feedback",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["DELIVERY", "BOUNCE", "COMPLAINT"],
            "SnsDestination": {"TopicArn": topic},
        },
    )
    for address in ("ada", "bounce", "complaint+label", "suppressionlist"):
        domain = "example.com" if address == "ada" else "simulator.amazonses.com"
        ses.send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": [f"{address}@{domain}"]},
            Content={"Raw": {"Data": b"From: a@b.example\r\nList-Unsubscribe: <https://u.example>\r\n\r\nhello"}},
            EmailTags=[{"Name": "message", "Value": address.partition("+")[0]}],
            ConfigurationSetName=settings,
        )
    seen: list[tuple[str, str]] = []
    for _ in range(20):
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        for message in received:
            event = json.loads(json.loads(message["Body"])["Message"])
            seen.append((event["mail"]["tags"]["message"][0], event["eventType"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        if len(seen) >= 5 or not received:
            break
    return sorted(seen) == [
        ("ada", "Delivery"),
        ("bounce", "Bounce"),
        ("complaint", "Complaint"),
        ("complaint", "Delivery"),
        ("suppressionlist", "Bounce"),
    ]


def an_alert_reaches_the_owner(aws: EmulatorProcess) -> bool:
    sns, subject = aws.client("sns"), f"Samovar paused {name('mail')}"
    topic = sns.create_topic(Name=name("alarms"))["TopicArn"]
    sns.publish(TopicArn=topic, Subject=subject, Message="What happened: çok fazla ☕")
    kept = [json.loads(path.read_text("utf-8")) for path in Path(aws.mail_dir).glob("*.json")]
    return any(["Subject", subject] in message["headers"] for message in kept)


MENDS = [
    inserts_by_statement_reach_the_stream,
    updates_by_statement_reach_the_stream,
    an_error_keeps_its_type_and_the_worker,
    a_silent_handler_is_not_held,
    cors_of_a_template_is_answered,
    cors_of_the_api_is_the_only_one,
    a_compressed_body_arrives_whole,
    a_slash_at_the_end_is_no_matter,
    a_timeout_may_be_an_expression,
    a_callback_function_that_raises_fails_its_task,
    a_throttle_has_its_own_name,
    an_archive_can_be_deployed,
    feedback_of_a_message_reaches_its_topic,
    an_alert_reaches_the_owner,
]


@pytest.mark.parametrize("behaves", MENDS, ids=lambda behaves: behaves.__name__)
def test_a_mend_is_still_needed(behaves: Behaves, as_it_comes: EmulatorProcess) -> None:
    assert not behaves(as_it_comes), "the emulator does this by itself now: remove the mend"


@pytest.mark.parametrize("behaves", MENDS, ids=lambda behaves: behaves.__name__)
def test_a_mend_works(behaves: Behaves, mended: EmulatorProcess) -> None:
    assert behaves(mended)


def test_raw_headers_of_every_message_are_kept(mended: EmulatorProcess) -> None:
    ses, sender = mended.client("sesv2"), f"{name('sender')}@shop.example"
    ses.create_email_identity(EmailIdentity=sender)
    raw = b"From: a@b.example\r\nX-Mark: " + sender.encode() + b"\r\n\r\nhello"
    ses.send_email(
        FromEmailAddress=sender, Destination={"ToAddresses": ["x@y.example"]}, Content={"Raw": {"Data": raw}}
    )
    kept = [json.loads(path.read_text("utf-8")) for path in Path(mended.mail_dir).glob("*.json")]
    assert [["X-Mark", sender]] == [
        header for message in kept for header in message["headers"] if header == ["X-Mark", sender]
    ]


def test_the_gauge_counts_what_is_in_hand(mended: EmulatorProcess) -> None:
    until(lambda: not any(gauge(mended).values()), 20, "rest")
    states = mended.client("stepfunctions")
    definition = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 60, "End": True}}}
    machine = states.create_state_machine(name=name("machine"), definition=json.dumps(definition), roleArn=ROLE)
    execution = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    assert gauge(mended)["executions"] == 1
    states.stop_execution(executionArn=execution)
    assert gauge(mended)["executions"] == 0


def test_judgements_that_wait_are_no_movement_and_let_time_pass_when_told(mended: EmulatorProcess) -> None:
    until(lambda: not any(gauge(mended).values()), 20, "rest")
    queue = mended.client("sqs").create_queue(QueueName=name("work"))["QueueUrl"]
    arn = mended.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    worker = function(mended, "return {}")
    mended.client("lambda").create_event_source_mapping(FunctionName=worker, EventSourceArn=arn, BatchSize=1)
    mended.client("sqs").send_message(QueueUrl=queue, MessageBody='{"v":1,"judge":{}}', DelaySeconds=600)
    assert not any(gauge(mended).values())
    assert 590_000 < waiting(mended) <= 600_001
    urllib.request.urlopen(f"{mended.url}/_samovar/waiting", b"590000").close()
    assert waiting(mended) < 11_000
    mended.client("sqs").purge_queue(QueueUrl=queue)


def waiting(aws: EmulatorProcess) -> int:
    with urllib.request.urlopen(f"{aws.url}/_samovar/waiting") as answer:
        return int(json.loads(answer.read()))


def gauge(aws: EmulatorProcess) -> dict[str, int]:
    with urllib.request.urlopen(f"{aws.url}/_samovar/busy") as answer:
        counts: dict[str, int] = json.loads(answer.read())
        return counts
