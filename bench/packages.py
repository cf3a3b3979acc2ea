"""The functions' locked packages for this machine, in two forms: as released, and trimmed as the layer ships them.

They are copied from the environment that runs the benchmark, whose versions come from the
same lock, so that nothing is fetched. Both are compiled with unchecked hashes.
"""

import hashlib
import importlib.metadata
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra import bytecode, layer
from infra.paths import BUILD, FUNCTIONS, RUNTIME_LOCK


class WrongVersion(RuntimeError):
    """The environment holds another version of a package than the functions are locked to."""


@dataclass(frozen=True, slots=True)
class Packages:
    """Folders for PYTHONPATH."""

    stock: Path
    trimmed: Path


def packages() -> Packages:
    """Both forms, made anew only when the lock, the trimming or this Python changed."""
    key = hashlib.sha256()
    for source in (RUNTIME_LOCK, Path(layer.__file__), Path(__file__)):
        key.update(source.read_bytes())
    key.update(sys.version.encode())
    home = BUILD / "bench" / f"packages-{key.hexdigest()[:16]}"
    if not home.is_dir():
        home.parent.mkdir(parents=True, exist_ok=True)
        for old in home.parent.glob("packages-*"):
            shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as work:
            made = Path(work) / "made"
            _copy_locked(made / "stock")
            shutil.copytree(made / "stock", made / "trimmed")
            layer.trim(made / "trimmed")
            for folder in made.iterdir():
                bytecode.compile_with(sys.executable, folder)
            made.rename(home)
    return Packages(home / "stock", home / "trimmed")


def copy_functions(target: Path) -> None:
    """The package `functions` as it stands now, compiled like the rest."""
    shutil.copytree(FUNCTIONS, target / FUNCTIONS.name, ignore=shutil.ignore_patterns("__pycache__"))
    bytecode.compile_with(sys.executable, target)


def _copy_locked(target: Path) -> None:
    for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", RUNTIME_LOCK.read_text(), re.MULTILINE):
        distribution = importlib.metadata.distribution(name)
        if distribution.version != version:
            raise WrongVersion(f"{name} {distribution.version} is installed, {version} is locked: run `make setup`")
        for file in distribution.files or []:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(str(distribution.locate_file(file)), target / file)
