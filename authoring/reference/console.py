"""The console's JSON API: every route, who may, what it takes and what it refuses, as the code of its view has it."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

from authoring.reference import prose
from functions.console import places
from functions.console.routes import ROUTES, Route
from functions.core.roles import RIGHTS

PAGE: Final = "console-api.md"
MEANINGS: Final = {
    "_token": "the token of the session, where the header `x-samovar-token` doesn't bring it",
    "after": "the place of a list behind which it goes on, as the page before named it",
    "as": "as whom: an id, an address or a number",
    "back": "to which page of the console a browser is led then",
    "before": "the place of a list before which it goes on, as the page before named it",
    "days": "how many days back: 30, 90 or 365",
    "do": "`stop` or `allow`",
    "hours": "for how many hours; absent, until somebody ends it",
    "how": "what becomes of them: `skip`, `leave` or `goto`",
    "kind": "what a value is: `text`, `number`, `yes` or `no`",
    "language": "in which language",
    "look": "`desktop`, `phone` or `dark`",
    "name": "a trait's name",
    "noted": "what the page says was done",
    "of": "whom a list is of: `band:hot`, `stage:ID` or `segment:ID`",
    "off": "anything, to take it away",
    "other": "the id of the person who becomes a part of this one",
    "q": "by what somebody is known, or how a name or an address begins",
    "release": "of which release; absent, of the live one",
    "sent": "anything, for the page to say that it was sent",
    "step": "the id of a step",
    "tag": "a tag",
    "to": "the id of the step where they go on",
    "typed": "the person's address, typed once more",
    "value": "a trait's value",
    "what": "`marketing`, `everything`, or the name of a pause",
    "why": "a reason, which is noted",
    "with": "by what the other one is known",
}
"""What each query parameter and each field of a form is for."""
_OF_CONSOLE: Final = "functions.console."
_NO_VIEWS: Final = frozenset(f"{_OF_CONSOLE}{name}" for name in ("drawing", "handler", "places", "wording"))
_FROM_A_FORM: Final = frozenset(("typed", "whole"))


@dataclass(slots=True)
class Takes:
    """What the code of a view reads and refuses."""

    query: set[str] = field(default_factory=set)
    form: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    either: set[str] = field(default_factory=set)
    """Read from what was handed on: the query or the form."""


def page() -> str:
    """The page of the reference."""
    lines = [prose.NOTICE, "# The console's JSON API", "", prose.CONSOLE_API, ""]
    for first in dict.fromkeys(route.parts[0] if route.parts else "" for route in ROUTES):
        lines += [f"## {first.capitalize() or 'Today'}", ""]
        lines += ["| address | who may | what it does | takes | refuses |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(route) for route in ROUTES if (route.parts[0] if route.parts else "") == first]
        lines.append("")
    lines += ["## What it takes", "", "| name | meaning |", "| --- | --- |"]
    used = {name for route in ROUTES for name in _named(route)} | {"_token"}
    return "\n".join([*lines, *(f"| `{name}` | {MEANINGS[name]} |" for name in sorted(used)), ""])


def address(route: Route) -> str:
    """A route's path, with names where it takes any part."""
    names = iter(route.names)
    return "/".join((f"/{places.ROOM}", *(next(names).upper() if part == "*" else part for part in route.parts)))


def takes(route: Route) -> Takes:
    """What a route's view reads and refuses, wherever in the console it does so."""
    found = Takes()
    for function in _reached(route.view_of()):
        _look_at(function, found)
    (found.form if route.method == "POST" else found.query).update(found.either)
    return found


def _named(route: Route) -> list[str]:
    found = takes(route)
    return sorted(found.form if route.method == "POST" else found.query)


def _row(route: Route) -> str:
    roles = [role.value for role, rights in RIGHTS.items() if route.right in rights]
    who = "everybody" if len(roles) == len(RIGHTS) else ", ".join(roles)
    does = str(inspect.getdoc(route.view_of())).partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    cells = [
        f"`{route.method} {address(route)}`",
        who,
        does,
        ", ".join(f"`{name}`" for name in _named(route)),
        ", ".join(f"`{code}`" for code in sorted(takes(route).codes)),
    ]
    return f"| {' | '.join(cells)} |"


def _reached(view: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """A view, and every function of the console that it comes to by name."""
    seen: dict[str, Callable[..., Any]] = {}
    left: list[Any] = [view]
    while left:
        function = inspect.unwrap(left.pop())
        module = str(getattr(function, "__module__", ""))
        name = f"{module}.{getattr(function, '__qualname__', '')}"
        if not inspect.isfunction(function) or name in seen or not module.startswith(_OF_CONSOLE):
            continue
        if module in _NO_VIEWS:
            continue
        seen[name] = function
        own = {*function.__code__.co_varnames, *function.__code__.co_cellvars}
        for node in ast.walk(_tree(function)):
            if isinstance(node, ast.Name) and node.id not in own:
                left.append(function.__globals__.get(node.id))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                held = function.__globals__.get(node.value.id)
                left.append(getattr(held, node.attr, None) if isinstance(held, ModuleType) else None)
    yield from seen.values()


def _look_at(function: Callable[..., Any], found: Takes) -> None:
    scope = function.__globals__
    for node in ast.walk(_tree(function)):
        match node:
            case ast.Call(func=ast.Name(id="Refused"), args=[ast.Constant(value=str() as code), *_]):
                found.codes.add(code)
            case ast.Call(func=ast.Name(id=called), args=[_, name, *_]) if called in _FROM_A_FORM:
                found.form.update(_names(name, scope))
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="query"), attr="get"), args=[name, *_]):
                found.query.update(_names(name, scope))
            case ast.Call(func=ast.Attribute(value=ast.Name(id="given"), attr="get"), args=[name, *_]):
                found.either.update(_names(name, scope))
            case ast.Compare(left=name, ops=[ast.In()], comparators=[ast.Attribute(attr="query")]):
                found.query.update(_names(name, scope))


def _names(node: ast.expr, scope: dict[str, Any]) -> set[str]:
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    held = scope.get(node.id) if isinstance(node, ast.Name) else None
    return {held} if isinstance(held, str) else set()


def _tree(function: Callable[..., Any]) -> ast.Module:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))
