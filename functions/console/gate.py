"""Who asks, and whether they may.

A session's secret stands in one cookie, its row in the contacts table. Whatever changes something must bring a token
made from that secret as well, which no other site can read (a cookie alone would come along from anywhere).
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from functions import clock, releases
from functions.core.errors import Refused
from functions.core.ids import digest
from functions.core.roles import Right
from functions.core.staff import LONGEST_MS, Member, Session
from functions.http import Request, cookie
from functions.observability import metric
from functions.tables import sessions

COOKIE: Final = "samovar-session"
TOKEN: Final = "_token"
"""The field of a form that carries the token."""
HEADER: Final = "x-samovar-token"
"""The header that does, where a script asks."""
_LONGEST: Final = 200


class SignIn(Exception):
    """Nobody is signed in, or no longer."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and the token that their browser must send to change anything."""

    member: Member
    token: str


def begin(member: Member, path: str) -> str:
    """Let somebody be signed in; the value of the header that tells the browser. `path` is the console's."""
    secret, now = secrets.token_urlsafe(32), clock.now_ms()
    sessions.begin(_digest(secret), Session(member, now, now))
    metric("SignedIn")
    return cookie(COOKIE, f"{member.id}.{secret}", path, LONGEST_MS // 1000)


def end(request: Request, path: str) -> str:
    """Sign out; the value of the header that tells the browser."""
    member, secret = _held(request)
    if secret:
        sessions.end(member, _digest(secret))
    return cookie(COOKIE, "", path, 0)


def visitor(request: Request) -> Visitor:
    """Who asks. Raises SignIn."""
    member, secret = _held(request)
    now, key = clock.now_ms(), _digest(secret) if secret else ""
    session = sessions.of(member, key, now) if key else None
    if session is None:
        raise SignIn
    sessions.note(key, session, now)
    return Visitor(session.member, _token(secret))


def let_in(request: Request, typed: Mapping[str, list[str]], who: Visitor, right: Right) -> None:
    """Raises Refused where somebody may not do that, or where `checked` does."""
    may(who, right)
    if request.method not in ("GET", "HEAD"):
        checked(request, typed, who)


def may(who: Visitor, right: Right) -> None:
    """Raises Refused where somebody has not this right."""
    if not who.member.may(right):
        metric("ConsoleRefused")
        raise Refused("not-allowed", "Your role does not allow this.", status=403)


def checked(request: Request, typed: Mapping[str, list[str]], who: Visitor) -> None:
    """Raises Refused where something else than a page of ours asks for a change."""
    sent = request.headers.get(HEADER) or next(iter(typed.get(TOKEN, ())), "")
    if not hmac.compare_digest(sent.encode(), who.token.encode()):
        metric("ConsoleRefused")
        raise Refused("stale-page", "This page is too old to change anything. Please load it again.", status=403)


def _held(request: Request) -> tuple[str, str]:
    """The member and the secret that the browser's cookie names; "" each where it has none."""
    value = request.cookies.get(COOKIE, "")
    member, dot, secret = value.rpartition(".")
    # Whatever stands there was typed by whoever likes: it is looked up, and nothing else.
    if not dot or not member or not secret or len(value) > _LONGEST or not value.isascii():
        return "", ""
    return member, secret


def _digest(secret: str) -> str:
    return digest("session", secret, pepper=releases.keyring().pepper)


def _token(secret: str) -> str:
    return hmac.digest(secret.encode(), b"samovar.console", sha256).hex()
