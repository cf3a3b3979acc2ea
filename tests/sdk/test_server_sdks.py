"""The server SDKs, unmodified, through bad weather: what reached the API is stored once, the proxy lists the rest.

The function answers in this process behind a small HTTP server: the stack of the end-to-end tests adds only
API Gateway's routing, which the browser SDKs go through (tests/e2e/test_browser_sdks.py), and takes ten times as long.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from functions.aws import session
from infra import node
from local.emulator import EmulatorProcess
from local.front.server import Server
from tests.handlers.conftest import SECRET, Stack, make_stack
from tests.scale import SCALE
from tests.sdk.api import Api
from tests.sdk.report import Report, show
from tests.sdk.weather import TROUBLES, Weather

HERE, NPM = Path(__file__).parent, Path(__file__).parents[1] / "npm"
_NUMBERS = count()
COUNT = 60 if SCALE == 1 else 500
TROUBLED = len(TROUBLES) * (1 if SCALE == 1 else 5)
COMMANDS = {
    "segment-analytics-python": (sys.executable, str(HERE / "send_with_segment.py")),
    "rudder-sdk-python": (sys.executable, str(HERE / "send_with_rudder.py")),
    "@segment/analytics-node": ("node", str(NPM / "send-with-segment.cjs")),
    "@rudderstack/rudder-sdk-node": ("node", str(NPM / "send-with-rudder.cjs")),
}


@pytest.fixture
def stack(
    emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Stack]:
    session.reset()
    yield make_stack(emulator, monkeypatch, request.node.nodeid)
    session.reset()


def send(sdk: str, stack: Stack, key: str, troubles: int) -> Report:
    """Let an SDK make COUNT mixed calls."""
    with Server(0, Api) as api:
        weather = Weather(api.url, troubles)
        with Server(0, weather.proxy()) as proxy:
            environment = os.environ | node.environment()
            command = [*COMMANDS[sdk], proxy.url, key, str(COUNT)]
            subprocess.run(command, check=True, timeout=300, env=environment, capture_output=True)
    return Report(sdk, {str(n) for n in range(COUNT)}, weather, [event.id for event in stack.events()])


@pytest.mark.parametrize("sdk", COMMANDS)
def test_a_server_sdk_in_bad_weather_loses_nothing_and_is_stored_once(
    sdk: str, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    report = send(sdk, stack, SECRET, troubles=TROUBLED)
    with capsys.disabled():
        print("\n" + show([report]))
    assert report.refused == []
    assert report.is_stored_once
    assert report.never_arrived == []
    assert {sending.fate for sending in report.weather.log} >= set(TROUBLES)
    assert set(report.sent_again) == set(TROUBLES)
    events = stack.events()
    assert {event.kind for event in events} == {"identify", "track", "page", "screen", "group", "alias"}
    assert all(event.proved for event in events)
    assert {event.traits.get("first_name") for event in events if event.kind == "identify"} == {"Łucja İpek 🍵"}
