"""The whole local stack: how many events it stores and scores in a second, and how long a form takes to matter.

An emulator in one process on one machine: these numbers say that nothing is stuck, not how
AWS performs.
"""

import base64
import random
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.people import iso
from bench.report import Say
from bench.traffic import call, posted
from functions.core.identity import EMAIL, identity_ref
from functions.tables.contacts import STATE, partition
from local.running import stack_up
from local.stack import Stack
from local.waiting import until

REQUESTS, EVENTS_A_REQUEST, SENDERS = 60, 10, 4
FORMS = 20
PATIENCE_S = 60.0


def run(say: Say) -> dict[str, float]:
    """events_per_second, form_to_score_s.p50/.p99 and form_to_mail_s.p50/.p99."""
    with tempfile.TemporaryDirectory() as folder, stack_up(Path(folder), 0, say) as stack:
        say(f"{FORMS} forms, one after another; {REQUESTS} requests of {EVENTS_A_REQUEST} events by {SENDERS} senders")
        scored, mailed = _forms(stack, say)
        return {
            "events_per_second": _events(stack),
            "form_to_score_s.p50": _percentile(scored, 50),
            "form_to_score_s.p99": _percentile(scored, 99),
            "form_to_mail_s.p50": _percentile(mailed, 50),
            "form_to_mail_s.p99": _percentile(mailed, 99),
        }


def _forms(stack: Stack, say: Say) -> tuple[list[float], list[float]]:
    """Seconds from posting a form until its contact is scored, and until its mail lies in the inbox."""
    pepper = _row(stack, "X#keys", "X")["pepper"]["B"]
    scored, mailed = [], []
    for number in range(FORMS + 1):
        address = f"bench-{number}@example.com"
        ref = identity_ref(EMAIL, address, pepper)
        form = urllib.parse.urlencode({"email": address, "first_name": "Ada", "consent": "tips"}).encode()
        begun = time.monotonic()
        _post(stack, "/f/hello", form, {"content-type": "application/x-www-form-urlencoded"})

        def has_score(ref: str | None = ref) -> bool:
            owner = _row(stack, f"I#{ref}", "I")
            return bool(owner) and "facts" in _row(stack, partition(owner["contact"]["S"]), STATE)

        def has_mail(address: str = address) -> bool:
            return any(address in sent.to for sent in stack.messages())

        took = _seconds(has_score, begun), _seconds(has_mail, begun)
        stack.settle()
        # The first form warms the functions up.
        if number:
            scored.append(took[0])
            mailed.append(took[1])
            say(f"form {number} of {FORMS}: scored after {took[0]:.2f} s, mail after {took[1]:.2f} s")
    return scored, mailed


def _events(stack: Stack) -> float:
    """Events stored and scored in a second, from the first request until nothing moves any more."""
    chance = random.Random(3)
    requests = []
    for _ in range(REQUESTS):
        person = chance.randrange(200)
        now = iso(stack.now_ms())
        requests.append(posted(chance, [call(chance, person, now) for _ in range(EVENTS_A_REQUEST)], now))
    begun = time.monotonic()
    with ThreadPoolExecutor(SENDERS) as crowd:
        list(crowd.map(lambda request: _post_event(stack, request), requests))
    stack.settle(PATIENCE_S)
    return REQUESTS * EVENTS_A_REQUEST / (time.monotonic() - begun)


def _post_event(stack: Stack, request: dict[str, Any]) -> None:
    key = base64.b64encode(f"{stack.write_key}:".encode()).decode()
    headers = {"content-type": "application/json", "authorization": f"Basic {key}"}
    _post(stack, request["rawPath"], request["body"].encode(), headers)


def _post(stack: Stack, path: str, body: bytes, headers: dict[str, str]) -> None:
    with urllib.request.urlopen(urllib.request.Request(stack.api_url + path, body, headers), timeout=30) as answer:
        answer.read()


def _row(stack: Stack, pk: str, sk: str) -> dict[str, Any]:
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    answer = stack.client("dynamodb").get_item(TableName=stack.contacts_table, Key=key, ConsistentRead=True)
    return dict(answer.get("Item", {}))


def _seconds(condition: Callable[[], object], begun: float) -> float:
    until(condition, PATIENCE_S, "a form's consequence")
    return time.monotonic() - begun


def _percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
