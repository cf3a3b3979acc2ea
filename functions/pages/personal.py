"""A personal page: a landing page for the one contact whose link brought this browser.

Its address names nobody, and nobody but the browser that opened the link is shown anything: a proof of whose mailbox
somebody came from decides what they are shown elsewhere, and never shows what is known of them.
"""

from itertools import islice
from typing import Final

from functions import clock, passes, personal, releases, settings, tokens
from functions.core import history, keys, visit
from functions.core.blocks import History
from functions.core.contact import Contact
from functions.core.errors import Refused
from functions.core.event import Event
from functions.core.identity import EMAIL, contacts_among
from functions.core.landing import Page
from functions.core.release import Release
from functions.core.verdicts import latest
from functions.core.visit import Visit
from functions.http import Answer, Request
from functions.pages import drawing, render
from functions.pages.drawing import Sheet
from functions.passes import RateOnPage
from functions.tokens import Proof

COOKIE: Final = "my"
"""Holds the link's token, at this page's address alone."""
ROWS: Final = 100
"""So many of the newest events of each identity are looked through for a history."""
JUDGED: Final = 40
"""Of so many it is asked at most whether a machine did them."""
HEADERS: Final = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}


def show(request: Request, id: str, page: Page, release: Release, request_id: str) -> Answer:
    """The page for whoever it is shown to."""
    now, name = clock.now_ms(), release.present_name("page", id)
    try:
        found = personal.opened(request.cookies.get(COOKIE, ""), release, now)
        if found.said.page != id:
            raise Refused("bad-token", "This link is not one of ours, or it was cut short.")
    except Refused as reason:
        if reason.code == "bad-token":
            words = "This page is for one person. It opens by the link in a mail of ours."
            reason = Refused("for-one", words, status=403)
        made = render.refused(request, reason, release.sending)
        made["headers"] |= HEADERS
        return made
    said, contact, base = found.said, found.contact, settings.public_url()
    # A link made by hand came to nobody's mailbox: whoever tries it at the desk doesn't answer in their name.
    theirs = said.contact if said.message else ""
    signing = releases.keyring().signing
    sheet = Sheet(
        id=id,
        page=page,
        release=release,
        query=request.query,
        address=f"{base}/page/{name}",
        came_by=f"{base}/page/{name}",
        key=keys.for_pages_of(releases.keyring().keys, drawing.origin(base)),
        nonce=render.nonce(request_id),
        # What is sent from here is theirs, as the browser came by the link in their mail.
        proof=tokens.sign_proof(signing, Proof(contact.id, said.address, now)) if said.message else "",
        known=frozenset(contact.profile.traits),
        contact=contact,
        rate=lambda survey: passes.sign_rate(signing, RateOnPage(survey, id, theirs, said.until)),
        history=lambda wanted: newest(contact, said.address, wanted),
    )
    blocks = visit.standing(page, Visit(request.query, contact, now), release)
    return drawing.draw(sheet, blocks, HEADERS)


def newest(contact: Contact, address: str, wanted: History) -> list[Event]:
    """The newest events that a history tells of, to whoever came by a link to the mailbox of this hash."""
    from functions.tables import events

    names, mailbox = {told.event for told in wanted.shows}, f"{EMAIL}#{address}"
    selves = [contact.id, *sorted(contacts_among(contact.profile.identities) - {contact.id})]
    found: list[Event] = []
    for source in history.sources(contact.profile.identities, mailbox, selves):
        read = list(events.newest_of(source, ROWS))
        found += [event for event in history.vouched(read, mailbox) if event.name in names]
    found.sort(key=lambda event: (event.at, event.ref), reverse=True)
    return list(islice(filter(_is_by_a_person, found[:JUDGED]), wanted.at_most))


def _is_by_a_person(event: Event) -> bool:
    """Whether it counts: scanners open what is mailed, and what is held was not judged yet."""
    from functions.tables import rulings

    ruling = latest(rulings.on(event))
    return not event.held if ruling is None else ruling.who == "person"
