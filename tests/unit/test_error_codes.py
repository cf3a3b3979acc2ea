"""Codes are a promise: the reference lists every one that the code can answer with, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REFUSES = ("Refused", "_problem")


def codes() -> Iterator[tuple[str, str]]:
    """Every code in the functions' source, and where it stands."""
    for path in (ROOT / "functions").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSES and node.args:
                if isinstance(node.args[0], ast.Constant):
                    yield str(node.args[0].value), f"{path.name}:{node.lineno}"
            elif isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "code" and isinstance(value, ast.Constant):
                        yield str(value.value), f"{path.name}:{node.lineno}"


def documented() -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs" / "reference" / "errors.md").read_text(), re.MULTILINE)


def test_the_reference_lists_every_code_once_in_order_and_no_other() -> None:
    listed = documented()
    assert listed == sorted(set(listed))
    assert set(listed) == {code for code, _ in codes()}


def test_codes_are_kebab_case() -> None:
    assert [(code, where) for code, where in codes() if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []
