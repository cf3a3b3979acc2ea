"""`make up` as a person meets it: a process that says where everything is, and leaves nothing behind."""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import emulator, skip
from local.emulator import HOST
from local.front import letters
from local.running import PortTaken, stack_up
from local.stack import Stack
from local.waiting import until
from tests.unit.authoring.folders import Folder

pytestmark = pytest.mark.stack

DAY = 86_400


@contextlib.contextmanager
def up(state_dir: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m local.up` until it says that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local.up"],
        env={**os.environ, "PORT": "0", "STATE_DIR": str(state_dir), **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        said = []
        for line in process.stdout:
            said.append(line.strip())
            if said[-1] == "ready":
                break
        assert said[-1] == "ready", said
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def alive(pid: int) -> bool:
    """Whether a process runs (one that only waits to be collected does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def family(pid: int) -> set[int]:
    """A process and everything that descends from it."""
    children = {
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    }
    return {pid}.union(*(family(child) for child in children))


def listens(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, urllib.parse.urlsplit(url).port or 0)) == 0


def sign_up(stack: Stack, address: str) -> None:
    fields = urllib.parse.urlencode({"email": address, "consent": "tips"}).encode()
    with urllib.request.urlopen(f"{stack.api_url}/f/hello", fields) as answer:
        assert answer.status == 200
    stack.settle()


def subjects(stack: Stack, address: str) -> list[str]:
    return [letters.read(sent).subject for sent in stack.messages() if address in sent.to]


def test_whoever_edits_the_files_of_a_fresh_stack_publishes_at_once_and_the_shop_shows_it(tmp_path: Path) -> None:
    marketing = Folder(tmp_path / "marketing")
    with up(tmp_path / "state"):
        stack = Stack.load(tmp_path / "state" / "stack.json")
        marketing.swap("forms/hello.yaml", "A letter about tea", "Çay mektubu")
        marketing.swap("sending.yaml", "email: hello@", "email: merhaba@")
        command = "from authoring.cli import main; main()"
        words = [sys.executable, "-c", command, "--marketing", str(marketing.root), "publish"]
        environment = {**os.environ, "STATE_DIR": str(tmp_path / "state")}
        done = subprocess.run(words, check=False, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        with urllib.request.urlopen(stack.site_url) as answer:
            assert "Çay mektubu" in answer.read().decode()
        sign_up(stack, "lale@example.com")
        assert len(subjects(stack, "lale@example.com")) == 1


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_stack_leaves_nothing_running(tmp_path: Path, end: signal.Signals) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with up(tmp_path, TMPDIR=str(scratch)) as process:
        stack = Stack.load(tmp_path / "stack.json")
        sign_up(stack, "ada@example.com")
        everybody = family(process.pid)
        assert list(scratch.glob("samovar-*")) != []
        assert stack.emulator_pid in everybody
        assert len(everybody) > 3
        process.send_signal(end)
        assert process.wait(40) == 0
    assert [pid for pid in everybody if alive(pid)] == []
    assert not any(listens(url) for url in (stack.api_url, stack.site_url, stack.inbox_url, stack.aws_endpoint))
    assert not stack.description.exists()
    assert list(scratch.glob("samovar-*")) == []


def test_an_emulator_ends_and_tidies_up_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib; from local import emulator\n"
        "print(emulator.start(pathlib.Path(sys.argv[1])).pid, flush=True); time.sleep(600)"
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "state")],
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert list(scratch.iterdir()) != []
        parent.kill()
        parent.wait()
        until(lambda: not alive(child), 20, "the emulator's end")
    assert list(scratch.iterdir()) == []


def test_demo_traffic_sends_a_crowd_through(tmp_path: Path) -> None:
    with up(tmp_path, DEMO_TRAFFIC="12"):
        stack = Stack.load(tmp_path / "stack.json")
        dynamodb = stack.client("dynamodb")
        until(lambda: dynamodb.scan(TableName=stack.events_table, Select="COUNT")["Count"] >= 12, 60, "the crowd")


def test_what_happened_survives_a_restart_and_a_lost_alarm_clock_is_made_good(tmp_path: Path) -> None:
    with stack_up(tmp_path) as stack:
        sign_up(stack, "ada@example.com")
        first = stack.write_key
    with stack_up(tmp_path) as stack:
        assert stack.write_key == first
        sign_up(stack, "ada@example.com")
        sign_up(stack, "bora@example.com")
        assert len(subjects(stack, "ada@example.com")) == 1
        executions = stack.client("stepfunctions").list_executions(stateMachineArn=stack.state_machine_arn)
        assert sorted(execution["status"] for execution in executions["executions"]) == ["FAILED", "RUNNING"]
        skip.skip(stack, 3 * DAY)
        skip.skip(stack, 3600)
        assert len(subjects(stack, "ada@example.com")) == 2
        assert subjects(stack, "ada@example.com") == subjects(stack, "bora@example.com")


def test_streams_are_read_on_after_a_restart(tmp_path: Path) -> None:
    """The mend of stream positions: as MiniStack comes, it skips what is written after a restart."""
    for mended in (True, False):
        state = tmp_path / str(mended)
        with emulator.start(state, mended=mended) as aws:
            port = aws.port
            follow(aws)
            count(aws, 3)
            until(lambda: seen(aws) == 3, 20, "three records")
        with emulator.start(state, port, mended=mended) as aws:
            count(aws, 1)
            if mended:
                until(lambda: seen(aws) == 4, 20, "the fourth record")
            else:
                with pytest.raises(TimeoutError):
                    until(lambda: seen(aws) == 4, 3, "the fourth record")


def follow(aws: emulator.EmulatorProcess) -> None:
    """A table whose stream a function copies to a queue."""

    stream = aws.client("dynamodb").create_table(
        TableName="things",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    queue = aws.client("sqs").create_queue(QueueName="seen")["QueueUrl"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(
            "code.py",
            "import json, boto3\n"
            "def handler(event, context):\n"
            "    for record in event['Records']:\n"
            f"        boto3.client('sqs').send_message(QueueUrl={queue!r}, MessageBody=json.dumps(record))",
        )
    aws.client("lambda").create_function(
        FunctionName="follower",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="code.handler",
        Code={"ZipFile": code.getvalue()},
        Timeout=20,
    )
    aws.client("lambda").create_event_source_mapping(
        FunctionName="follower", EventSourceArn=stream, StartingPosition="TRIM_HORIZON", BatchSize=10
    )


def count(aws: emulator.EmulatorProcess, number: int) -> None:
    """Write so many new things."""
    for _ in range(number):
        aws.client("dynamodb").put_item(TableName="things", Item={"pk": {"S": os.urandom(8).hex()}})


def seen(aws: emulator.EmulatorProcess) -> int:
    """How many records the follower saw."""
    queue = aws.client("sqs").get_queue_url(QueueName="seen")["QueueUrl"]
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])[
        "Attributes"
    ]
    return int(attributes["ApproximateNumberOfMessages"])


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)), stack_up(tmp_path, port):
            pass


def test_the_description_names_what_others_need(tmp_path: Path, stack: Stack) -> None:
    described = json.loads(stack.description.read_text())
    assert {"api_url", "site_url", "inbox_url", "aws_endpoint", "write_key"} <= set(described)
    for url in (stack.api_url, stack.site_url, f"{stack.inbox_url}/messages.json"):
        with urllib.request.urlopen(url) as answer:
            assert answer.status == 200
