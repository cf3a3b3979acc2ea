"""Pop-ups: what a page shows its visitor, decided in one call, and the script that shows it."""

import json
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl

from functions import clock, releases
from functions.core.days import day_of
from functions.core.popups import Holds, Looking, Popup, choose
from functions.core.release import Release
from functions.http import Answer, Request, json_answer
from functions.pages import tracker

FRESH_S: Final = 300
"""So long may a browser go by an answer that looks at nobody."""
PROOF: Final = "sv"
_LONGEST: Final = 2000
_MOST: Final = 100
"""So many ids of a list are read."""


def decide(request: Request) -> Answer:
    """What the page shows. With a proof of whose browser it is, conditions about that contact count; a token that
    proves nothing is as good as none. Two reads of the tables at most, one more where the contact was merged since."""
    token = request.query.get(PROOF, "")
    live = releases.live_with_keys() if token else releases.live_lately()
    release = live.release
    now = clock.now_ms()
    holds = _judge(token, release, now) if token and release.popups else None
    fresh = 0 if token else FRESH_S
    headers = {
        "cache-control": f"public, max-age={fresh}" if fresh else "no-store",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
    }
    return json_answer(200, told(release, looking(request), now, holds, fresh), headers)


def _judge(token: str, release: Release, now: int) -> Holds | None:
    from functions import visitors

    return visitors.judge(visitors.proof_in(token), release, now)


def told(release: Release, looking: Looking, now: int, holds: Holds | None, fresh: int) -> dict[str, Any]:
    """The answer: what is shown, the moment (ms), and for how many seconds more it may be taken for it."""
    zone = release.sending.business.time_zone
    chosen = choose(release.popups, looking, day_of(now, zone), zone, holds)
    popups = [_shown(id, release.popups[id], release) for id in chosen]
    return {"at": now, "fresh": fresh, "popups": popups}


def looking(request: Request) -> Looking:
    """What the browser says of its page and of itself. Raises Refused for too many parameters."""
    said = request.query
    try:
        query = dict(parse_qsl(said.get("q", "")[:_LONGEST], keep_blank_values=True, max_num_fields=_MOST))
    except ValueError:
        query = {}
    pages = said.get("n", "")
    return Looking(
        path=said.get("path", "/")[:_LONGEST],
        query=query,
        referrer=said.get("r", "")[:_LONGEST].lower(),
        pages=int(pages) if pages.isascii() and pages.isdigit() and len(pages) < 5 else 1,
        capped=_ids(said.get("not", "")),
        sent=_ids(said.get("sent", "")),
    )


def _ids(text: str) -> frozenset[str]:
    return frozenset(text[: 64 * _MOST].split(",")[:_MOST])


def _shown(id: str, popup: Popup, release: Release) -> dict[str, Any]:
    """What the script must know of a pop-up."""
    # What shows nothing needs none of these.
    from functions.pages import render
    from functions.texts import catalogue

    form = release.forms.get(popup.form or "")
    language = popup.language or catalogue.language_of(release.sending, form)
    words = catalogue.words_in(language, release.sending)
    plain = popup.model_dump(mode="json", by_alias=True)
    trigger = popup.trigger
    made: dict[str, Any] = {
        "id": id,
        "style": popup.style,
        "title": popup.title,
        "text": popup.text,
        # A number of seconds, a part of a hundred or a selector.
        "trigger": {"leaving": 1} if isinstance(trigger, str) else dict(trigger),
        "notAfter": list(popup.endings),
        "language": words.language,
        "direction": words.direction,
        "close": words("close"),
    }
    if popup.cap is not None:
        made["often"] = [popup.cap.times, popup.cap.within]
    if popup.link is not None:
        made["link"] = plain["link"]
    if popup.form is not None and form is not None:
        made["form"] = render.told_to_pages(popup.form, form, render.Showing({}, sending=release.sending))
    return made


def script(request: Request) -> Answer:
    """The module that shows pop-ups, the same for all of them."""
    made = tracker.hand_over(request, module())
    # Browsers fetch modules of another origin by CORS.
    made["headers"]["access-control-allow-origin"] = "*"
    return made


@cache
def module() -> tracker.Served:
    """Its text, with the looks of forms and of pop-ups in it."""
    from functions.pages import render

    text = render.text_of("popup.js").replace("__PLACE__", render.text_of("place.js"))
    for mark, name in (("__FORM_CSS__", "form.css"), ("__POPUP_CSS__", "popup.css")):
        text = text.replace(mark, json.dumps(render.text_of(name)))
    return tracker.pack(text)
