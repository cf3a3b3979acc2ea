"""The link to a personal page: GET /my/{token}. The click is noted, and the browser led on to the page.

The page's own address names nobody: what shows it is a cookie, so that whoever copies the address, keeps it or sends it
on gives nothing away, and so that no report of a page view carries the token. The page that is led to also learns whose
mailbox its visitor came from, as every page of the business does.

Guarantees. Mail is opened by machines too: the click is held and judged as any click is, and HEAD is a look.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from functions import clock, personal, releases, settings, tokens
from functions.core.errors import Refused
from functions.core.event import EMAIL_CLICKED, EMAIL_LOOKED, SYSTEM, Event
from functions.core.identity import own_ref
from functions.core.ids import digest
from functions.core.intake import trim_context
from functions.http import Answer, Request, cookie, is_passing, redirect, where
from functions.observability import logger, metric
from functions.pages import render
from functions.pages.personal import COOKIE
from functions.tokens import Proof
from functions.track.links import about, is_stored, look, wait_a_moment

WINDOW_MS: Final = 10_000
"""Within such a time the same browser opening the same link is one click: clients repeat requests."""


def follow(request: Request, token: str) -> Answer:
    """Lead on to the page that a link shows, and note the click."""
    now, release = clock.now_ms(), releases.live().release
    try:
        found = personal.opened(token, release, now)
    except Refused as reason:
        metric("PersonalPagesRefused")
        if reason.code == "bad-token":
            reason = Refused(reason.code, reason.message, status=404)
        return render.refused(request, reason, release.sending)
    except Exception as error:
        if not is_passing(error):
            raise
        logger.error("personal page not opened", error=type(error).__name__, where=where(error))
        metric("RequestsFailed")
        return wait_a_moment(release.sending.business.site)
    said = found.said
    address = f"{settings.public_url()}/page/{release.present_name('page', said.page)}"
    if request.method != "GET":
        if said.message:
            look(_event(request, found, EMAIL_LOOKED, now))
        return redirect(address)
    if said.message and not is_stored([_event(request, found, EMAIL_CLICKED, now)], "click"):
        return wait_a_moment(f"{settings.public_url()}/my/{token}")
    made = redirect(_proved(address, found, now) if said.message else address)
    seconds = max(1, (said.until - now) // 1000)
    made["headers"]["set-cookie"] = cookie(COOKIE, token, urlsplit(address).path, seconds)
    made["headers"]["x-robots-tag"] = "noindex"
    return made


def _proved(address: str, found: personal.Opened, now: int) -> str:
    """The page's address with what tells its tracker whose mailbox the browser came from. A link made by hand came to
    nobody's: whoever tries it out at the desk is not the one whom it is for."""
    proof = Proof(found.contact.id, found.said.address, now)
    return tokens.with_proof(address, tokens.sign_proof(releases.keyring().signing, proof))


def _event(request: Request, found: personal.Opened, name: str, now: int) -> Event:
    said = found.said
    more: dict[str, Any] = {"url": f"{settings.public_url()}/my/{said.page}", "personal": said.page}
    return Event(
        source=own_ref(said.contact),
        id=digest(name, said.message, said.page, request.user_agent, str(request.is_ahead)),
        stamp=now - now % WINDOW_MS,
        at=now,
        received=now,
        kind=SYSTEM,
        name=name,
        properties={**about(said), **more},
        context=trim_context({"userAgent": request.user_agent}, ahead=request.is_ahead),
        held=name != EMAIL_LOOKED,
    )
