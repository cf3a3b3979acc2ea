"""Folders that are made once for a given content, and used until it changes."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra import bytecode

UNCOMPILED = "-uncompiled"
"""Ends the name of a folder whose bytecode could not be made. It is tried again the next time."""
_KEPT = 3


@contextmanager
def fresh(home: Path) -> Iterator[Path]:
    """A new empty folder beside the finished ones; gone afterwards unless it was kept."""
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=home) as work:
        tree = Path(work) / "tree"
        tree.mkdir()
        yield tree


def compiled(tree: Path, build: Path) -> bool:
    """Compile what is in `tree` for Lambda's Python; False, said aloud, where nothing here can."""
    try:
        bytecode.compile_tree(tree, build / "tools")
    except bytecode.CompilerMissing as error:
        print(f"samovar: not precompiled, so cold starts will take longer: {error}", file=sys.stderr)
        return False
    return True


def keep(tree: Path, place: Path) -> Path:
    """Move a finished folder to its place, whole; another process may have been faster. Old ones are forgotten."""
    try:
        tree.rename(place)
    except OSError:
        if not place.is_dir():
            raise
    finished = (folder for folder in place.parent.iterdir() if not folder.name.startswith("."))
    by_age = sorted(finished, key=lambda folder: folder.stat().st_mtime)
    for old in by_age[:-_KEPT]:
        if old != place:
            shutil.rmtree(old, ignore_errors=True)
    return place
