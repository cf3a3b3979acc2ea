from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.authoring import cloud
from tests.unit.authoring.folders import Folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.delenv("SAMOVAR_STATE", raising=False)
    return Folder(tmp_path / "marketing")


@pytest.fixture(scope="module")
def account() -> Iterator[None]:
    """An AWS account that exists in this process only."""
    yield from cloud.account()


@pytest.fixture
def stores(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty tables and an empty bucket."""
    cloud.stores(monkeypatch)
