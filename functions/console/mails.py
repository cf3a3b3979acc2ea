"""The business's e-mails as somebody would get them, made by the code that sends them; and one to try."""

import re
from typing import Any, Final
from urllib.parse import urlencode

from functions import clock, releases
from functions.aws.s3 import NotThere
from functions.console import gate, places
from functions.console.acting import done, typed
from functions.console.routes import Asked, Shown
from functions.core.contact import Contact
from functions.core.errors import Refused
from functions.core.release import Release
from functions.core.roles import Right
from functions.http import Answer, answer, json_answer, redirect
from functions.people import whom
from functions.send import preview as made
from functions.send.preview import NoSuchTemplate, Preview
from functions.tables import rates

LOOKS: Final = ("desktop", "phone", "dark")
TESTS_AN_HOUR: Final = 20
HOUR_MS: Final = 3_600_000
FRAMED: Final = (
    "sandbox; default-src 'none'; img-src * data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""What a mail may do where it is shown: be looked at. It stands in an origin of its own, where no script runs."""
_LONGEST: Final = 320
_RELEASE: Final = re.compile(r"[0-9a-f]{16,64}")


def index(asked: Asked) -> Shown:
    """Every e-mail of what is live."""
    live = releases.live().release
    mails = [{"id": id, "mail": live.present_name("template", id)} for id in sorted(live.emails)]
    return Shown("mails.html", {"mails": mails})


def show(asked: Asked) -> Shown | Answer:
    """An e-mail as somebody would get it."""
    wanted = _wanted(asked, asked.request.query)
    if wanted["as"] and asked.request.query.get("as") != wanted["as"] and asked.request.wants_html:
        # By the id, so that no address stays in the browser's history.
        return redirect(_address(asked, wanted), 303)
    release, id, contact = _release(asked, wanted), _template(asked, wanted), _contact(asked, wanted)
    found = _made(release, id, contact, wanted)
    words = found.words
    values = {
        "id": id,
        "mail": release.present_name("template", id),
        "subject": words.subject if words else None,
        "text": words.text if words else None,
        "language": words.language if words else wanted["language"],
        "languages": made.languages(release, id),
        "topic": found.topic,
        "withheld": found.withheld,
        "because": found.because,
        "person": wanted["as"],
        "known_as": contact.profile.email or contact.id if wanted["as"] else None,
        "account": asked.who.member.email,
        "sent": "sent" in asked.request.query,
        "look": wanted["look"],
        "looks": list(LOOKS),
        "release": wanted["release"],
        "frame": _address(asked, wanted, "html") if words else None,
    }
    return Shown("mail.html", values, frames=True)


def framed(asked: Asked) -> Answer:
    """The e-mail's HTML by itself, for the page to show."""
    wanted = _wanted(asked, asked.request.query)
    found = _made(_release(asked, wanted), _template(asked, wanted), _contact(asked, wanted), wanted)
    html = found.words.html if found.words else ""
    html = made.dark(html) if wanted["look"] == "dark" else html
    if not asked.request.wants_html:
        return json_answer(200, {"html": html})
    headers = {"content-security-policy": FRAMED, "referrer-policy": "no-referrer"}
    return answer(200, html, "text/html; charset=utf-8", headers)


def send_test(asked: Asked) -> Answer:
    """Send it to whoever asks, at the address that they signed in with: marked, counted nowhere."""
    given = {name: typed(asked, name, _LONGEST) for name in ("as", "look", "language", "release")}
    wanted = _wanted(asked, given)
    release, id, contact = _release(asked, wanted), _template(asked, wanted), _contact(asked, wanted)
    member, now = asked.who.member, clock.now_ms()
    if rates.tell(f"tests#{member.id}", now // HOUR_MS, 1) > TESTS_AN_HOUR:
        later = HOUR_MS - now % HOUR_MS
        raise Refused("too-many-tests", "So many tests an hour are enough.", status=429, retry_after=later // 1000 + 1)
    try:
        made.send_test(release, id, contact, member.email, wanted["language"])
    except ValueError as error:
        raise Refused("not-sent", str(error), status=409) from error
    if asked.request.wants_html:
        return redirect(f"{_address(asked, wanted)}&sent=1", 303)
    return done(asked, sent=True, to=member.email)


def _wanted(asked: Asked, given: Any) -> dict[str, str]:
    """What is to be shown, to whom. Raises Refused where it names somebody whom the visitor may not see."""
    look, release = given.get("look", ""), given.get("release", "")
    known = {"look": look if look in LOOKS else LOOKS[0], "language": given.get("language", "")[:35], "as": ""}
    if release and not _RELEASE.fullmatch(release):
        raise Refused("unknown-release", "There was no such release.", status=404)
    if name := given.get("as", "").strip()[:_LONGEST]:
        gate.may(asked.who, Right.SEE_PEOPLE)
        try:
            known["as"] = whom.of(name).id
        except whom.UnknownPerson as unknown:
            raise Refused("unknown-person", str(unknown), status=404) from unknown
    return known | {"release": release}


def _address(asked: Asked, wanted: dict[str, str], *more: str) -> str:
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"{places.path('mails', asked.named['template'], *more)}?{query}"


def _release(asked: Asked, wanted: dict[str, str]) -> Release:
    try:
        return releases.by_id(wanted["release"]) if wanted["release"] else releases.live().release
    except NotThere as error:
        raise Refused("unknown-release", "There was no such release.", status=404) from error


def _template(asked: Asked, wanted: dict[str, str]) -> str:
    release, named = _release(asked, wanted), asked.named["template"]
    id = named if named in release.emails else release.first_name("template", named)
    if id not in release.emails:
        raise Refused("unknown-mail", "There is no such e-mail.", status=404)
    return id


def _contact(asked: Asked, wanted: dict[str, str]) -> Contact:
    return whom.of(wanted["as"]) if wanted["as"] else made.made_up(_release(asked, wanted), _template(asked, wanted))


def _made(release: Release, id: str, contact: Contact, wanted: dict[str, str]) -> Preview:
    try:
        return made.preview(release, id, contact, wanted["language"])
    except NoSuchTemplate as error:
        raise Refused("unknown-mail", str(error), status=404) from error
