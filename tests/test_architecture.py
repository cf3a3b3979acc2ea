"""The rules that keep the house as it is: imports point inward, time enters by one door, cold starts stay small."""

import ast
import logging
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("functions", "authoring", "local", "infra", "bench", "tests")
MAY_IMPORT = {
    "functions": {"functions"},
    "authoring": {"functions", "authoring", "local"},
    "local": {"functions", "authoring", "infra", "local"},
    "infra": {"functions", "authoring", "infra"},
}
"""Which of our packages a package may import. Only the command line reaches from authoring into local."""

CLOCKS = {"time", "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"}
CHANCE = {"random", "secrets", "uuid", "os.urandom", "os.environ", "os.getenv"}

NOBODY = {
    *("boto3", "yaml", "ruamel", "requests", "moto", "ministack", "cryptography", "aws_xray_sdk", "dns"),
    *("aws_lambda_powertools.event_handler", "aws_lambda_powertools.utilities.idempotency", "asyncio", "sqlite3"),
    *("authoring", "local", "infra", "tests"),
}
"""What no handler imports when it starts."""
LIGHT = {"pydantic", "jinja2", "itsdangerous", "email_validator", "zoneinfo", "functions.core.release"}
BUDGETS = {
    "track": {*LIGHT, "functions.aws.s3", "functions.aws.sqs", "functions.aws.ses", "functions.track.forms"},
    "pages": {*LIGHT, "functions.aws.s3", "functions.aws.sqs", "functions.track"},
    # Nobody waits for its cold start but the staff; the packages of mail and queues it has no use for.
    "console": {
        "email_validator",
        "functions.aws.s3",
        "functions.aws.sqs",
        "functions.aws.ses",
        "functions.core.compose",
    },
    "score": {"jinja2", "itsdangerous", "email_validator", "functions.aws.ses", "functions.core.compose"},
    "journey_step": {"jinja2", "itsdangerous", "email_validator", "functions.aws.ses", "functions.core.compose"},
    "count": {"jinja2", "itsdangerous", "email_validator", "functions.aws.ses", "functions.core.compose"},
    "send": {"email_validator", "functions.aws.stepfunctions", "functions.score", "functions.track"},
    "sweep": {"jinja2", "itsdangerous", "email_validator", "functions.aws.ses", "functions.core.compose"},
    "work": {"jinja2", "itsdangerous", "email_validator", "functions.aws.ses", "functions.core.compose"},
    "publish": {"jinja2", "itsdangerous", "email_validator", "functions.aws.ses", "functions.core.compose"},
}
"""What a handler must not have imported before its first event. `bench` says what each costs."""


@cache
def modules(*packages: str) -> dict[str, ast.Module]:
    """Every module of these packages with its syntax, by path from the root."""
    files = (file for package in packages for file in sorted((ROOT / package).rglob("*.py")))
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text()) for file in files}


def imported(tree: ast.Module) -> Iterator[str]:
    """Dotted names of everything imported, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide who imports whom"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def used(tree: ast.Module) -> set[str]:
    """Dotted names of what is imported and of the attributes taken from it, as in "os.environ"."""
    full: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            full |= {alias.asname or alias.name.partition(".")[0]: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            full |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    found = set(full.values())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in full:
            found.add(f"{full[node.value.id]}.{node.attr}")
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Attribute)
            and isinstance(node.value.value, ast.Name)
            and node.value.value.id in full
        ):
            found.add(f"{full[node.value.value.id]}.{node.value.attr}.{node.attr}")
    return found


def is_in(name: str, packages: set[str]) -> bool:
    """Whether a dotted name is one of these or lies inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_imports_point_inward(package: str) -> None:
    forbidden = set(OURS) - MAY_IMPORT[package]
    wrong = [
        f"{path} imports {name}"
        for path, tree in modules(package).items()
        for name in imported(tree)
        if is_in(name, forbidden)
    ]
    assert wrong == []


def test_prices_import_nothing() -> None:
    assert list(imported(modules("functions/core")["functions/core/prices.py"])) == []


def test_the_core_imports_the_standard_library_pydantic_and_jinja2_only() -> None:
    allowed = {*sys.stdlib_module_names, "pydantic", "jinja2", "markupsafe", "functions.core"}
    wrong = [
        f"{path} imports {name}"
        for path, tree in modules("functions/core").items()
        for name in imported(tree)
        if not is_in(name, allowed)
    ]
    assert wrong == []


def test_the_core_knows_no_clock_no_chance_and_no_environment() -> None:
    wrong = [
        f"{path} uses {name}"
        for path, tree in modules("functions/core").items()
        for name in used(tree)
        if is_in(name, CLOCKS | CHANCE)
    ]
    assert wrong == []


def test_time_enters_functions_by_one_door() -> None:
    wrong = [
        f"{path} uses {name}"
        for path, tree in modules("functions").items()
        for name in used(tree)
        if path != "functions/clock.py" and is_in(name, CLOCKS)
    ]
    assert wrong == []


def test_only_adapters_know_the_aws_client() -> None:
    wrong = [
        f"{path} imports {name}"
        for path, tree in modules("functions").items()
        for name in imported(tree)
        if not path.startswith("functions/aws/") and is_in(name, {"boto3", "botocore"})
    ]
    assert wrong == []


def test_adapters_know_neither_tables_nor_rooms() -> None:
    allowed = {"functions.aws", "functions.core", "functions.settings", "functions.clock"}
    wrong = [
        f"{path} imports {name}"
        for path, tree in modules("functions/aws").items()
        for name in imported(tree)
        if is_in(name, {"functions"}) and not is_in(name, allowed)
    ]
    assert wrong == []


def test_tables_know_no_rooms() -> None:
    rooms = {f"functions.{file.parent.name}" for file in (ROOT / "functions").glob("*/handler.py")}
    wrong = [
        f"{path} imports {name}"
        for path, tree in modules("functions/tables").items()
        for name in imported(tree)
        if is_in(name, rooms | {"functions.perform", "functions.http"})
    ]
    assert wrong == []


def test_every_handler_has_an_import_budget() -> None:
    assert {file.parent.name for file in (ROOT / "functions").glob("*/handler.py")} == set(BUDGETS)


@pytest.mark.parametrize("room", sorted(BUDGETS))
def test_a_handler_stays_within_its_import_budget(room: str) -> None:
    program = f"import functions.{room}.handler, sys; print(*sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {program}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    over = {name for name in answer.stdout.split() if is_in(name, NOBODY | BUDGETS[room])}
    assert sorted(over) == []


def test_no_line_of_the_log_names_what_the_log_names_itself() -> None:
    """Python's logging raises KeyError for such a name, in the middle of whatever was being logged."""
    taken = {*vars(logging.makeLogRecord({})), "message", "asctime"}
    found = [
        f"{file}:{node.lineno} {keyword.arg}"
        for file, tree in modules("functions").items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "logger"
        for keyword in node.keywords
        if keyword.arg in taken - {"exc_info", "stack_info"}
    ]
    assert found == []
