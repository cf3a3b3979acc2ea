"""The tracker script, built from tracker/ by the esbuild that its lock names. `python -m infra.tracker` builds it."""

from collections.abc import Iterator
from pathlib import Path

from infra import esbuild, staging
from infra.paths import BUILD, TRACKER

NAME = "samovar.js"
WITH_POPUPS = "samovar-popups.js"
_TARGET = "es2020"


def tracker_script(build: Path, *, source: Path = TRACKER) -> Path:
    """The built script, made anew only when its sources or its tool changed. Raises Unavailable.

    It ends where its settings begin: whoever serves it adds them as JSON, and ");" after them. Beside it lies the same
    with what asks for pop-ups, for those who have any.
    """
    home = build / "tracker"
    place = home / esbuild.digest((Path(__file__), *sources(source)), source)
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
    asked = ["--format=esm", f"--target={_TARGET}", "--charset=ascii", f"--define:POPUPS={str(popups).lower()}"]
    made = esbuild.run(source, ["src/main.js", *asked])
    return f"(SETTINGS=>{{{made.strip()}}})("


if __name__ == "__main__":
    print(tracker_script(BUILD))
