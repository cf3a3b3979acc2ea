"""Deployments with something that the calendar brings about, planned as publishing plans it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from functions import releases
from local.emulator import EmulatorProcess
from tests.cloud import Cloud

Schedule = Callable[[str, int], list[str]]
"""Plans what a release (by id) has to do from a moment (ms) on."""


@contextmanager
def towns(
    emulator: EmulatorProcess, release: Callable[..., bytes], schedule: Schedule
) -> Iterator[Callable[..., Cloud]]:
    """Makes deployments with a `release` as it is told, planned; closes them in the end."""
    with ExitStack() as made:

        def make(*arguments: Any, **more: Any) -> Cloud:
            cloud = made.enter_context(Cloud(emulator, release(*arguments, **more)))
            planned(cloud, schedule)
            return cloud

        yield make


def planned(cloud: Cloud, schedule: Schedule, release: bytes | None = None) -> list[str]:
    """What publishing does, after the pointer was moved: to `release`, where one is given."""
    if release is not None:
        cloud.publish(release)
        releases.forget()
    return schedule(releases.live().id, cloud.clock.now)
