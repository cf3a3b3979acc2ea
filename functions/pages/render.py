"""Public pages as HTML: escaped, without script, readable on any screen, in the language of their form."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment
from markupsafe import Markup

from functions import clock, templating
from functions.core.errors import Refused
from functions.core.forms import Form, asked
from functions.core.release import Release
from functions.core.sending import Sending
from functions.core.submission import ANONYMOUS_ID, LANDING, NONCE, PAGE, PROOF, VARIANT, Typed, last
from functions.core.surveys import LONGEST, Survey
from functions.core.views import day_of
from functions.core.words import Words
from functions.http import Answer, Request, answer, html_answer, refusal
from functions.pages import fields, surveys
from functions.texts import catalogue

_TEMPLATES = Path(__file__).parent / "templates"
_GONE: Final = frozenset({404, 410})


@cache
def environment() -> Environment:
    """Where the templates of pages stand."""
    return templating.environment(_TEMPLATES)


@cache
def text_of(name: str) -> str:
    """What stands in a file beside the templates."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Showing:
    """One showing of a form: what is already typed, what is wrong, and what the visitor is known to have told.

    `known` are traits that a proved visitor told before (None: nobody is proved). `base` stands
    before the form's address where the page isn't one of ours. `landing` is the landing page that it stands in,
    `variant` its variant.
    """

    typed: Typed
    problems: Sequence[Refused] = ()
    sending: Sending | None = None
    page: str = ""
    nonce: str = ""
    known: frozenset[str] | None = None
    base: str = "../f/"
    landing: str = ""
    variant: str = ""


def _page(
    template: str,
    status: int,
    sending: Sending | None,
    values: Mapping[str, Any],
    *,
    form: Form | None = None,
    posts_to: Sequence[str] = (),
    rules: str = "",
    words: Words | None = None,
) -> Answer:
    styles = [text for text in (text_of("page.css") + text_of("form.css"), rules) if text]
    business = sending.business if sending else None
    page = (
        environment()
        .get_template(template)
        .render(
            styles=[Markup(text) for text in styles],
            words=words or catalogue.words(sending, form),
            business=business.name if business else "",
            site=business.site if business else "",
            address=business.address if business else "",
            **values,
        )
    )
    return html_answer(
        status,
        page,
        posts_to=("'self'", *posts_to),
        style_hashes=[style_hash(text) for text in styles],
        framed_by=form.framed_by if form else (),
    )


def style_hash(text: str) -> str:
    """What lets a style run under a page's policy."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def form(id: str, shown: Form, showing: Showing) -> Answer:
    """A form, with what was typed kept and what is wrong beside its field."""
    values, rules = _form(id, shown, showing)
    # Browsers hold the answer's redirect against form-action as well.
    leads_to = urlsplit(shown.redirect) if shown.redirect else None
    posts_to = [f"{leads_to.scheme}://{leads_to.netloc}"] if leads_to else []
    status = 422 if showing.problems else 200
    return _page("form.html", status, showing.sending, values, form=shown, posts_to=posts_to, rules=rules)


def fragment(id: str, shown: Form, showing: Showing) -> str:
    """The same form as a piece of HTML, for somebody else's page."""
    values, _ = _form(id, shown, showing)
    words = catalogue.words(showing.sending, shown)
    return environment().get_template("fields.html").render(words=words, **values)


def piece(id: str, shown: Form, showing: Showing) -> tuple[str, str]:
    """The same for a page of ours, and the rules that hide its conditional fields."""
    return fragment(id, shown, showing), fields.conditions_css(asked(shown, showing.known))


def done(form: Form, sending: Sending, files: Sequence[tuple[str, str]] = ()) -> str:
    """What is said after a form was sent, as a piece of HTML; `files` are the titles of what it gives, with links."""
    words = catalogue.words(sending, form)
    return environment().get_template("done.html").render(words=words, text=thanks(form, words), files=files)


def thanks(form: Form, words: Words) -> str:
    """What is said after a form was sent."""
    mail, text = form.double_opt_in is not None, form.sms_double_opt_in is not None
    keys = [key for key, asks in (("thanks-ask", mail), ("thanks-ask-sms", text)) if asks]
    return form.thanks or " ".join(words(key) for key in keys or ("thanks",))


def _form(id: str, shown: Form, showing: Showing) -> tuple[dict[str, Any], str]:
    """What the templates of a form need, and the rules that hide its conditional fields."""
    typed = showing.typed
    today = day_of(clock.now_ms(), showing.sending.business.time_zone if showing.sending else "UTC")
    chosen = asked(shown, showing.known)
    views = fields.shown(shown, chosen, typed, showing.problems, today)
    labels = {view.name: (view.id, view.label) for view in views}
    values = {
        "form": shown,
        "action": f"{showing.base}{id}",
        # The tracker adds whose browser it is.
        "tracked": id if showing.landing else "",
        "carried": [
            (NONCE, last(typed, NONCE) or showing.nonce),
            (PAGE, last(typed, PAGE) or showing.page),
            *[(name, last(typed, name)) for name in (ANONYMOUS_ID, PROOF) if last(typed, name)],
            *[(LANDING, landing) for landing in (last(typed, LANDING) or showing.landing,) if landing],
            *[(VARIANT, variant) for variant in (last(typed, VARIANT) or showing.variant,) if variant],
            *fields.hidden(chosen, typed),
        ],
        "fields": views,
        "problems": [(*labels.get(problem.field or "", ("", "")), problem.message) for problem in showing.problems],
    }
    return values, fields.conditions_css(chosen)


def told_to_pages(id: str, shown: Form, showing: Showing) -> dict[str, Any]:
    """What place.js must know to put the form into somebody else's page, where it looks as form.css says."""
    words = catalogue.words(showing.sending, shown)
    return {
        "id": id,
        "html": fragment(id, shown, showing),
        "css": fields.conditions_css(asked(shown, None)),
        "language": words.language,
        "direction": words.direction,
        "prefill": sorted(one.name for one in shown.fields if one.prefill and one.value is None),
        "notSent": words("not-sent"),
    }


def script(id: str, shown: Form, showing: Showing) -> Answer:
    """The form as a script that puts it into the page that loads it."""
    facts = told_to_pages(id, shown, showing)
    facts["css"] = text_of("form.css") + facts["css"]
    # Nothing in it can end a script or a line, wherever somebody pastes it.
    told = json.dumps(facts, ensure_ascii=True).replace("<", "\\u003c")
    text = text_of("embed.js").replace("__PLACE__", text_of("place.js")).replace("__FORM__", told)
    headers = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
    return answer(200, text, "text/javascript; charset=utf-8", headers)


def snippet(address: str, id: str, shown: Form, words: Words) -> str:
    """What another site's page says so that the form stands there: a link, and the script that takes its place."""
    values = {"address": address, "id": id, "form": shown, "words": words}
    return environment().get_template("snippet.html").render(**values)


def nonce_of_minute() -> str:
    """The same for all who see a page within a minute, where it may be kept by what stands between."""
    shown = clock.now_ms() // 60_000 * 60_000
    return f"{shown:013d}-{hashlib.sha256(str(shown).encode()).hexdigest()[:16]}"


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
    form: Form | None = None,
    link: str = "",
    link_text: str = "",
    refresh: int = 0,
    words: Words | None = None,
    files: Sequence[tuple[str, str]] = (),
) -> Answer:
    """A page that says one thing. `refresh` loads it again after so many seconds; `files` are what it gives, titles
    with links."""
    values = {"title": title, "text": text, "link": link, "link_text": link_text, "refresh": refresh, "files": files}
    return _page("message.html", status, sending, values, form=form, words=words)


def choice(
    title: str,
    text: str,
    choices: Sequence[tuple[str, str]],
    *,
    done: bool,
    sending: Sending | None,
    form: Form | None = None,
    quoted: Sequence[str] = (),
    quoted_in: str = "",
    words: Words | None = None,
) -> Answer:
    """The page behind a link in a mail: says what stands and offers what can be changed, in the language of `words`.
    `quoted` is what somebody agreed to, in the language `quoted_in` ("" for that of the page)."""
    values = {"title": title, "text": text, "choices": choices, "done": done, "quoted": quoted, "quoted_in": quoted_in}
    return _page("choice.html", 200, sending, values, form=form, words=words)


def preferences(values: Mapping[str, Any], words: Words, sending: Sending | None) -> Answer:
    """What may be sent to somebody, and what they can change of it, in their language."""
    return _page("preferences.html", 200, sending, values, words=words)


def survey(
    asked: Survey,
    words: Words,
    sending: Sending,
    *,
    shown: int,
    typed: Typed,
    answer: str = "",
    commented: bool = False,
    said: bool = True,
    back: str = "",
) -> Answer:
    """The page of a survey: it thanks for the `answer` that stands, to be changed, or asks where there is none.

    `shown` (ms) tells one showing from another; `said`: something was just answered; `back` is the
    address of the page on which it was asked.
    """
    title = words("thanks-title") if answer or commented else asked.question
    values = {
        **surveys.buttons(asked, typed, target="", now=shown, answer=answer),
        "title": title,
        "text": asked.thanks if answer or commented else "",
        "commented": commented,
        "said": said and bool(answer or commented),
        "longest": LONGEST,
        "back": back,
    }
    return _page("survey.html", 200, sending, values, words=words)


def survey_block(asked: Survey, address: str, typed: Typed, now: int) -> str:
    """A survey as a piece of HTML for a page of ours: a form with a button for each answer; it posts to `address`."""
    values = surveys.buttons(asked, typed, target=address, now=now)
    return environment().get_template("survey_buttons.html").render(**values)


def privacy(release: Release) -> Answer:
    """What is kept of people, why, how long, and whom they can ask."""
    from functions.core.catalogue import WORDS, lines, spoken

    sending, rules = release.sending, release.privacy
    language = spoken(sending.business.language)
    values = {
        "language": language,
        "said": WORDS[language],
        "lines": lines(release, language),
        "shared_with": rules.shared_with,
        "contact": rules.contact or sending.sender.email,
    }
    return _page("privacy.html", 200, sending, values)


def opt_in(release: Release, language: str) -> Answer:
    """The page on which a visitor can ask for notifications, in one of the languages in which that can be asked.
    Its script is our own, and asks nothing before a click."""
    made = _page("push.html", 200, release.sending, {}, words=catalogue.asking(release.sending, language))
    policy = made["headers"]["content-security-policy"]
    made["headers"]["content-security-policy"] = (
        f"{policy}; script-src 'self'; worker-src 'self'; connect-src 'self'; manifest-src 'self'"
    )
    return made


def refused(
    request: Request,
    reason: Refused,
    sending: Sending | None = None,
    form: Form | None = None,
    words: Words | None = None,
) -> Answer:
    """An error as a page for a person, as JSON for a program."""
    if not request.wants_html:
        return refusal(reason)
    words = words or catalogue.words(sending, form)
    title = words("not-here-title" if reason.status in _GONE else "not-done-title")
    said = words.of_code(reason.code, reason.message)
    return message(reason.status, title, said, sending=sending, form=form, words=words)
