"""One synthesis for all tests of the template: without credentials and without a network."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.layer import lambda_layer
from infra.paths import BUILD, ROOT

_NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Synthesized:
    """What `python infra/app.py` left behind."""

    folder: Path
    data: dict[str, Any]
    service: dict[str, Any]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Resources of both stacks of one type, by logical id."""
        resources = {**self.data["Resources"], **self.service["Resources"]}
        return {name: resource for name, resource in resources.items() if resource["Type"] == kind}

    def properties(self, kind: str) -> list[dict[str, Any]]:
        return [resource.get("Properties", {}) for resource in self.of(kind).values()]

    def functions(self) -> dict[str, dict[str, Any]]:
        """Properties of each function by the name of its room."""
        return {
            properties["Handler"].split(".")[1]: properties for properties in self.properties("AWS::Lambda::Function")
        }

    def logical_id(self, room: str) -> str:
        """The logical id of a function."""
        handler = f"functions.{room}.handler.handler"
        functions = self.of("AWS::Lambda::Function").items()
        return next(name for name, function in functions if function["Properties"]["Handler"] == handler)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    lambda_layer(BUILD)  # fetching packages is what set-up does; synthesis itself must do without a network
    # Processes that test side by side share the folder above their own.
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    shared = tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent
    out = shared / "app" / "out"
    with (shared / "app.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            _synthesize(shared / "app")
    return Synthesized(
        out,
        json.loads((out / "samovar-data.template.json").read_text()),
        json.loads((out / "samovar.template.json").read_text()),
    )


def _synthesize(folder: Path) -> None:
    """Let `out` in the folder be the assembly: all of it, or nothing."""
    draft = folder / "draft"
    draft.mkdir(parents=True, exist_ok=True)
    command = [*_without_network(), sys.executable, "-W", "error", str(ROOT / "infra" / "app.py")]
    run = subprocess.run(command, cwd=draft, env=_bare(draft), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    (draft / "out").rename(folder / "out")


def _bare(folder: Path) -> Mapping[str, str]:
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), _NOWHERE)
    accounts = {name: str(folder / "none") for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "JSII_NODE") if name in os.environ}
    return {**kept, **accounts, **proxies, "CDK_OUTDIR": str(folder / "out")}


def _without_network() -> list[str]:
    """A namespace without interfaces, where this machine allows one; the dead proxies have to do elsewhere."""
    unshare = shutil.which("unshare")
    if unshare:
        for command in ([unshare, "-n"], [unshare, "-rn"]):
            if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                return command
    return []
