"""A bounded crowd of visitors, so that the demo has something to show.

Most look at one page and go; a few read a lot, sign up, open, click and buy.
"""

import base64
import json
import random
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from local.front.shop import TEAS, TOPICS
from local.stack import Stack

AT_ONCE = 4
NAMES = ("Ada", "Bora", "Chiara", "Deniz", "Elif", "Farid", "Grace", "Hana", "Ines", "Jonas", "Kaya", "Lale", "Mina")
PAGES = ("/", "/", "/", "/brewing-guide", "/wholesale", *(f"/{tea.slug}" for tea in TEAS))


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a visitor: JSON to the tracking API, or a posted form."""

    path: str
    body: bytes
    kind: str


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:.1f} a second")


def send(stack: Stack, visitors: int, console: Console, stop: threading.Event, seed: int | None = None) -> int:
    """Send `visitors` through the stack, a few at once, with a bar; how many requests were answered well."""
    chance = random.Random(seed)
    good = 0
    with (
        _bar(console) as bar,
        ThreadPoolExecutor(AT_ONCE, "visitor") as crowd,
    ):
        task = bar.add_task("visitors", total=visitors)
        under_way: set[Future[int]] = set()
        for _ in range(visitors):
            if stop.is_set():
                break
            if len(under_way) >= AT_ONCE:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                good += sum(visit.result() for visit in done)
                bar.advance(task, len(done))
            under_way.add(crowd.submit(_visit, stack, list(visit(chance, stack.now_ms()))))
        for late in under_way:
            good += late.result()
            bar.advance(task)
    return good


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    return Progress(*columns, console=console)


def visit(chance: random.Random, now: int) -> Iterator[Request]:
    """What one visitor does: a long tail of pages, now and then a sign-up, rarely an order."""
    who = str(UUID(int=chance.getrandbits(128), version=4))
    pages = min(40, int(chance.paretovariate(1.3)))
    start = now - pages * 30_000
    for number in range(pages):
        path = chance.choice(PAGES)
        properties = {"path": path, "url": f"https://shop.example{path}"}
        topic = {"topic": TOPICS[path]} if path in TOPICS else {}
        yield _event(chance, "page", who, start + number * 30_000, properties | topic)
    if pages >= 2 and chance.random() < 0.35:
        name = chance.choice(NAMES)
        yield _form(chance, who, name)
        if chance.random() < 0.15:
            properties = {"total": chance.choice(TEAS).price, "currency": "EUR"}
            yield _event(chance, "track", who, now, properties, event="Order Completed")


def _event(
    chance: random.Random, call: str, who: str, at: int, properties: dict[str, str], event: str | None = None
) -> Request:
    stamp = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    body = {
        "anonymousId": who,
        "messageId": f"demo-{chance.getrandbits(96):024x}",
        "timestamp": stamp,
        "properties": properties,
        **({"event": event} if event else {}),
    }
    return Request(f"/v1/{call}", json.dumps(body).encode(), "application/json")


def _form(chance: random.Random, who: str, name: str) -> Request:
    # The simulator's domain makes some of the crowd's mailboxes bounce, as they would.
    place = "bounce" if chance.random() < 0.03 else "success"
    address = f"{place}+{name.lower()}{chance.getrandbits(24)}@simulator.amazonses.com"
    fields = {"anonymousId": who, "email": address, "first_name": name, "consent": "tips"}
    return Request("/f/hello", urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        """A form's answer is enough: nobody reads the thanks here."""


def _visit(stack: Stack, requests: list[Request]) -> int:
    opener = urllib.request.build_opener(_Stay)
    key = base64.b64encode(f"{stack.write_key}:".encode()).decode()
    good = 0
    for request in requests:
        headers = {"content-type": request.kind, "authorization": f"Basic {key}"}
        try:
            with opener.open(urllib.request.Request(stack.api_url + request.path, request.body, headers), timeout=30):
                good += 1
        except urllib.error.HTTPError as error:
            good += 300 <= error.code < 400
    return good
