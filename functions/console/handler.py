"""The console: what the staff sees and does, behind a sign-in. See docs/console.md."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from functions.console import drawing, gate, places, routes
from functions.console.gate import SignIn, Visitor
from functions.console.routes import Asked
from functions.core.errors import Refused
from functions.http import Answer, Request, json_answer, redirect, refusal, serve
from functions.observability import handler as observed
from functions.observability import metric

SIGN_IN = ("sign-in", "callback", "sign-out")
_METHODS = ("GET", "HEAD", "POST")


@observed
def handler(event: dict[str, Any], context: Any) -> Any:
    """Lambda entry point."""
    return serve(event, respond)


def respond(request: Request) -> Answer:
    """The page, or what its JSON says, at the request's path."""
    parts = places.within(request.path)
    if request.method not in _METHODS:
        return refusal(Refused("unknown-route", "There is nothing at this address.", status=404))
    if parts[:1] == ["static"]:
        from functions.console import static

        return static.show(request, parts[1:])
    who: Visitor | None = None
    try:
        if tuple(parts) in {(one,) for one in SIGN_IN}:
            return _signing(request, parts[0])
        who = gate.visitor(request)
        found = routes.find(request.method, parts)
        if found is None:
            raise Refused("unknown-route", "There is nothing at this address.", status=404)
        route, named = found
        typed = _typed(request)
        gate.let_in(request, typed, who, route.right)
        shown = route.view_of()(Asked(request, who, named, typed))
        return drawing.made(request, who, shown) if isinstance(shown, routes.Shown) else shown
    except SignIn:
        return _sign_in(request)
    except Refused as reason:
        metric("RequestsRefused")
        return drawing.refused(request, reason, who)


def _signing(request: Request, part: str) -> Answer:
    from functions.console import signing_in

    match part, request.method:
        case "sign-in", "GET":
            return signing_in.ask(request)
        case "callback", "GET":
            return signing_in.come_back(request)
        case "sign-out", "POST":
            # Without a right of its own: everybody may leave, and nobody else may make them.
            gate.checked(request, _typed(request), gate.visitor(request))
            return signing_in.leave(request)
    raise Refused("unknown-route", "There is nothing at this address.", status=404)


def _sign_in(request: Request) -> Answer:
    from functions.console import signing_in

    where = signing_in.address(request)
    if request.headers.get("hx-request"):
        # A part of a page can't show where to sign in: the whole window goes there.
        made = refusal(Refused("not-signed-in", "Please sign in.", status=401))
        made["headers"]["hx-redirect"] = where
        return made
    if request.wants_html:
        return redirect(where)
    return json_answer(401, Refused("not-signed-in", "Please sign in.").body())


def _typed(request: Request) -> Mapping[str, list[str]]:
    if request.method != "POST":
        return {}
    try:
        return parse_qs(request.body.decode("utf-8"), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        raise Refused("invalid-body", "The body can't be read.") from error
