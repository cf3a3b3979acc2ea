"""Fixtures that several folders of tests use."""

from collections import Counter
from collections.abc import Iterator
from functools import cache

import botocore.session
import hypothesis
import pytest

# Says how much functions log, before the first of them is there.
import tests.cloud  # noqa: F401
from functions.aws import session
from local import emulator as launcher
from local.emulator import EmulatorProcess
from tests import inprocess
from tests.cloud import Cloud
from tests.inprocess import InProcess
from tests.scale import SCALE

# The small size asks the same questions every time; a soak asks new ones. Machines differ in speed.
hypothesis.settings.register_profile(
    "samovar", deadline=None, derandomize=SCALE == 1, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("samovar")

# Tests make hundreds of sessions, each of which would read AWS's models anew: a quarter of their time.
botocore.session.create_loader = cache(botocore.session.create_loader)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """No two tests have one id: of those pytest-xdist would run one, and nobody would notice."""
    twice = [name for name, many in Counter(item.nodeid for item in items).items() if many > 1]
    if twice:
        raise pytest.UsageError(f"several tests have the id {', '.join(sorted(twice)[:5])}")


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """Stores without functions, shared by all tests: each uses names of its own."""
    with inprocess.running(tmp_path_factory.mktemp("emulator")) as here:
        yield here


@pytest.fixture(scope="session")
def emulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    """The same in a process of its own, for whoever asks from another process or past botocore."""
    with launcher.start(tmp_path_factory.mktemp("emulator"), lambdas=False, persist=False) as running:
        yield running


@pytest.fixture
def cloud(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """A deployment with the demo business, of which nobody has heard yet."""
    with Cloud(emulator) as fresh:
        yield fresh
    session.reset()
