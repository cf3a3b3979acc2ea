"""Landing pages, and what search engines ask for: which of them there are."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode, urlsplit

from functions import clock, passes, releases, settings, visitors
from functions.core import keys, visit
from functions.core.blocks import FormBlock, HeroBlock, Placed, SurveyBlock
from functions.core.errors import Refused
from functions.core.landing import Page
from functions.core.landing import varying as varying_of
from functions.core.release import Release
from functions.core.visit import Visit
from functions.http import Answer, Request, answer
from functions.pages import drawing, render
from functions.pages.drawing import Sheet
from functions.passes import RateOnPage
from functions.tokens import PROOF_PARAMETER

MAX_AGE: Final = 60
"""Seconds for which a page that hangs on nobody may be kept: what was published is everywhere a minute later."""


def show(request: Request, name: str, request_id: str) -> Answer:
    """The page as it stands for its visitor; 304 where the browser holds this version."""
    release = releases.live().release
    id = release.first_name("page", name)
    page = release.pages.get(id)
    if page is None:
        unknown = Refused("unknown-page", "There is no such page.", status=404)
        return render.refused(request, unknown, release.sending)
    if page.personal is not None:
        from functions.pages import personal

        return personal.show(request, id, page, release, request_id)
    token = request.query.get(PROOF_PARAMETER, "")
    proof = visitors.proof_in(token)
    contact = visitors.contact_if_readable(proof) if _asks(page, release) else None
    seen = Visit(request.query, contact, clock.now_ms())
    blocks = visit.standing(page, seen, release)
    # Each showing of a question, too, sends each answer once.
    timed = any(isinstance(block, SurveyBlock) or _has_timed_form(block, release) for block in blocks)
    base = settings.public_url()
    variant, headers = _variant(request, id, page, blocks, urlsplit(f"{base}/page/{name}").path, request_id)
    sheet = Sheet(
        id=id,
        page=page,
        release=release,
        query=request.query,
        address=f"{base}/page/{release.present_name('page', id)}",
        came_by=_address_of(request, base, release.present_name("page", id)),
        key=keys.for_pages_of(releases.keyring().keys, drawing.origin(base)),
        nonce=render.nonce(request_id) if timed else render.nonce_of_minute(),
        proof=token if proof else "",
        known=visitors.traits_told(contact),
        variant=variant,
        rate=lambda survey: passes.sign_rate(releases.keyring().signing, RateOnPage(survey, id)),
    )
    made = drawing.draw(sheet, blocks, headers)
    return _kept(made, request, "no-store" if timed or token or variant else f"public, max-age={MAX_AGE}")


def _variant(
    request: Request, id: str, page: Page, blocks: Sequence[Placed], path: str, request_id: str
) -> tuple[str, Mapping[str, str]]:
    """The mark of the variant that the visitor sees ("" where nothing varies), and the header that keeps it."""
    if not any(isinstance(block, HeroBlock) and block.hero.variants for block in blocks):
        return "", {}
    from functions.core.experiments import trying
    from functions.pages import variants

    varying = varying_of(page)
    return variants.chosen(request, trying(id, varying[1]), path, render.nonce(request_id)) if varying else ("", {})


def _kept(made: Answer, request: Request, control: str) -> Answer:
    tag = f'W/"{hashlib.sha256(made["body"].encode()).hexdigest()[:20]}"'
    made["headers"] |= {"cache-control": control}
    if control == "no-store":
        return made
    made["headers"]["etag"] = tag
    if tag in request.headers.get("if-none-match", ""):
        return {**made, "statusCode": 304, "body": ""}
    return made


def _has_timed_form(block: Placed, release: Release) -> bool:
    """Whether it is a form that tells by when it was shown who sends it, so that each showing must be of its own."""
    form = release.forms.get(block.form) if isinstance(block, FormBlock) else None
    return form is not None and form.protect.minimum_time is not None


def _asks(page: Page, release: Release) -> bool:
    """Whether anything of the page hangs on who somebody is."""
    forms = (one.form for block in page.blocks for one in (block, *block.otherwise) if isinstance(one, FormBlock))
    progressive = (
        field.ask == "progressive" for id in forms if id in release.forms for field in release.forms[id].fields
    )
    return visit.asks_who(page) or any(progressive)


def _address_of(request: Request, base: str, name: str) -> str:
    """The address that the page was asked for at, without what proves who somebody is."""
    asked = [(key, value) for key, value in request.parameters if key != PROOF_PARAMETER]
    return f"{base}/page/{name}" + (f"?{urlencode(asked)}" if asked else "")


def sitemap() -> Answer:
    """The pages that are listed, for search engines."""
    release, base = releases.live().release, settings.public_url()
    addresses = [f"{base}/page/{release.present_name('page', id)}" for id in _listed(release.pages)]
    text = render.environment().get_template("sitemap.xml").render(addresses=addresses)
    return answer(200, text, "application/xml; charset=utf-8", _PUBLIC)


def _listed(pages: Mapping[str, Page]) -> list[str]:
    return [id for id, page in pages.items() if page.listed and page.personal is None]


def robots() -> Answer:
    """What search engines may read, and where the list of pages is."""
    lines = [
        "User-agent: *",
        *(f"Disallow: /{part}/" for part in _OF_ONE),
        f"Sitemap: {settings.public_url()}/sitemap.xml",
    ]
    return answer(200, "\n".join(lines) + "\n", "text/plain; charset=utf-8", _PUBLIC)


_OF_ONE: Final = ("c", "o", "u", "p", "confirm", "my", "get", "rate", "v1")
"""What stands behind signed links, and is nobody's to find."""
_PUBLIC: Final = {"cache-control": "public, max-age=3600"}
