"""Real worker processes of the real local stack, killed at random moments with SIGKILL."""

import json
import os
import random
import re
import signal
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest

from functions.aws import dynamodb
from functions.aws.attributes import from_item
from functions.core.message import Message
from functions.tables import enrollments, messages
from local import skip
from local.running import stack_up
from local.stack import Stack
from local.waiting import until
from tests.scale import scaled

pytestmark = pytest.mark.stack

VISITORS = 6
DAY_S = 86_400
CLICK = re.compile(r"/c/[^\s\"]+")


class Killer:
    """Kills one worker of the emulator after the other, and counts them."""

    def __init__(self, emulator: int, chance: random.Random) -> None:
        self.emulator, self.chance, self.killed = emulator, chance, 0
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.wait(self.chance.uniform(0.3, 2.0)):
            workers = list(self.workers())
            if workers:
                os.kill(self.chance.choice(workers), signal.SIGKILL)
                self.killed += 1

    def workers(self) -> Iterator[int]:
        """Processes that the emulator started and that live."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(parent) == self.emulator and state != "Z":
                yield int(folder.name)


@contextmanager
def killing(stack: Stack, chance: random.Random) -> Iterator[Killer]:
    """Inside the block no worker lives long."""
    killer = Killer(stack.emulator_pid, chance)
    thread = threading.Thread(target=killer.run)
    thread.start()
    try:
        yield killer
    finally:
        killer.stop.set()
        thread.join()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack of its own, whose queues hand a message of a dead worker out again after seconds."""
    with stack_up(tmp_path) as running:
        sqs = running.client("sqs")
        for url in sqs.list_queues()["QueueUrls"]:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "12"})
        yield running


def ask(stack: Stack, path: str, body: dict[str, str] | None = None) -> int:
    """A request that a browser repeats until it is answered; the status."""
    data = urllib.parse.urlencode(body).encode() if body else None
    request = urllib.request.Request(f"{stack.api_url}{path}", data)
    answered: list[int] = []

    def once() -> bool:
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=30) as answer:
                answered.append(answer.status)
        except urllib.error.HTTPError as error:
            if error.code >= 500:
                return False
            answered.append(error.code)
        except (urllib.error.URLError, OSError):
            return False
        return True

    until(once, 180, f"an answer of {path.split('/')[1]}", every=0.2)
    return answered[0]


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nowhere: what a link leads to is not of this stack."""

    def redirect_request(self, *_: object) -> None:
        return None


def sign_up(stack: Stack, number: int) -> None:
    form = {
        "email": f"visitor{number}@example.com",
        "consent": "tips",
        "anonymousId": f"browser-{number}",
        "_nonce": f"{stack.now_ms():013d}-{number:016x}",
    }
    assert ask(stack, "/f/hello", form) in (200, 303)


def rows(stack: Stack) -> list[dynamodb.Item]:
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.contacts_table, ConsistentRead=True)
    return [from_item(item) for page in pages for item in page["Items"]]


def ledger(stack: Stack) -> list[Message]:
    return [messages.from_item(row) for row in rows(stack) if row["sk"].startswith("M#")]


def test_workers_killed_at_random_moments_lose_nothing_and_repeat_nothing(stack: Stack) -> None:
    chance = random.Random(7)
    visitors = scaled(VISITORS)
    with killing(stack, chance) as killer:
        for number in range(visitors):
            sign_up(stack, number)
        until(lambda: killer.killed >= visitors, 60, "enough workers to be killed", every=0.1)
    stack.settle(120)
    skip.skip(stack, DAY_S // 12)
    welcomes = {sent.to[0]: sent for sent in stack.messages()}
    with killing(stack, chance) as again:
        for number in range(0, visitors, 2):
            sent = welcomes.get(f"visitor{number}@example.com")
            if sent is not None:
                body = message_from_string(sent.raw, policy=default).get_body(("plain",))
                link = CLICK.search(body.get_content()) if body else None
                assert link
                ask(stack, link[0])
        until(lambda: again.killed >= visitors // 2, 60, "enough workers to be killed", every=0.1)
    stack.settle(120)
    skip.skip(stack, 4 * DAY_S)

    kept, sent_once = ledger(stack), Counter(sent.tags["message"] for sent in stack.messages())
    unknown = [message.id for message in kept if message.state == "unknown"]
    print(f"{killer.killed + again.killed} workers killed, {len(unknown)} of {len(kept)} messages left unknown")
    assert set(sent_once.values()) == {1}
    assert Counter(message.step for message in kept if message.step == "hello") == {"hello": visitors}
    assert len(kept) == 2 * visitors
    assert {message.state for message in kept} <= {"delivered", "unknown"}
    assert {message.id for message in kept} - set(unknown) <= set(sent_once) <= {message.id for message in kept}
    runs = [enrollments.from_row(row) for row in rows(stack) if row["sk"].startswith("J#")]
    assert Counter(run.state for run in runs) == {"done": visitors}
    assert not [row for row in rows(stack) if row["sk"].startswith("W#")]
    aside = stack.client("sqs").receive_message(QueueUrl=stack.aside_queue_url, MaxNumberOfMessages=10)
    assert [json.loads(one["Body"]) for one in aside.get("Messages", [])] == []
