"""The one code asset: the package `functions`, compiled for Lambda's Python."""

import hashlib
import shutil
from pathlib import Path

from infra import staging
from infra.paths import FUNCTIONS

_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def stage_code(build: Path, *, source: Path = FUNCTIONS) -> Path:
    """A folder with the package, its caches left out and its bytecode in; staged anew only when it changed."""
    home = build / "code"
    key = _digest(source)
    if (home / key).is_dir():
        return home / key
    with staging.fresh(home) as tree:
        shutil.copytree(source, tree / source.name, ignore=_IGNORED)
        compiled = staging.compiled(tree, build)
        return staging.keep(tree, home / (key if compiled else f"{key}{staging.UNCOMPILED}"))


def _digest(source: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(source.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(f"{file.relative_to(source)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
