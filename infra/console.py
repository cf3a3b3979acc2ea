"""The console's script and style sheet, made from console/ by the esbuild that its lock names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra import esbuild, staging
from infra.paths import CONSOLE

FILES: Final = ("console.js", "console.css")
_TARGET: Final = "es2022"


def console_files(build: Path, *, source: Path = CONSOLE) -> list[Path]:
    """The built files, made anew only when their sources or their packages changed. Raises Unavailable."""
    home = build / "console"
    place = home / esbuild.digest((Path(__file__), *sources(source)), source)
    if not place.is_dir():
        with staging.fresh(home) as tree:
            asked = [f"--target={_TARGET}", f"--outdir={tree}", "--charset=utf8"]
            esbuild.run(source, [*(f"src/{name}" for name in FILES), *asked])
            place = staging.keep(tree, place)
    return [place / name for name in FILES]


def sources(source: Path = CONSOLE) -> Iterator[Path]:
    """What the files are made from: ours, and the lock that names the packages."""
    yield from (source / "package.json", source / "package-lock.json", *sorted((source / "src").iterdir()))
