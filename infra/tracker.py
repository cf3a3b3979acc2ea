"""The tracker script, built from tracker/ by the esbuild that its lock names. `python -m infra.tracker` builds it."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from infra import node, staging
from infra.paths import BUILD, TRACKER

NAME = "samovar.js"
WITH_POPUPS = "samovar-popups.js"
_TARGET = "es2020"


class TrackerUnavailable(RuntimeError):
    """The script isn't built yet and the tool that builds it is not installed."""


def tracker_script(build: Path, *, source: Path = TRACKER) -> Path:
    """The built script, made anew only when its sources or its tool changed. Raises TrackerUnavailable.

    It ends where its settings begin: whoever serves it adds them as JSON, and ");" after them. Beside it lies the same
    with what asks for pop-ups, for those who have any.
    """
    home = build / "tracker"
    place = home / _digest(source)
    if not place.is_dir():
        with staging.fresh(home) as tree:
            for name in (NAME, WITH_POPUPS):
                (tree / name).write_text(_bundle(source, popups=name == WITH_POPUPS), encoding="utf-8")
            place = staging.keep(tree, place)
    return place / NAME


def sources(source: Path = TRACKER) -> Iterator[Path]:
    """What the script is made from: our modules, and the lock that names the tool."""
    yield from (source / "package.json", source / "package-lock.json", *sorted((source / "src").rglob("*.js")))


def _bundle(source: Path, *, popups: bool) -> str:
    tool = source / "node_modules" / ".bin" / "esbuild"
    if not tool.exists():
        raise TrackerUnavailable(
            "esbuild, which builds the tracker script, is not installed: run `make setup` once with a network"
        )
    command = [str(tool), "src/main.js", "--bundle", "--minify", "--format=esm", f"--target={_TARGET}"]
    answer = subprocess.run(
        [*command, f"--define:POPUPS={str(popups).lower()}", "--charset=ascii", "--log-level=warning"],
        cwd=source,
        env={**os.environ, **node.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise TrackerUnavailable(f"tracker/ could not be built:\n{answer.stderr.strip()}")
    return f"(SETTINGS=>{{{answer.stdout.strip()}}})("


def _digest(source: Path) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in sources(source):
        digest.update(f"{file.relative_to(source)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    print(tracker_script(BUILD))
