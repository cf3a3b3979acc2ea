"""The console's script and style sheet, made from console/ by the esbuild that its lock names."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra import node, staging
from infra.paths import CONSOLE

FILES: Final = ("console.js", "console.css")
_TARGET: Final = "es2022"


class ConsoleUnavailable(RuntimeError):
    """The files aren't built yet and what builds them is not installed."""


def console_files(build: Path, *, source: Path = CONSOLE) -> list[Path]:
    """The built files, made anew only when their sources or their packages changed. Raises ConsoleUnavailable."""
    home = build / "console"
    place = home / _digest(source)
    if not place.is_dir():
        with staging.fresh(home) as tree:
            _bundle(source, tree)
            place = staging.keep(tree, place)
    return [place / name for name in FILES]


def sources(source: Path = CONSOLE) -> Iterator[Path]:
    """What the files are made from: ours, and the lock that names the packages."""
    yield from (source / "package.json", source / "package-lock.json", *sorted((source / "src").iterdir()))


def _bundle(source: Path, into: Path) -> None:
    tool = source / "node_modules" / ".bin" / "esbuild"
    if not tool.exists():
        raise ConsoleUnavailable(
            "what builds the console's pages is not installed: run `make setup` once with a network"
        )
    asked = ["--bundle", "--minify", f"--target={_TARGET}", f"--outdir={into}", "--charset=utf8", "--log-level=warning"]
    answer = subprocess.run(
        [str(tool), *(f"src/{name}" for name in FILES), *asked],
        cwd=source,
        env={**os.environ, **node.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise ConsoleUnavailable(f"console/ could not be built:\n{answer.stderr.strip()}")


def _digest(source: Path) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in sources(source):
        digest.update(f"{file.relative_to(source)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
