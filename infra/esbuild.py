"""What browsers load, made by the esbuild that a folder's lock names."""

import hashlib
import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from infra import node


class Unavailable(RuntimeError):
    """What a folder makes isn't built yet, and what builds it is not installed or refuses."""


def run(folder: Path, arguments: Sequence[str]) -> str:
    """What esbuild prints for `arguments`, asked in `folder`. Raises Unavailable."""
    tool = folder / "node_modules" / ".bin" / "esbuild"
    if not tool.exists():
        raise Unavailable(
            f"esbuild, which builds {folder.name}/, is not installed: run `make setup` once with a network"
        )
    answer = subprocess.run(
        [str(tool), *arguments, "--bundle", "--minify", "--log-level=warning"],
        cwd=folder,
        env={**os.environ, **node.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise Unavailable(f"{folder.name}/ could not be built:\n{answer.stderr.strip()}")
    return answer.stdout


def digest(files: Iterable[Path], below: Path) -> str:
    """What tells one state of these files, below a folder, from another."""
    state = hashlib.sha256()
    for file in files:
        name = file.relative_to(below) if file.is_relative_to(below) else file.name
        state.update(f"{name}\0".encode())
        state.update(hashlib.sha256(file.read_bytes()).digest())
    return state.hexdigest()[:16]
