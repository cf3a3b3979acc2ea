"""What a deployment of the tests sets in its process is gone with it."""

import os

import pytest

from functions import clock
from local.emulator import EmulatorProcess
from tests.cloud import Cloud


def test_a_deployment_gives_back_the_time_and_the_environment(emulator: EmulatorProcess) -> None:
    before = clock.now_ms, clock.monotonic, clock.sleep, dict(os.environ)
    with Cloud(emulator) as outer:
        within = clock.now_ms, clock.monotonic, clock.sleep, dict(os.environ)
        with Cloud(emulator) as inner:
            assert os.environ["EVENTS_TABLE"] == f"{inner.name}-events"
        assert (clock.now_ms, clock.monotonic, clock.sleep, dict(os.environ)) == within
        assert os.environ["EVENTS_TABLE"] == f"{outer.name}-events"
        assert outer.wire.attached
    assert (clock.now_ms, clock.monotonic, clock.sleep, dict(os.environ)) == before


def test_a_release_that_is_none_leaves_no_deployment_behind(emulator: EmulatorProcess) -> None:
    before = clock.now_ms, dict(os.environ)
    with pytest.raises(ValueError, match="Release"):
        Cloud(emulator, b"{}")
    assert (clock.now_ms, dict(os.environ)) == before


def test_a_deployment_is_not_closed_before_one_made_later(emulator: EmulatorProcess) -> None:
    with Cloud(emulator) as outer, Cloud(emulator), pytest.raises(AssertionError, match="would stay in this process"):
        outer.close()
