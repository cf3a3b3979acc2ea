"""Public pages as HTML: escaped, without script, readable on any screen."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from functions import clock
from functions.core.errors import Refused
from functions.core.forms import Form
from functions.core.release import Release
from functions.core.sending import Sending
from functions.core.submission import ANONYMOUS_ID, CONSENT, NONCE, PAGE, Typed
from functions.http import Answer, Request, html_answer, refusal

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def _style() -> tuple[Markup, str]:
    text = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    return Markup(text), base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _page(
    template: str, status: int, sending: Sending | None, values: Mapping[str, Any], *, posts_to: Sequence[str] = ()
) -> Answer:
    style, style_hash = _style()
    business = sending.business if sending else None
    page = (
        _environment()
        .get_template(template)
        .render(
            style=style,
            language=business.language if business else "en",
            business=business.name if business else "",
            site=business.site if business else "",
            address=business.address if business else "",
            **values,
        )
    )
    return html_answer(status, page, posts_to=("'self'", *posts_to), style_hash=style_hash)


def form(
    id: str,
    shown: Form,
    typed: Typed,
    problems: Sequence[Refused] = (),
    *,
    sending: Sending | None = None,
    page: str = "",
    nonce: str = "",
) -> Answer:
    """A form, with what was typed kept and what is wrong beside its field."""

    def last(name: str) -> str:
        return next(iter(reversed(typed.get(name, ()))), "")

    values = {
        "form": shown,
        "action": f"../f/{id}",
        "nonce": last(NONCE) or nonce,
        "page": last(PAGE) or page,
        "anonymous_id": last(ANONYMOUS_ID),
        "typed": {field.name: last(field.name) for field in shown.fields},
        "ticked": set(typed.get(CONSENT, ())),
        "labels": {
            **{field.name: field.label for field in shown.fields},
            **{f"{CONSENT}.{box.topic}": box.label for box in shown.consents},
        },
        "problems": {problem.field or "": problem.message for problem in problems},
    }
    # Browsers hold the answer's redirect against form-action as well.
    leads_to = urlsplit(shown.redirect) if shown.redirect else None
    posts_to = [f"{leads_to.scheme}://{leads_to.netloc}"] if leads_to else []
    return _page("form.html", 422 if problems else 200, sending, values, posts_to=posts_to)


def nonce(request_id: str) -> str:
    """What tells one showing of a form from another: when, and which."""
    shown = clock.now_ms()
    return f"{shown:013d}-{hashlib.sha256(f'{shown} {request_id}'.encode()).hexdigest()[:16]}"


def message(
    status: int,
    title: str,
    text: str,
    *,
    sending: Sending | None = None,
    link: str = "",
    link_text: str = "",
    refresh: int = 0,
) -> Answer:
    """A page that says one thing. `refresh` loads it again after so many seconds."""
    values = {"title": title, "text": text, "link": link, "link_text": link_text, "refresh": refresh}
    return _page("message.html", status, sending, values)


def unsubscribe(
    title: str, text: str, choices: Sequence[tuple[str, str]], *, done: bool, sending: Sending | None
) -> Answer:
    """The page behind the link in every mail: says what stands and offers what can be changed."""
    values = {"title": title, "text": text, "choices": choices, "done": done}
    return _page("unsubscribe.html", 200, sending, values)


def privacy(release: Release) -> Answer:
    """What is kept of people, why, how long, and whom they can ask."""
    from functions.core.catalogue import WORDS, lines

    sending, rules = release.sending, release.privacy
    language = sending.business.language
    values = {
        "words": WORDS.get(language, WORDS["en"]),
        "lines": lines(release, language),
        "shared_with": rules.shared_with,
        "contact": rules.contact or sending.sender.email,
    }
    return _page("privacy.html", 200, sending, values)


def refused(request: Request, reason: Refused, sending: Sending | None = None) -> Answer:
    """An error as a page for a person, as JSON for a program."""
    if request.wants_html:
        return message(reason.status, "This page isn't here", reason.message, sending=sending)
    return refusal(reason)
