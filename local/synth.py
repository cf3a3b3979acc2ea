"""The templates that the cloud gets, synthesized once per state of their sources."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from authoring.compile import STATE_VARIABLE
from infra import node
from local.emulator import ROOT

CACHE = ROOT / ".build" / "synth"
SOURCES = ("infra", "functions", "marketing", "authoring", "requirements", "tracker", "console")
_NOT_OURS = {"__pycache__", "node_modules"}
KEPT = 4


class SynthesisFailed(RuntimeError):
    """`infra/app.py` refused; the message is what it said."""


def templates(published: Path, cache: Path = CACHE) -> Path:
    """The folder of the cloud assembly for the sources as they are now. Raises SynthesisFailed.

    `published` is where the local stack remembers what was published to it, so that a
    release made from the terminal is built upon; the authored folder's own memory is the cloud's.
    """
    assembly = cache / fingerprint(published)
    if not (assembly / "manifest.json").exists():
        _synthesize(assembly, published)
    os.utime(assembly)
    _forget_old(cache)
    return assembly


def fingerprint(published: Path) -> str:
    """A digest of everything that the templates are made from."""
    digest = hashlib.sha256(published.read_bytes() if published.exists() else b"")
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and _NOT_OURS.isdisjoint(path.relative_to(ROOT).parts):
                digest.update(f"{path.relative_to(ROOT)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:20]


def _synthesize(assembly: Path, published: Path) -> None:
    assembly.parent.mkdir(parents=True, exist_ok=True)
    # Two that synthesize at once work apart; the first to finish gives the name.
    draft = Path(tempfile.mkdtemp(prefix=".part-", dir=assembly.parent))
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_"))}
    try:
        environment |= {"CDK_OUTDIR": str(draft), STATE_VARIABLE: str(published), **node.environment()}
    except node.NodeMissing as error:
        raise SynthesisFailed(f"CDK needs Node: {error}") from error
    script = str(ROOT / "infra" / "app.py")
    run = subprocess.run(
        [sys.executable, script], check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    if run.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise SynthesisFailed(f"{run.stdout}\n{run.stderr}".strip())
    try:
        draft.replace(assembly)
    except OSError:
        if not (assembly / "manifest.json").exists():
            raise
        shutil.rmtree(draft, ignore_errors=True)


def _forget_old(cache: Path) -> None:
    made = (path for path in cache.iterdir() if path.is_dir() and not path.name.startswith("."))
    folders = sorted(made, key=lambda path: path.stat().st_mtime)
    for folder in folders[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)
