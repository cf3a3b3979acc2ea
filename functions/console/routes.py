"""Every page of the console, and the right that it asks for. What it shows is what its address answers as JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

from functions.console.gate import Visitor
from functions.core.roles import Right
from functions.http import Answer, Request

Typed = Mapping[str, list[str]]
LONGEST: Final = 200
"""Characters of a part of a path: nothing of ours has a longer name."""


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
    frames: bool = False
    """Whether it shows another page of ours in itself."""


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


_CAMPAIGNS: Final = "functions.console.campaigns"
_JOURNEYS: Final = "functions.console.journeys"
_SENDING: Final = "functions.console.sending"
_MAILS: Final = "functions.console.mails"
_RELEASES: Final = "functions.console.releases"
_REPORTS: Final = "functions.console.reports"
_A_TABLE_OF: Final = ("journey", "table")
_A_TABLE_FOR: Final = ("campaign", "table")
_A_RUN: Final = ("campaigns", "*", "*")
_RUN_NAMES: Final = ("campaign", "run")
_A_JOURNEY: Final = ("journeys", "*")

ROUTES: Final[Sequence[Route]] = (
    Route("GET", (), Right.SEE, "functions.console.today", "show"),
    Route("GET", ("campaigns",), Right.SEE, _CAMPAIGNS, "index"),
    Route("GET", ("campaigns", "*"), Right.SEE, _CAMPAIGNS, "of_campaign", ("campaign",)),
    Route("GET", _A_RUN, Right.SEE, _CAMPAIGNS, "show", _RUN_NAMES),
    Route("POST", (*_A_RUN, "let-go"), Right.RUN, _CAMPAIGNS, "let_go", _RUN_NAMES),
    Route("POST", (*_A_RUN, "stop"), Right.RUN, _CAMPAIGNS, "stop", _RUN_NAMES),
    Route("POST", (*_A_RUN, "pause"), Right.RUN, _CAMPAIGNS, "pause", _RUN_NAMES),
    Route("POST", (*_A_RUN, "resume"), Right.RUN, _CAMPAIGNS, "resume", _RUN_NAMES),
    Route("GET", ("mails",), Right.SEE, _MAILS, "index"),
    Route("GET", ("mails", "*"), Right.SEE, _MAILS, "show", ("template",)),
    Route("GET", ("mails", "*", "html"), Right.SEE, _MAILS, "framed", ("template",)),
    Route("POST", ("mails", "*", "test"), Right.RUN, _MAILS, "send_test", ("template",)),
    Route("GET", ("sending",), Right.SEE, _SENDING, "show"),
    Route("POST", ("sending", "pause"), Right.RUN, _SENDING, "pause"),
    Route("POST", ("sending", "resume"), Right.RUN, _SENDING, "resume"),
    Route("GET", ("journeys",), Right.SEE, _JOURNEYS, "index"),
    Route("GET", (*_A_JOURNEY, "recall"), Right.RUN, _JOURNEYS, "ask_recall", ("journey",)),
    Route("POST", (*_A_JOURNEY, "recall"), Right.RUN, _JOURNEYS, "recall", ("journey",)),
    Route("POST", (*_A_JOURNEY, "retry"), Right.RUN, _JOURNEYS, "retry", ("journey",)),
    Route("POST", (*_A_JOURNEY, "pause"), Right.RUN, _JOURNEYS, "pause", ("journey",)),
    Route("POST", (*_A_JOURNEY, "resume"), Right.RUN, _JOURNEYS, "resume", ("journey",)),
    Route("GET", ("releases",), Right.SEE, _RELEASES, "index"),
    Route("GET", ("releases", "*"), Right.SEE, _RELEASES, "show", ("number",)),
    Route("POST", ("releases", "*", "rollback"), Right.PUBLISH, _RELEASES, "roll_back", ("number",)),
    Route("GET", ("proposals", "*"), Right.SEE, _RELEASES, "show_proposal", ("release",)),
    Route("POST", ("proposals", "*", "publish"), Right.PUBLISH, _RELEASES, "publish", ("release",)),
    Route("POST", ("proposals", "*", "drop"), Right.PUBLISH, _RELEASES, "drop", ("release",)),
    Route("GET", ("jobs", "*"), Right.SEE, "functions.console.jobs", "show", ("job",)),
    Route("GET", ("pairs",), Right.SEE_PEOPLE, "functions.console.pairs", "index"),
    Route("GET", ("people",), Right.SEE_PEOPLE, "functions.console.listing", "show"),
    Route("GET", ("people", "*"), Right.SEE_PEOPLE, "functions.console.people", "show", ("contact",)),
    Route("GET", ("people", "*", "older"), Right.SEE_PEOPLE, "functions.console.people", "older", ("contact",)),
    Route("POST", ("people", "*", "trait"), Right.CHANGE_PEOPLE, "functions.console.changing", "trait", ("contact",)),
    Route("POST", ("people", "*", "tag"), Right.CHANGE_PEOPLE, "functions.console.changing", "tag", ("contact",)),
    Route("POST", ("people", "*", "mail"), Right.CHANGE_PEOPLE, "functions.console.changing", "mail", ("contact",)),
    Route("GET", ("people", "*", "same"), Right.CHANGE_PEOPLE, "functions.console.sameness", "ask", ("contact",)),
    Route("POST", ("people", "*", "same"), Right.CHANGE_PEOPLE, "functions.console.sameness", "join", ("contact",)),
    Route("POST", ("people", "*", "export"), Right.ERASE, "functions.console.erasing", "export", ("contact",)),
    Route("GET", ("people", "*", "forget"), Right.ERASE, "functions.console.erasing", "ask", ("contact",)),
    Route("POST", ("people", "*", "forget"), Right.ERASE, "functions.console.erasing", "forget", ("contact",)),
    Route("GET", ("erasures", "*"), Right.ERASE, "functions.console.erasing", "progress", ("job",)),
    Route("GET", ("segments",), Right.SEE, "functions.console.segments", "index"),
    Route("GET", ("segments", "*"), Right.SEE, "functions.console.segments", "show", ("segment",)),
    Route("GET", ("journeys", "*"), Right.SEE, "functions.console.journey", "show", ("journey",)),
    Route("GET", ("reports",), Right.SEE, _REPORTS, "show"),
    Route("GET", ("reports", "journeys", "*"), Right.SEE, _REPORTS, "of_journey", ("journey",)),
    Route("GET", ("reports", "journeys", "*", "*", "csv"), Right.SEE, _REPORTS, "download_of_journey", _A_TABLE_OF),
    Route("GET", ("reports", "campaigns", "*"), Right.SEE, _REPORTS, "of_campaign", ("campaign",)),
    Route("GET", ("reports", "campaigns", "*", "*", "csv"), Right.SEE, _REPORTS, "download_of_campaign", _A_TABLE_FOR),
    Route("GET", ("reports", "*", "csv"), Right.SEE, _REPORTS, "download", ("table",)),
    Route("GET", ("made",), Right.SEE, "functions.console.made", "show"),
)
"""Those that need somebody to be signed in; signing in and out, and what pages load, are in handler.py."""


def find(method: str, parts: Sequence[str]) -> tuple[Route, Mapping[str, str]] | None:
    """The route of a request and what its path names; None where there is none."""
    wanted = "GET" if method == "HEAD" else method
    if any(not part or len(part) > LONGEST for part in parts):
        return None
    found = ((route, route.named(parts)) for route in ROUTES if route.method == wanted)
    return next(((route, named) for route, named in found if named is not None), None)
