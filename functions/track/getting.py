"""The link to a gated file: GET /get/{token}. The download is noted, and the browser led on to the file in S3.

Guarantees. The same browser asking again within a minute is one download. A link that came by mail is opened by
machines too, so what it notes (a click, and the download) is held and judged as any click is; HEAD is a look. A link
that was opened by another browser than it was made for says so on the event: that is a sign, and proves nothing.
"""

from typing import Any, Final

from functions import bots, clock, passes, releases, settings
from functions.aws import presigned
from functions.core import assets
from functions.core.assets import OWN_BROWSERS, Asset
from functions.core.errors import Refused
from functions.core.event import ASSET_DOWNLOADED, EMAIL_CLICKED, EMAIL_LOOKED, SYSTEM, Event
from functions.core.identity import EMAIL, own_ref
from functions.core.ids import digest
from functions.core.intake import trim_context
from functions.core.release import Release
from functions.http import Answer, Request, is_passing, redirect
from functions.observability import logger, metric
from functions.pages import render
from functions.passes import OfForm, OfMail
from functions.tables import browsers
from functions.texts import catalogue
from functions.track.links import about, is_stored, look, wait_a_moment

WINDOW_MS: Final = 60_000
"""Within such a time the same browser's downloads by one link are one: clients repeat requests."""
FILE_S: Final = 300
"""So long the address of the file itself holds: a download must have begun by then."""


def follow(request: Request, token: str) -> Answer:
    """Lead on to the file that a link gives, and note it."""
    now, live = clock.now_ms(), releases.live()
    release = live.release
    try:
        said = passes.read(releases.keyring().signing, token)
    except Refused as reason:
        metric("TokensRefused")
        return render.refused(request, Refused(reason.code, reason.message, status=404), release.sending)
    asset = release.assets.get(said.asset)
    if asset is None:
        gone = Refused("asset-gone", "This file is not offered any more.", status=410)
        return render.refused(request, gone, release.sending)
    if now > said.until:
        return _ended(request, asset, release)
    file = presigned.address(
        settings.bucket(),
        assets.key(asset.content),
        name=asset.file,
        content_type=asset.type,
        seconds=FILE_S,
        method="HEAD" if request.method == "HEAD" else "GET",
    )
    if request.method != "GET":
        if isinstance(said, OfMail):
            look(_event(request, said, EMAIL_LOOKED, {"url": _spelled(said)}, now))
        return redirect(file)
    if not is_stored(_noted(request, said, asset, release, now), "download"):
        return wait_a_moment(file)
    metric("AssetsDownloaded")
    return redirect(file)


def _ended(request: Request, asset: Asset, release: Release) -> Answer:
    """The link's time is over: whoever wants the file fills in the form again."""
    form = release.forms.get(asset.form or "")
    if form is None or asset.form is None or not request.wants_html:
        gone = Refused("expired-token" if form else "asset-gone", "This link is no longer good.", status=410)
        return render.refused(request, gone, release.sending, form)
    words = catalogue.words(release.sending, form)
    return render.message(
        410,
        words("not-here-title"),
        words("expired-token"),
        sending=release.sending,
        form=form,
        link=f"../f/{release.present_name('form', asset.form)}",
        link_text=form.title,
    )


def _noted(request: Request, said: OfForm | OfMail, asset: Asset, release: Release, now: int) -> list[Event]:
    about = assets.said(said.asset, asset, shared=_is_shared(request, said, release))
    download = _event(request, said, ASSET_DOWNLOADED, about, now)
    if isinstance(said, OfForm):
        return [download]
    return [_event(request, said, EMAIL_CLICKED, {"url": _spelled(said)}, now), download]


def _event(request: Request, said: OfForm | OfMail, name: str, more: dict[str, Any], now: int) -> Event:
    link = said.message if isinstance(said, OfMail) else said.submission
    mailed = isinstance(said, OfMail)
    properties = about(said) if isinstance(said, OfMail) else {"form": said.form}
    proves = mailed and name == ASSET_DOWNLOADED and not more.get("shared")
    return Event(
        source=own_ref(said.contact) if isinstance(said, OfMail) else said.source,
        id=digest(name, link, said.asset, request.user_agent, str(request.is_ahead)),
        stamp=now - now % WINDOW_MS,
        at=now,
        received=now,
        kind=SYSTEM,
        name=name,
        properties={**properties, **more},
        context=trim_context({"userAgent": request.user_agent}, ahead=request.is_ahead),
        # Whoever opens what was mailed has the mailbox.
        identities=(f"{EMAIL}#{said.address}",) if isinstance(said, OfMail) and proves else (),
        proved=proves,
        held=mailed and name != EMAIL_LOOKED,
    )


def _spelled(said: OfMail) -> str:
    """The link as reports of clicks show it: the same for everybody."""
    return f"{settings.public_url()}/get/{said.asset}"


def _is_shared(request: Request, said: OfForm | OfMail, release: Release) -> bool:
    """Whether another browser than the link was made for opens it, as far as that shows: two people with the same
    kind of browser look like one."""
    agent = request.user_agent
    if not agent or request.is_ahead or bots.rules_of(release.bots.model_dump_json()).knows(agent, on_the_web=True):
        return False
    if isinstance(said, OfForm):
        return bool(said.browser) and said.browser != browser_of(agent, said.submission)
    link = digest("link", said.message, said.asset)
    try:
        return browsers.place(link, browser_of(agent, link), said.until // 1000) > OWN_BROWSERS
    except Exception as error:
        if not is_passing(error):
            raise
        logger.warning("browser not noted", error=type(error).__name__)
        return False


def browser_of(agent: str, link: str) -> str:
    """What tells one browser of a link from another, "" for one that doesn't say what it is."""
    return digest("browser", link, agent, pepper=releases.keyring().pepper)[:10] if agent else ""
