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

from functions import clock, releases
from functions.aws.attributes import from_item
from functions.core.correction import Moves, Skip
from functions.core.enrollment import Enrollment
from functions.core.message import Message
from functions.people import whom
from functions.people.sameness import join
from functions.tables import enrollments, messages
from functions.tables.releases import live, publish
from functions.work import correct, jobs
from local import skip
from local.running import stack_up
from local.stack import Stack
from local.waiting import until
from tests.crash.ending import Item
from tests.crash.journeys import with_journeys
from tests.e2e.played import connected
from tests.scale import scaled

pytestmark = pytest.mark.stack

VISITORS = 6
TRAVELLERS = 4
DAY_S = 86_400
STRUCK = 3
"""So many workers are killed in each part of a journey: fewer than it takes to be held for whoever kills them."""
RECEIVED = 1000
"""So often a queue hands a message out before it lands aside: whoever is killed with it is not killed by it."""
CLICK = re.compile(r"/c/[^\s\"]+")


class Killer:
    """Kills one worker of the emulator after the other, and counts them: so many `at_most`, for where workers start
    more slowly than they are killed nothing would ever be done."""

    def __init__(self, emulator: int, chance: random.Random, at_most: int) -> None:
        self.emulator, self.chance, self.at_most, self.killed = emulator, chance, at_most, 0
        self.stop = threading.Event()

    def run(self) -> None:
        while self.killed < self.at_most and not self.stop.wait(self.chance.uniform(0.3, 2.0)):
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
def killing(stack: Stack, chance: random.Random, *, at_least: int, at_most: int) -> Iterator[Killer]:
    """Inside the block no worker lives long, until enough of them were killed; it is left when some were."""
    killer = Killer(stack.emulator_pid, chance, at_most)
    thread = threading.Thread(target=killer.run)
    thread.start()
    try:
        yield killer
        until(lambda: killer.killed >= at_least, 60, "enough workers to be killed", every=0.1)
    finally:
        killer.stop.set()
        thread.join()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack of its own, whose queues hand a message of a dead worker out again after seconds, however often."""
    with stack_up(tmp_path) as running:
        sqs = running.client("sqs")
        for url in sqs.list_queues()["QueueUrls"]:
            asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
            changed = {"VisibilityTimeout": "8"}
            if redrive := asked.get("Attributes", {}).get("RedrivePolicy"):
                changed["RedrivePolicy"] = json.dumps({**json.loads(redrive), "maxReceiveCount": RECEIVED})
            sqs.set_queue_attributes(QueueUrl=url, Attributes=changed)
        yield running


def ask(stack: Stack, path: str, body: dict[str, str] | None = None) -> int:
    """A request that a browser repeats until it is answered; the status."""
    data = urllib.parse.urlencode(body).encode() if body else None
    return answer_to(urllib.request.Request(f"{stack.api_url}{path}", data))


def answer_to(request: urllib.request.Request) -> int:
    """The status of the answer, after as many repetitions as it takes."""
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

    until(once, 180, f"an answer of {request.selector}", every=0.2)
    return answered[0]


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nowhere: what a link leads to is not of this stack."""

    def redirect_request(self, *_: object) -> None:
        return None


def sign_up(stack: Stack, number: int) -> None:
    form = {
        "email": address(number),
        "consent": "tips",
        "anonymousId": f"browser-{number}",
        "_nonce": f"{stack.now_ms():013d}-{number:016x}",
    }
    assert ask(stack, "/f/hello", form) in (200, 303)


def address(number: int) -> str:
    return f"visitor{number}@example.com"


def view(stack: Stack, number: int) -> None:
    """A visitor looks at a product."""
    said = {"event": "Product Viewed", "anonymousId": f"browser-{number}", "messageId": f"viewed-{number}"}
    headers = {"content-type": "application/json"}
    key = {"writeKey": stack.write_key}
    body = json.dumps({**said, **key}).encode()
    assert answer_to(urllib.request.Request(f"{stack.api_url}/v1/track", body, headers)) == 200


def rows(stack: Stack) -> list[Item]:
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.contacts_table, ConsistentRead=True)
    return [from_item(item) for page in pages for item in page["Items"]]


def ledger(stack: Stack) -> list[Message]:
    return [messages.from_item(row) for row in rows(stack) if row["sk"].startswith("M#")]


def test_workers_killed_at_random_moments_lose_nothing_and_repeat_nothing(stack: Stack) -> None:
    chance = random.Random(7)
    visitors = scaled(VISITORS)
    with killing(stack, chance, at_least=visitors, at_most=3 * visitors) as killer:
        for number in range(visitors):
            sign_up(stack, number)
    stack.settle(120)
    skip.skip(stack, DAY_S // 12)
    welcomes = {sent.to[0]: sent for sent in stack.messages()}
    with killing(stack, chance, at_least=visitors // 2, at_most=2 * visitors) as again:
        for number in range(0, visitors, 2):
            sent = welcomes.get(address(number))
            if sent is not None:
                body = message_from_string(sent.raw, policy=default).get_body(("plain",))
                link = CLICK.search(body.get_content()) if body else None
                assert link
                ask(stack, link[0])
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
    assert Counter(run.state for run in runs(stack)) == {"done": visitors}
    assert nothing_is_left(stack)


def runs(stack: Stack) -> list[Enrollment]:
    return [enrollments.from_row(row) for row in rows(stack) if row["sk"].startswith("J#")]


def nothing_is_left(stack: Stack) -> bool:
    """Whether no clock is parked, and nothing lies aside."""
    assert not [row for row in rows(stack) if row["sk"].startswith("W#")]
    aside = stack.client("sqs").receive_message(QueueUrl=stack.aside_queue_url, MaxNumberOfMessages=10)
    assert [json.loads(one["Body"]) for one in aside.get("Messages", [])] == []
    machine = stack.client("stepfunctions")
    asked = machine.list_executions(stateMachineArn=stack.state_machine_arn, statusFilter="RUNNING")
    assert asked["executions"] == []
    return True


def toured(pause: str, rest: str) -> bytes:
    """A journey whose first wait is called `pause` and takes as long as its last, `rest`."""
    when = {"event": "Form Submitted", "form": "hello"}
    steps = [
        {"id": pause, "wait": rest},
        {"id": "answer", "wait": {"until": {"event": "Product Viewed"}, "at_most": "1 day"}},
        {"id": "guide", "send": "brewing-guide"},
        {"id": "rest", "wait": rest},
        {"id": "mark", "tag": "guided"},
    ]
    return with_journeys(tour={"start": {"when": when}, "steps": steps})


def release(content: bytes) -> str:
    """Publish it; its id."""
    before = live()
    releases.forget()
    return publish(content, {}, by="tests", based_on=before.release if before else None).release


def stands(stack: Stack) -> Counter[str]:
    """How many wait at each step."""
    return Counter(run.waiting.step for run in runs(stack) if run.waiting)


def pass_days(stack: Stack, days: float) -> None:
    """Let time pass though sweeps be killed: the next minute's goes on."""
    end = stack.now_ms() + int(days * DAY_S * 1000)

    def passed() -> bool:
        try:
            skip.to(stack, end)
        except RuntimeError:
            return False
        return True

    until(passed, 180, "time to pass", every=0.1)


def test_workers_killed_while_runs_wait_are_corrected_and_merge_leave_each_run_done_once(stack: Stack) -> None:
    chance, people = random.Random(11), scaled(TRAVELLERS)
    early, late, twin = range(people // 2), range(people // 2, people), people
    killed = 0

    @contextmanager
    def struck() -> Iterator[None]:
        nonlocal killed
        with killing(stack, chance, at_least=STRUCK, at_most=STRUCK) as killer:
            yield
        killed += killer.killed
        stack.settle(120)

    with connected(stack):
        release(toured("week", "2 days"))
        for number in (*early, twin):
            sign_up(stack, number)
        stack.settle(120)
        assert stands(stack) == {"week": len(early) + 1}
        with struck():
            correct.recall("c1", "tour", "week", Skip(), clock.now_ms())
        for number in late:
            sign_up(stack, number)
        stack.settle(120)
        assert stands(stack) == {"answer": len(early) + 1, "week": len(late)}
        with struck():
            correct.migrate("m1", "tour", release(toured("pause", "1 day")), Moves({"week": "pause"}), clock.now_ms())
        assert stands(stack) == {"answer": len(early) + 1, "pause": len(late)}
        with struck():
            join(whom.of(address(twin)).id, whom.of(address(0)).id, clock.now_ms())
            for number in early:
                view(stack, number)
        with struck():
            pass_days(stack, 1.5)
        skip.skip(stack, 3 * DAY_S)

        print(f"{killed} workers killed")
        assert all((job := jobs.get(id)) is not None and not job.open for id in ("c1", "m1"))
        ended = runs(stack)
        assert Counter(run.state for run in ended) == {"done": people, "exited": 1}
        assert [run.path[-1].outcome for run in ended if run.state == "exited"] == ["merged"]
        assert {run.corrected for run in ended} == {"m1"}
        kept, mails = ledger(stack), Counter(sent.tags["message"] for sent in stack.messages())
        assert set(mails.values()) == {1}
        assert Counter(message.step for message in kept) == {"guide": people}
        assert {message.id for message in kept if message.state != "unknown"} <= set(mails)
        assert nothing_is_left(stack)
