"""What a room's code asks for by name is what its function is told, no less and no more."""

import ast
from functools import cache

import pytest

from infra.paths import FUNCTIONS, ROOT
from tests.infra.conftest import Synthesized

ROOMS = sorted(handler.parent.name for handler in FUNCTIONS.glob("*/handler.py"))
FOR_ALL = {"LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_SERVICE_NAME", "ASIDE_QUEUE_URL"}


@cache
def _modules() -> dict[str, ast.Module]:
    modules = {}
    for file in FUNCTIONS.rglob("*.py"):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        modules[name] = ast.parse(file.read_text())
    return modules


def _imported(module: str) -> set[str]:
    """Our own modules that a module imports, anywhere in it, or names to import them when they are needed."""
    names: set[str] = set()
    for node in ast.walk(_modules()[module]):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return names & _modules().keys()


def _reached(module: str) -> set[str]:
    seen: set[str] = set()
    ahead = [module]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead += _imported(name)
    return seen


@cache
def called(room: str) -> frozenset[str]:
    """What the code of a room names of other modules, such as "messages.intend"."""
    return frozenset(
        f"{node.value.id}.{node.attr}"
        for module in _reached(f"functions.{room}.handler")
        for node in ast.walk(_modules()[module])
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    )


def _asked_for(room: str) -> set[str]:
    names = (name.partition(".") for name in called(room))
    return {name.upper() for module, _, name in names if module == "settings"}


# It asks channels where messages would go, and hands none over.
NEVER_ASKS = {"work": {"CONFIGURATION_SET"}, "console": {"ALERT_TOPIC_ARN"}}


@pytest.mark.parametrize("room", ROOMS)
def test_a_function_is_told_what_its_code_asks_for(room: str, app: Synthesized) -> None:
    told = set(app.functions()[room]["Environment"]["Variables"])
    assert told - FOR_ALL == _asked_for(room) - FOR_ALL - NEVER_ASKS.get(room, set())
