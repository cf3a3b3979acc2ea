"""Public pages: landing pages, forms, as pages and scripts, thanks, privacy, the tracker, pop-ups, the API, and what
browser SDKs ask for first."""

from typing import TYPE_CHECKING, Any

from functions import releases
from functions.core.errors import Refused
from functions.http import Answer, Request, json_answer, refusal, serve
from functions.observability import handler as observed

if TYPE_CHECKING:
    from functions.core.release import Release


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
        case [*_, "page", page]:
            from functions.pages import landing

            return landing.show(request, page, request_id)
        case [*_, "sitemap.xml"]:
            from functions.pages import landing

            return landing.sitemap()
        case [*_, "robots.txt"]:
            from functions.pages import landing

            return landing.robots()
        case [*_, "samovar.js"]:
            from functions.pages import tracker

            return tracker.show(request)
        case [*_, "popup"]:
            from functions.pages import popups

            return popups.decide(request)
        case [*_, "popup.js"]:
            from functions.pages import popups

            return popups.script(request)
        case [*_, "video.js"]:
            from functions.pages import video

            return video.script(request)
        case [*_, "push.js"]:
            from functions.pages import push

            return push.script(request)
        case [*_, "push"]:
            from functions.pages import push

            return push.show(request)
        case [*_, "sourceConfig"]:
            from functions.pages import sources

            return sources.rudderstack(request)
        case [*_, "v1", "openapi.json"]:
            from functions.track.openapi import describe

            return json_answer(200, describe(), {"access-control-allow-origin": "*"})
        case [""] | []:
            return json_answer(200, {"ok": True})
    return refusal(Refused("unknown-route", "There is nothing at this address.", status=404))


def show_form(request: Request, name: str, request_id: str) -> Answer:
    """The form as a page of its own, or as a script where the name ends in .js.

    A page that links here may pass its visitor's anonymousId, and what the form lets it fill in.
    """
    from functions import visitors
    from functions.core.submission import ANONYMOUS_ID, PROOF
    from functions.pages import fields, render
    from functions.tokens import PROOF_PARAMETER

    release = releases.live().release
    called = name.removesuffix(".js")
    id = release.first_name("form", called)
    form = release.forms.get(id)
    if form is None:
        return render.refused(request, Refused("unknown-form", "There is no such form.", status=404), release.sending)
    nonce = render.nonce(request_id)
    if name != called:
        return render.script(id, form, render.Showing({}, sending=release.sending, nonce=nonce))
    typed = fields.prefilled(form, request.parameters)
    if request.query.get(ANONYMOUS_ID):
        typed[ANONYMOUS_ID] = [request.query[ANONYMOUS_ID]]
    token = request.query.get(PROOF_PARAMETER, "")
    proof = visitors.proof_in(token)
    if proof is not None:
        typed[PROOF] = [token]
    showing = render.Showing(
        typed,
        sending=release.sending,
        page=request.headers.get("referer", ""),
        nonce=nonce,
        known=visitors.known_of(proof),
    )
    return render.form(id, form, showing)


def show_thanks(request: Request, id: str) -> Answer:
    """What is said after a form was sent."""
    from functions.pages import render
    from functions.texts import catalogue

    release = releases.live().release
    form = release.forms.get(release.first_name("form", id))
    if form is None:
        return render.refused(request, Refused("unknown-form", "There is no such form.", status=404), release.sending)
    words, business = catalogue.words(release.sending, form), release.sending.business
    files = _files(request, id, release) if release.assets else []
    return render.message(
        200,
        words("thanks-title"),
        render.thanks(form, words),
        sending=release.sending,
        form=form,
        link=business.site,
        link_text=words("back", business=business.name),
        files=files,
    )


def _files(request: Request, form: str, release: "Release") -> list[tuple[str, str]]:
    """Titles and links of the files that a form gave whoever comes from it: those alone that were signed for it."""
    from functions import passes

    found: list[tuple[str, str]] = []
    for name, token in request.parameters:
        if name != passes.PASS_PARAMETER or len(found) == len(release.assets):
            continue
        try:
            said = passes.read(releases.keyring().signing, token)
        except Refused:
            continue
        asset = release.assets.get(said.asset)
        if asset is not None and isinstance(said, passes.OfForm) and said.form == form:
            found.append((asset.title, f"../get/{token}"))
    return found


def show_privacy() -> Answer:
    """What is kept of people, why and how long: made from the live release, and naming nobody."""
    from functions.pages import render

    return render.privacy(releases.live().release)
