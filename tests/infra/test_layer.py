"""The two folders that Lambda gets: the layer and the code."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra import bytecode, layer, staging
from infra.asset import stage_code
from infra.paths import BUILD, FUNCTIONS, ROOT, RUNTIME_LOCK

UNCHECKED_HASH = b"\x01\x00\x00\x00"
MEGABYTE = 1024 * 1024
ROOMS = sorted(handler.parent.name for handler in FUNCTIONS.glob("*/handler.py"))


@pytest.fixture(scope="module")
def built() -> Path:
    return layer.lambda_layer(BUILD) / "python"


@pytest.fixture(scope="module")
def code() -> Path:
    return stage_code(BUILD)


def _run(code: Path, program: str) -> str:
    """Run a program that sees the code and the packages of the layer, and nothing else."""
    path = os.pathsep.join([str(code), str(layer.host_layer(BUILD) / "python")])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "AWS_DEFAULT_REGION": "eu-west-1"}
    command = [sys.executable, "-S", "-W", "error", "-c", program]
    run = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_every_locked_package_is_in_the_layer(built: Path) -> None:
    locked = re.findall(r"^([a-z0-9._-]+)==([^ ]+)", RUNTIME_LOCK.read_text(), re.MULTILINE)
    assert locked
    there = {info.name.removesuffix(".dist-info").lower().replace("_", "-") for info in built.glob("*.dist-info")}
    assert {f"{name}-{version}" for name, version in locked} == there


def test_native_modules_are_for_arm64(built: Path) -> None:
    modules = list(built.rglob("*.so"))
    assert modules
    for module in modules:
        assert module.read_bytes()[18:20] == b"\xb7\x00", module  # ELF's number for AArch64


@pytest.mark.parametrize("folder", ["built", "code"])
def test_every_module_is_compiled_for_lambdas_python(folder: str, request: pytest.FixtureRequest) -> None:
    root: Path = request.getfixturevalue(folder)
    assert not root.name.endswith(staging.UNCOMPILED)
    sources = list(root.rglob("*.py"))
    assert sources
    for source in sources:
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        head = compiled.read_bytes()[:8]
        assert head[:4].hex() == bytecode.MAGIC, source
        assert head[4:8] == UNCHECKED_HASH, source


def test_the_layer_is_small(built: Path) -> None:
    size = sum(file.stat().st_size for file in built.rglob("*") if file.is_file())
    # A third of it is what web push needs to encrypt.
    assert size < 52 * MEGABYTE


def test_every_language_and_country_can_still_be_read(code: Path) -> None:
    program = """
from babel.localedata import locale_identifiers
from functions.texts.places import Place
from decimal import Decimal
import datetime
for name in locale_identifiers():
    place = Place(name.replace("_", "-"))
    assert place.number("5") == 5
    assert place.spell(Decimal("1234.5")) and place.spell(datetime.date(2026, 12, 31))
    assert place.day(place.spell(datetime.date(2026, 12, 31))) in (datetime.date(2026, 12, 31), None)
assert Place("tr").number("5.000") == 5000 and Place("en").number("5.000") == 5
assert Place("tr").day("24 Kasım 2026") == datetime.date(2026, 11, 24)
assert Place("en", zone="Europe/Istanbul").phone("0532 123 45 67") == "+905321234567"
assert Place("en").is_address("ada@tea.example")
print(len(list(locale_identifiers())) > 1000)
"""
    assert _run(code, program) == "True\n"


def test_the_layer_holds_models_of_the_services_in_use_only(built: Path) -> None:
    models = {folder.name for folder in (built / "botocore" / "data").iterdir() if folder.is_dir()}
    assert models == layer.SERVICES


def test_the_code_asset_is_the_package_with_what_browsers_load_and_nothing_else(code: Path) -> None:
    assert [entry.name for entry in code.iterdir()] == ["functions"]
    staged = {str(file.relative_to(code)) for file in code.rglob("*") if file.is_file() and file.suffix != ".pyc"}
    ours = {str(file.relative_to(ROOT)) for file in FUNCTIONS.rglob("*") if file.is_file() and file.suffix != ".pyc"}
    served = {"pages/samovar.js", "pages/samovar-popups.js", "console/static/console.js", "console/static/console.css"}
    assert staged == ours | {f"functions/{name}" for name in served}
    assert not any(folder.is_dir() for folder in code.glob("**/tests"))


def test_functions_import_nothing_that_the_layer_lacks(code: Path) -> None:
    """Imports inside functions too, which importing a handler would not reach."""
    wanted = {name.partition(".")[0] for source in code.rglob("*.py") for name in _imported(source)}
    known = {"functions", *sys.stdlib_module_names, *_tops(layer.lambda_layer(BUILD) / "python")}
    assert wanted - known == set()


def _imported(source: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def _tops(folder: Path) -> set[str]:
    return {entry.stem.partition(".")[0] for entry in folder.iterdir() if not entry.name.endswith(".dist-info")}


@pytest.mark.parametrize("room", ROOMS)
def test_a_handler_starts_on_the_layer_alone(room: str, code: Path) -> None:
    assert _run(code, f"import functions.{room}.handler as room; print(callable(room.handler))") == "True\n"


def test_every_service_of_the_trimmed_models_has_a_client(code: Path) -> None:
    program = (
        "from functions.aws.session import client\n"
        f"for name in {sorted(layer.SERVICES)}: print(client(name).meta.endpoint_url)"
    )
    addresses = _run(code, program).split()
    assert len(addresses) == len(layer.SERVICES)
    assert "https://dynamodb.eu-west-1.amazonaws.com" in addresses


def test_a_layer_that_cannot_be_fetched_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "runtime.txt"
    lock.write_text(f"jinja2 @ file://{tmp_path}/nowhere.whl --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(layer, "RUNTIME_LOCK", lock)
    with pytest.raises(layer.LayerUnavailable, match=r"Run `python -m infra\.layer` once with a network"):
        layer.lambda_layer(tmp_path)
    assert not list((tmp_path / "layer").iterdir())


def test_code_is_staged_anew_when_it_changed_and_not_otherwise(tmp_path: Path) -> None:
    source = tmp_path / "functions"
    source.mkdir()
    (source / "one.py").write_text("VALUE = 1\n")
    first = stage_code(tmp_path / "build", source=source)
    made = first.stat().st_mtime_ns
    assert stage_code(tmp_path / "build", source=source) == first
    assert first.stat().st_mtime_ns == made
    (source / "one.py").write_text("VALUE = 2\n")
    assert stage_code(tmp_path / "build", source=source) != first


def test_without_a_compiler_the_code_is_staged_as_it_is_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(folder: Path, tools: Path) -> None:
        raise bytecode.CompilerMissing("none here")

    source = tmp_path / "functions"
    source.mkdir()
    (source / "one.py").write_text("VALUE = 1\n")
    with monkeypatch.context() as patched:
        patched.setattr(bytecode, "compile_tree", none)
        plain = stage_code(tmp_path / "build", source=source)
    assert plain.name.endswith(staging.UNCOMPILED)
    assert "not precompiled" in capsys.readouterr().err
    assert stage_code(tmp_path / "build", source=source) != plain, "it is tried again the next time"
