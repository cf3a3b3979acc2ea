"""Pages of the console as HTML: escaped, of our own scripts and styles alone; as JSON for a program."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment

from functions import releases, settings, templating
from functions.console import cells, places, static, wording
from functions.console.gate import TOKEN, Visitor
from functions.console.routes import Shown
from functions.core.errors import Refused
from functions.core.roles import Right, first
from functions.http import Answer, Request, answer, json_answer, refusal
from functions.texts.writing import Hand, hand

_TEMPLATES: Final = Path(__file__).parent / "templates"
NAVIGATION: Final = (
    ("", Right.SEE, "today"),
    ("people", Right.SEE_PEOPLE, "people"),
    ("segments", Right.SEE, "segments"),
    ("journeys", Right.SEE, "journeys"),
    ("campaigns", Right.SEE, "campaigns"),
    ("reports", Right.SEE, "reports"),
    ("made", Right.SEE, "made"),
    ("releases", Right.SEE, "releases"),
)
"""Path, the right that it asks for, and the word for it, in the order in which they stand."""


@cache
def environment() -> Environment:
    """Where the templates stand."""
    made = templating.environment(_TEMPLATES)
    made.globals["path"] = places.path
    made.globals["spoken"] = cells.spoken
    return made


def made(request: Request, who: Visitor, shown: Shown) -> Answer:
    """What a view shows, in the form that was asked for."""
    if not _is_page(request):
        return json_answer(shown.status, shown.values)
    return _page(shown.template, shown.status, shown.values, who, frames=shown.frames)


def refused(request: Request, reason: Refused, who: Visitor | None) -> Answer:
    """What could not be done, as a page for a person."""
    if not _is_page(request):
        return refusal(reason)
    values = {"code": reason.code, "message": wording.words().of_code(reason.code, reason.message)}
    return _page("refused.html", reason.status, values, who)


def _is_page(request: Request) -> bool:
    """Whether HTML is asked for: htmx takes a part out of it, and says nothing of what it accepts."""
    return request.wants_html or "hx-request" in request.headers


def _page(
    template: str, status: int, values: Mapping[str, Any], who: Visitor | None, *, frames: bool = False
) -> Answer:
    said = wording.words()
    roles = who.member.roles if who else ()
    business, writer = _business()
    html = (
        environment()
        .get_template(template)
        .render(
            words=said,
            business=business,
            who=who.member.email if who else "",
            role=first(roles),
            may=who.member.may if who else _nothing,
            token=who.token if who else "",
            token_field=TOKEN,
            navigation=[(path, said(word)) for path, right, word in NAVIGATION if who and who.member.may(right)],
            static=static.address,
            hand=writer,
            **values,
        )
    )
    return answer(status, html, "text/html; charset=utf-8", {"content-security-policy": policy(frames=frames)})


def _nothing(right: Right) -> bool:
    return False


def policy(*, frames: bool = False) -> str:
    """What a page may load, run and post to, and (`frames`) show in itself: what is ours. Signing out leads to where
    the password was typed, and browsers hold that against form-action too."""
    parts = urlsplit(settings.sign_in_url())
    framed = "; frame-src 'self'" if frames else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"form-action 'self' {parts.scheme}://{parts.netloc}; base-uri 'none'; frame-ancestors 'none'{framed}"
    )


def _business() -> tuple[str, Hand]:
    """What the business is called, and what writes numbers and moments as it reads them."""
    try:
        business = releases.live().release.sending.business
    except releases.NothingLive:
        return "", hand(wording.FALLBACK, "UTC")
    return business.name, hand(wording.FALLBACK, business.time_zone)
