"""Signing in and out: Cognito asks for the password, and for a second factor where somebody has one; we never do."""

import secrets
from typing import Final
from urllib.parse import urlencode

from functions import clock, releases, settings, tokens
from functions.aws import cognito
from functions.console import gate, places
from functions.core.errors import Refused
from functions.core.staff import member_from
from functions.http import Answer, Request, cookie, redirect
from functions.observability import metric

COOKIE: Final = "samovar-sign-in"
SALT: Final = "sign-in"
TEN_MINUTES_MS: Final = 600_000
"""So long somebody has to type a password."""
LONGEST_CODE: Final = 2000


def ask(request: Request) -> Answer:
    """Send the browser to sign in; it comes back to /console/callback, and then to `to`."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    held = {"s": clock.now_ms(), "q": state, "n": nonce, "c": verifier, "t": places.own(request.query.get("to", ""))}
    token = tokens.sign(releases.keyring().signing, SALT, held)
    made = redirect(cognito.authorize_url(places.absolute("callback"), state=state, nonce=nonce, verifier=verifier))
    made["headers"]["set-cookie"] = cookie(COOKIE, token, places.path("callback"), TEN_MINUTES_MS // 1000)
    return made


def come_back(request: Request) -> Answer:
    """Take the code that the browser brings, and let it in. Raises Refused."""
    held = tokens.read(
        releases.keyring().signing,
        SALT,
        request.cookies.get(COOKIE, ""),
        max_age=TEN_MINUTES_MS,
        now=clock.now_ms(),
    )
    code = request.query.get("code", "")
    # Only the browser that asked may bring the answer: nobody is signed in to an account that isn't theirs.
    if (
        not code
        or len(code) > 2000
        or not secrets.compare_digest(request.query.get("state", "").encode(), _text(held, "q").encode())
    ):
        raise _failed()
    claims = cognito.claims_for(code, redirect=places.absolute("callback"), verifier=_text(held, "c"))
    if claims is None:
        raise _failed()
    member = member_from(claims, client=settings.sign_in_client(), nonce=_text(held, "n"))
    if not member.roles:
        metric("SignInsWithoutRole")
        raise Refused("no-role", "You are signed in, but nobody gave you a role yet. The owner can.", status=403)
    made = redirect(_text(held, "t") or places.path())
    made["headers"]["set-cookie"] = gate.begin(member, places.path())
    return made


def leave(request: Request) -> Answer:
    """Sign out here, and where the password was typed."""
    made = redirect(cognito.logout_url(places.absolute()))
    made["headers"]["set-cookie"] = gate.end(request, places.path())
    return made


def address(request: Request) -> str:
    """Where somebody signs in who wanted what `request` asks for."""
    wanted = request.path + (f"?{request.query_string}" if request.query_string else "")
    to = places.own(wanted) if request.method == "GET" else ""
    return places.path("sign-in") + (f"?{urlencode({'to': to})}" if to else "")


def _text(held: object, name: str) -> str:
    value = held.get(name) if isinstance(held, dict) else None
    if not isinstance(value, str):
        raise _failed()
    return value


def _failed() -> Refused:
    return Refused("sign-in-failed", "Signing in did not work. Please try again.", status=400)
