"""Where the compiler of Lambda's Python comes from."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from infra import bytecode


def _fake_npm(folder: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Put an `npm` on the path, and nothing else but a shell."""
    tool = folder / "bin" / "npm"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\n{program}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}/bin{os.pathsep}/usr/bin")
    monkeypatch.setattr(bytecode, "find_python", lambda: None)


def test_an_interpreter_of_another_version_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "python3.13"
    other.write_text("#!/bin/sh\necho a70d0d0a\n")
    other.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(other))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert bytecode.find_python() is None


def test_an_interpreter_is_known_by_its_bytecode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = tmp_path / "python3.13"
    right.write_text(f"#!/bin/sh\necho {bytecode.MAGIC}\n")
    right.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(right))
    assert bytecode.find_python() == str(right)


def test_nothing_on_this_machine_and_no_network_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake_npm(tmp_path, monkeypatch, "exit 1")
    with pytest.raises(bytecode.CompilerMissing, match="neither"):
        bytecode.compile_tree(tmp_path, tmp_path / "tools")


def test_an_archive_that_is_not_the_known_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "other.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("package/pyodide.mjs"), io.BytesIO())
    _fake_npm(tmp_path, monkeypatch, f'for a; do case $a in */*) cp {archive} "$a/";; esac; done')
    with pytest.raises(bytecode.CompilerMissing, match="not the archive"):
        bytecode.compile_tree(tmp_path, tmp_path / "tools")
    assert not list((tmp_path / "tools").iterdir()), "nothing unchecked is kept"
