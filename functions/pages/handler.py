"""Public pages: forms, thanks, what is kept of people, the tracker script, the API's description, settings of SDKs."""

from typing import Any

from functions import releases
from functions.core.errors import Refused
from functions.http import Answer, Request, json_answer, refusal, serve
from functions.observability import handler as observed


@observed
def handler(event: dict[str, Any], context: Any) -> Any:
    """Lambda entry point."""
    request_id = event.get("requestContext", {}).get("requestId", "")
    return serve(event, lambda request: respond(request, str(request_id)))


def respond(request: Request, request_id: str) -> Answer:
    """The page at the request's path."""
    if request.method not in ("GET", "HEAD"):
        return refusal(Refused("unknown-route", "There is nothing at this address.", status=404))
    match request.path.rstrip("/").split("/")[-3:]:
        case ["projects", key, "settings"]:
            from functions.pages import sources

            return sources.segment(request, key)
        case [*_, "f", form]:
            return show_form(request, form, request_id)
        case [*_, "thanks", form]:
            return show_thanks(request, form)
        case [*_, "privacy"]:
            return show_privacy()
        case [*_, "samovar.js"]:
            from functions.pages import tracker

            return tracker.show(request)
        case [*_, "sourceConfig"]:
            from functions.pages import sources

            return sources.rudderstack(request)
        case [*_, "v1", "openapi.json"]:
            from functions.track.openapi import describe

            return json_answer(200, describe(), {"access-control-allow-origin": "*"})
        case [""] | []:
            return json_answer(200, {"ok": True})
    return refusal(Refused("unknown-route", "There is nothing at this address.", status=404))


def show_form(request: Request, id: str, request_id: str) -> Answer:
    """The form as a page of its own. A page that links here may pass its visitor's anonymousId."""
    from functions.core.submission import ANONYMOUS_ID
    from functions.pages import render

    release = releases.live().release
    form = release.forms.get(id)
    if form is None:
        return render.refused(request, Refused("unknown-form", "There is no such form.", status=404), release.sending)
    known = {ANONYMOUS_ID: [request.query[ANONYMOUS_ID]]} if request.query.get(ANONYMOUS_ID) else {}
    page = request.headers.get("referer", "")
    return render.form(id, form, known, sending=release.sending, page=page, nonce=render.nonce(request_id))


def show_thanks(request: Request, id: str) -> Answer:
    """What is said after a form was sent."""
    from functions.pages import render

    release = releases.live().release
    form = release.forms.get(id)
    if form is None:
        return render.refused(request, Refused("unknown-form", "There is no such form.", status=404), release.sending)
    site = release.sending.business.site
    back = f"Back to {release.sending.business.name}"
    return render.message(200, "Thank you", form.thanks, sending=release.sending, link=site, link_text=back)


def show_privacy() -> Answer:
    """What is kept of people, why and how long: made from the live release, and naming nobody."""
    from functions.pages import render

    return render.privacy(releases.live().release)
