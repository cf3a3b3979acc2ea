"""What an event costs the track handler in CPU, from the Lambda event in to the answer out.

The handler runs as in Lambda, its DynamoDB client talks over a real loopback connection to
a stand-in in another process (see answers.py), and only this process's CPU is counted.
There is no TLS on loopback: on AWS its share per call is a few dozen microseconds more.
"""

import base64
import contextlib
import gc
import io
import os
import random
import time
from collections import Counter
from typing import Any

from bench.answers import answering
from bench.report import Say
from bench.traffic import WRITE_KEY, call, posted
from functions.aws.attributes import encode
from functions.core.keys import public_key, to_plain

SIZES = (1, 25, 100)
EVENTS_A_SAMPLE = 1_000
SAMPLES = 7
KEYRING = {
    "pk": {"S": "X#keys"},
    "sk": {"S": "X"},
    "v": {"N": "2"},
    "pepper": {"B": base64.b64encode(b"p" * 32).decode()},
    "signing": {"L": [{"B": base64.b64encode(b"s" * 32).decode()}]},
    # A limit that a benchmark doesn't reach.
    "keys": encode([to_plain(public_key("bench", WRITE_KEY, per_minute=10**9, at=0))]),
}
MOMENT = "2026-05-04T09:30:00.000Z"


def run(say: Say) -> dict[str, float]:
    """cpu_us_per_event.batch_<n>, and cpu_ratio.batch_25_to_1."""
    spent: dict[int, list[float]] = {size: [] for size in SIZES}
    with answering(KEYRING) as (url, counted), _environment(url):
        from functions import releases
        from functions.aws import session
        from functions.track.handler import handler

        session.reset()
        releases.forget()
        chance = random.Random(7)
        for sample in range(SAMPLES + 1):
            for size in SIZES:
                requests = [_request(chance, size) for _ in range(EVENTS_A_SAMPLE // size)]
                cost = _cpu_of(handler, requests)
                calls = counted()
                if sample == 0:
                    _describe(say, size, len(requests), calls)
                else:
                    spent[size].append(cost / EVENTS_A_SAMPLE * 1_000_000)
        session.reset()
        releases.forget()
    least = {size: min(values) for size, values in spent.items()}
    numbers = {f"cpu_us_per_event.batch_{size}": value for size, value in least.items()}
    return numbers | {"cpu_ratio.batch_25_to_1": least[25] / least[1]}


def _request(chance: random.Random, size: int) -> dict[str, Any]:
    # A server's batch mixes people; a browser's single call is one person's.
    return posted(chance, [call(chance, chance.randrange(5_000), MOMENT) for _ in range(size)], MOMENT)


def _cpu_of(handler: Any, requests: list[dict[str, Any]]) -> float:
    gc.collect()
    with contextlib.redirect_stdout(io.StringIO()):
        before = time.process_time()
        answers = [handler(request, None) for request in requests]
        spent = time.process_time() - before
    assert all(answer["statusCode"] == 200 for answer in answers), answers[0]
    return spent


def _describe(say: Say, size: int, requests: int, calls: Counter[str]) -> None:
    each = ", ".join(f"{count / requests:.2f} {name}" for name, count in sorted(calls.items()))
    say(f"{size} events a request, {requests} requests a sample: {each} per request")


@contextlib.contextmanager
def _environment(url: str) -> Any:
    held = dict(os.environ)
    os.environ.update(
        AWS_ENDPOINT_URL=url,
        AWS_ACCESS_KEY_ID="none",
        AWS_SECRET_ACCESS_KEY="none",
        AWS_DEFAULT_REGION="eu-west-1",
        AWS_REGION="eu-west-1",
        EVENTS_TABLE="events",
        CONTACTS_TABLE="contacts",
        POWERTOOLS_SERVICE_NAME="track",
        POWERTOOLS_METRICS_NAMESPACE="Samovar",
    )
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(held)
