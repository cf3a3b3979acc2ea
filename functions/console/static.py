"""What pages of the console load: one style sheet and one script, made from pinned packages when the code is staged."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from functions.console import places
from functions.core.errors import Refused
from functions.http import Answer, Request, answer, refusal
from functions.pages.tracker import Served, pack

FOLDER: Final = Path(__file__).with_name("static")
"""Put here when the code is staged (infra/asset.py)."""
KINDS: Final = {"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8"}
FOR_EVER: Final = "public, max-age=31536000, immutable"


def address(name: str) -> str:
    """Where a page finds a file: it changes with what is in it."""
    return places.path("static", _digest(name), name)


def show(request: Request, parts: Sequence[str]) -> Answer:
    """A file; whoever asks need not be signed in, for it says nothing."""
    if len(parts) != 2 or parts[1] not in KINDS or request.method == "POST":
        return refusal(Refused("unknown-route", "There is nothing at this address.", status=404))
    served, kind = _served(parts[1]), KINDS[parts[1]]
    headers = {"cache-control": FOR_EVER if parts[0] == _digest(parts[1]) else "no-store", "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return answer(200, served.packed, kind, headers | {"content-encoding": "gzip"})
    return answer(200, served.text, kind, headers)


@cache
def _served(name: str) -> Served:
    return pack(_text(name))


@cache
def _text(name: str) -> str:
    try:
        return (FOLDER / name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Refused("no-script", "This deployment was made without the console's files.", status=404) from error


@cache
def _digest(name: str) -> str:
    try:
        return hashlib.sha256(_text(name).encode()).hexdigest()[:16]
    except Refused:
        return "none"
