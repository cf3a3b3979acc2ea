"""Every page of the console, and the right that it asks for. What it shows is what its address answers as JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

from functions.console.gate import Visitor
from functions.core.roles import Right
from functions.http import Answer, Request

Typed = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was let in: by whom, with what in its path and in its body."""

    request: Request
    who: Visitor
    named: Mapping[str, str] = field(default_factory=dict)
    typed: Typed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page says, in plain values that JSON can say as well, and the template that says it in HTML."""

    template: str
    values: Mapping[str, Any]
    status: int = 200


View = Callable[[Asked], Shown | Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """An address below /console: "*" in `parts` is a part that the view is told by its name in `names`. `view` is the
    name of a function in `module`, which is loaded when first asked for."""

    method: str
    parts: Sequence[str]
    right: Right
    module: str
    view: str
    names: Sequence[str] = ()

    def view_of(self) -> View:
        """What answers it."""
        view: View = getattr(import_module(self.module), self.view)
        return view

    def named(self, parts: Sequence[str]) -> Mapping[str, str] | None:
        """What stands in a path for the route's names; None for another route's path."""
        if len(parts) != len(self.parts):
            return None
        pairs = list(zip(self.parts, parts, strict=True))
        if any(own not in ("*", given) for own, given in pairs):
            return None
        return dict(zip(self.names, (given for own, given in pairs if own == "*"), strict=True))


ROUTES: Final[Sequence[Route]] = (
    Route("GET", (), Right.SEE, "functions.console.today", "show"),
    Route("GET", ("people",), Right.SEE_PEOPLE, "functions.console.people", "search"),
    Route("GET", ("people", "*"), Right.SEE_PEOPLE, "functions.console.people", "show", ("contact",)),
    Route("GET", ("segments",), Right.SEE, "functions.console.segments", "index"),
    Route("GET", ("segments", "*"), Right.SEE, "functions.console.segments", "show", ("segment",)),
    Route("GET", ("journeys", "*"), Right.SEE, "functions.console.journey", "show", ("journey",)),
    Route("GET", ("made",), Right.SEE, "functions.console.made", "show"),
)
"""Those that need somebody to be signed in; signing in and out, and what pages load, are in handler.py."""


def find(method: str, parts: Sequence[str]) -> tuple[Route, Mapping[str, str]] | None:
    """The route of a request and what its path names; None where there is none."""
    wanted = "GET" if method == "HEAD" else method
    found = ((route, route.named(parts)) for route in ROUTES if route.method == wanted)
    return next(((route, named) for route, named in found if named is not None), None)
