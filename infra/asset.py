"""The one code asset: the package `functions`, compiled for Lambda's Python, and what browsers load of it."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from infra import staging
from infra.console import console_files
from infra.paths import FUNCTIONS
from infra.tracker import WITH_POPUPS, tracker_script

_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def stage_code(build: Path, *, source: Path = FUNCTIONS) -> Path:
    """A folder with the package, its caches left out and its bytecode in; staged anew only when it changed.

    What browsers load lies in the room that serves it. Raises esbuild.Unavailable where it can't be built.
    """
    home = build / "code"
    script = tracker_script(build)
    served = {"pages": [script.with_name(name) for name in (script.name, WITH_POPUPS)]}
    served["console/static"] = console_files(build)
    key = _digest(source, [file for files in served.values() for file in files])
    if (home / key).is_dir():
        return home / key
    with staging.fresh(home) as tree:
        shutil.copytree(source, tree / source.name, ignore=_IGNORED)
        for room, files in served.items():
            (tree / source.name / room).mkdir(parents=True, exist_ok=True)
            for file in files:
                shutil.copyfile(file, tree / source.name / room / file.name)
        compiled = staging.compiled(tree, build)
        return staging.keep(tree, home / (key if compiled else f"{key}{staging.UNCOMPILED}"))


def _digest(source: Path, served: Sequence[Path]) -> str:
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in served))
    for file in sorted(source.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(f"{file.relative_to(source)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
