"""Bytecode for the Python that Lambda runs, whatever Python runs here.

A cold start without `.pyc` files costs several tenths of a second more, and only a
compiler of the same Python version can make them. It is looked for on this machine;
where there is none, Pyodide's (the same compiler, run by Node) is used.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "3.13"
MAGIC = "f30d0d0a"
"""How every `.pyc` of Python 3.13 begins, in hex."""

_PYODIDE = "pyodide@0.29.5"
_PYODIDE_SHA512 = "TkYrUv9m8QmfImADKRmpwZulL48E0uUaBSO+dvRQKyAJc0qh9gu7jn8btyHPh3NZm1r2IH2YrJhIr7Q2B9urAw=="
_ASK_MAGIC = "import importlib.util; print(importlib.util.MAGIC_NUMBER.hex())"
_SCRIPT = """
import { loadPyodide } from "./package/pyodide.mjs";
const python = await loadPyodide();
python.FS.mkdir("/tree");
python.FS.mount(python.FS.filesystems.NODEFS, { root: process.argv[2] }, "/tree");
process.exitCode = python.runPython(`
import compileall, importlib.util, py_compile
assert importlib.util.MAGIC_NUMBER.hex() == ${JSON.stringify(process.argv[3])}
0 if compileall.compile_dir("/tree", quiet=1, force=True, stripdir="/tree",
    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH) else 1
`);
"""


class CompilerMissing(RuntimeError):
    """No compiler of Lambda's Python is on this machine, and none could be fetched."""


def compile_tree(folder: Path, tools: Path) -> None:
    """Write unchecked `.pyc` files beside every module under `folder`. Raises CompilerMissing.

    `tools` is the folder where a fetched compiler is kept.
    """
    python = find_python()
    if python is not None:
        compile_with(python, folder)
    else:
        _compile_with_pyodide(folder, _pyodide(tools))


def compile_with(python: str, folder: Path) -> None:
    """Compile with this interpreter, for its own version."""
    arguments = ["-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", "-s", str(folder)]
    subprocess.run([python, "-I", *arguments, str(folder)], check=True)


def find_python() -> str | None:
    """An interpreter on this machine whose bytecode Lambda can read."""
    candidates = [sys.executable, shutil.which(f"python{VERSION}"), "/opt/homebrew/bin/python3.13"]
    candidates += sorted(map(str, Path.home().glob(f".pyenv/versions/{VERSION}*/bin/python{VERSION}")))
    candidates += sorted(map(str, Path.home().glob(f".local/share/uv/python/cpython-{VERSION}*/bin/python{VERSION}")))
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            answer = subprocess.run([candidate, "-I", "-c", _ASK_MAGIC], capture_output=True, text=True, check=False)
            if answer.stdout.strip() == MAGIC:
                return candidate
    return None


def _pyodide(tools: Path) -> Path:
    """The folder with the fetched compiler, checked against its known digest."""
    home = tools / _PYODIDE
    if home.is_dir():
        return home
    tools.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=tools) as folder:
        command = ["npm", "pack", "--silent", "--fetch-retries=1", "--pack-destination", folder, _PYODIDE]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=120)
        except (OSError, subprocess.SubprocessError) as error:
            raise CompilerMissing(f"neither Python {VERSION} nor {_PYODIDE} (through npm) is to be had") from error
        archive = next(Path(folder).glob("*.tgz"))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != _PYODIDE_SHA512:
            raise CompilerMissing(f"{_PYODIDE} is not the archive that was expected")
        unpacked = Path(folder) / "unpacked"
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
        (unpacked / "compile.mjs").write_text(_SCRIPT)
        unpacked.rename(home)
    return home


def _compile_with_pyodide(folder: Path, home: Path) -> None:
    node = os.environ.get("JSII_NODE", "node")
    subprocess.run([node, str(home / "compile.mjs"), str(folder), MAGIC], check=True, stdout=subprocess.DEVNULL)
