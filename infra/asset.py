"""The one code asset: the package `functions`, compiled for Lambda's Python, and the tracker script that it serves."""

import hashlib
import shutil
from pathlib import Path

from infra import staging
from infra.paths import FUNCTIONS
from infra.tracker import WITH_POPUPS, tracker_script

_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def stage_code(build: Path, *, source: Path = FUNCTIONS) -> Path:
    """A folder with the package, its caches left out and its bytecode in; staged anew only when it changed.

    The tracker script lies in the room that serves it. Raises TrackerUnavailable where it can't be built.
    """
    home = build / "code"
    script = tracker_script(build)
    key = _digest(source, script)
    if (home / key).is_dir():
        return home / key
    with staging.fresh(home) as tree:
        shutil.copytree(source, tree / source.name, ignore=_IGNORED)
        (tree / source.name / "pages").mkdir(exist_ok=True)
        for name in (script.name, WITH_POPUPS):
            shutil.copyfile(script.with_name(name), tree / source.name / "pages" / name)
        compiled = staging.compiled(tree, build)
        return staging.keep(tree, home / (key if compiled else f"{key}{staging.UNCOMPILED}"))


def _digest(source: Path, script: Path) -> str:
    digest = hashlib.sha256(script.read_bytes() + script.with_name(WITH_POPUPS).read_bytes())
    for file in sorted(source.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(f"{file.relative_to(source)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
