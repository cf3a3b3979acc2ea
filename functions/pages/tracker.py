"""samovar.js: the built script with the live release's settings, small on the wire and cheap to ask for again."""

import hashlib
import json
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from functions import releases
from functions.core.errors import Refused
from functions.http import Answer, Request, answer

SCRIPT = Path(__file__).with_name("samovar.js")
"""Put beside this module when the code is staged (infra/asset.py); it ends where its settings begin."""
WITH_POPUPS: Final = "samovar-popups.js"
"""The same that asks for pop-ups as well, beside it: served only where there are any."""

MAX_AGE: Final = 900
"""Seconds: a visit fetches it once, and changed settings are everywhere after a quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Served:
    """The script as text and packed with gzip, and what tells this version from another."""

    text: str
    packed: bytes
    tag: str


def show(request: Request) -> Answer:
    """The script; 304 where the browser holds this version."""
    live = releases.live()
    return hand_over(request, serve(SCRIPT, live.script or _settings(live)))


def hand_over(request: Request, served: Served) -> Answer:
    """A script for any page; 304 where the browser holds this version."""
    headers = {
        "cache-control": f"public, max-age={MAX_AGE}",
        "cross-origin-resource-policy": "cross-origin",
        "etag": served.tag,
        "vary": "accept-encoding",
    }
    kind = "text/javascript; charset=utf-8"
    if served.tag in request.headers.get("if-none-match", ""):
        return answer(304, "", kind, headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return answer(200, served.packed, kind, headers | {"content-encoding": "gzip"})
    return answer(200, served.text, kind, headers)


@lru_cache(maxsize=4)
def serve(script: Path, settings: str) -> Served:
    """What is served for these settings (JSON). Raises Refused where the script was not built."""
    chosen = script.with_name(WITH_POPUPS) if json.loads(settings).get("popups") else script
    try:
        text = f"{chosen.read_text(encoding='ascii')}{settings});\n"
    except FileNotFoundError as error:
        raise Refused("no-script", "This deployment was made without the tracker script.", status=404) from error
    return pack(text)


def pack(text: str) -> Served:
    """A script, ready to be served."""
    packing = zlib.compressobj(9, wbits=31)
    packed = packing.compress(text.encode()) + packing.flush()
    # Weak: the same whether packed or not.
    return Served(text, packed, f'W/"{hashlib.sha256(text.encode()).hexdigest()[:20]}"')


def _settings(live: releases.Live) -> str:
    """Of a release that went live before its settings stood beside the pointer, or with those of other code."""
    from functions.core.popups import asked_of_browsers
    from functions.core.tracking import script_settings

    release = live.release
    popups = asked_of_browsers(release.popups)
    return script_settings(release.tracking, release.sending.business.site, popups)
