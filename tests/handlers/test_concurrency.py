"""Many workers at once: who is who does not depend on who comes first."""

import json
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from functions.aws.attributes import from_item
from functions.core.release import load
from functions.tables import contacts
from local.emulator import EmulatorProcess
from tests.cloud import stores
from tests.handlers.conftest import Stack
from tests.handlers.http_client import BASIC, event
from tests.handlers.test_score import release
from tests.scale import scaled

ROOT = Path(__file__).resolve().parents[2]
IDENTIFIES = min(2000, scaled(500))
ADDRESSES = 50
BROWSERS = 250
NAMES = ("ipek", "łukasz", "straße", "ada", "привет")
WORKERS = 4
WORKER = """
import json, sys, random
from types import SimpleNamespace
from functions.track.handler import handler as track
from functions.score.handler import handler as score
room = {"track": track, "score": score}[sys.argv[1]]
for line in sys.stdin:
    for _ in range(20):
        try:
            answer = room(json.loads(line), SimpleNamespace(function_name="score"))
        except Exception as error:
            print(type(error).__name__, file=sys.stderr)
        else:
            break
    else:
        sys.exit(1)
    assert answer.get("statusCode", 200) == 200, answer
"""


@pytest.fixture(scope="module")
def emulator(emulator_process: EmulatorProcess) -> EmulatorProcess:
    """Several processes ask it."""
    return emulator_process


def at_once(room: str, events: list[dict[str, object]], environment: dict[str, str]) -> None:
    """Hand the events to several processes, each in turn: what one process can't race with, four can."""
    lines = [json.dumps(event) for event in events]

    def work(part: list[str]) -> str:
        run = subprocess.run(
            [sys.executable, "-c", WORKER, room],
            check=False,
            input="\n".join(part),
            capture_output=True,
            text=True,
            env=environment,
            cwd=ROOT,
        )
        assert run.returncode == 0, run.stderr[-2000:]
        return run.stderr

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, [lines[worker::WORKERS] for worker in range(WORKERS)]))


def test_many_identifies_of_fifty_addresses_in_any_letter_case_make_fifty_contacts(stack: Stack) -> None:
    stack.publish(load(release()))
    chance = random.Random(3)
    people = [
        f"{name}.{number}@çay.example" for number, name in enumerate(["ipek", "łukasz", "straße", "ada", "привет"] * 10)
    ]
    calls = []
    for number in range(IDENTIFIES):
        person = people[number % ADDRESSES]
        address = "".join(chance.choice((letter.lower(), letter.upper())) for letter in person)
        browser = f"browser-{number % BROWSERS}"
        calls.append(
            {"type": "identify", "anonymousId": browser, "messageId": f"m{number}", "traits": {"email": address}}
        )
    chance.shuffle(calls)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    at_once("track", [_request(calls[start : start + 20]) for start in range(0, len(calls), 20)], environment)
    records = [
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": str(position + 1), "NewImage": row}}
        for position, row in enumerate(stores.scan(stack.dynamodb(), stack.environment["EVENTS_TABLE"]))
    ]
    assert len(records) == IDENTIFIES
    records += chance.choices(records, k=IDENTIFIES // 10)
    chance.shuffle(records)
    batches = [{"Records": records[start : start + 25]} for start in range(0, len(records), 25)]
    at_once("score", batches, environment)
    rows = [from_item(row) for row in stores.scan(stack.dynamodb(), stack.environment["CONTACTS_TABLE"])]
    states = [contacts.state_from(row) for row in rows if row["sk"] == "S"]
    standing = [state.contact for state in states if state.merged_into is None]
    assert len(standing) == ADDRESSES
    profiles = [contacts.profile_from(row) for row in rows if row["sk"] == "P" and "into" not in row]
    browsers = [ref for profile in profiles for ref in profile.identities if ref.startswith("a#")]
    assert sorted(browsers) == sorted({row["pk"].removeprefix("I#") for row in rows if row["pk"].startswith("I#a#")})
    assert len(browsers) == BROWSERS
    assert stack.aside() == []


def _request(calls: list[dict[str, object]]) -> dict[str, object]:
    body = json.dumps({"batch": calls}).encode()
    return event("POST", "/v1/batch", body, {**BASIC, "content-type": "application/json"})
