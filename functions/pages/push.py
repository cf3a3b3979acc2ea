"""Notifications: the script that is both a page's opt-in and its service worker, and a page that shows it."""

import json
from typing import Final

from functions import releases
from functions.http import Answer, Request, answer

MAX_AGE: Final = 900


def script(request: Request) -> Answer:
    """push.js with what this deployment is known by. Browsers ask for a service worker's again every day."""
    from functions.pages import render

    sending, keyring = releases.live().release.sending, releases.keyring()
    settings = {
        "vapid": keyring.vapid[0].public if keyring.vapid else "",
        "writeKey": next(iter(keyring.write_keys), ""),
        "business": sending.business.name,
        "site": sending.business.site,
        "worker": sending.push.worker,
    }
    told = json.dumps(settings, ensure_ascii=True).replace("<", "\\u003c")
    headers = {
        "cache-control": f"public, max-age={MAX_AGE}",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
    }
    text = render.text_of("push.js").replace("__SETTINGS__", told)
    return answer(200, text, "text/javascript; charset=utf-8", headers)


def show(request: Request) -> Answer:
    """The page with the button, in the visitor's language."""
    from functions import visitors
    from functions.pages import render
    from functions.texts import catalogue
    from functions.tokens import PROOF_PARAMETER

    release = releases.live().release
    proof = visitors.proof_in(request.query.get(PROOF_PARAMETER, ""))
    language = visitors.language_of(request, proof.contact if proof else "", catalogue.asking_in(release.sending))
    return render.opt_in(release, language)
