"""What somebody would see of a landing page, made by the code that shows it. E-mails: functions.send.preview."""

from urllib.parse import parse_qsl

from functions import clock, visitors
from functions.core import landing, visit
from functions.core.contact import Contact
from functions.core.release import Release
from functions.core.visit import Visit
from functions.pages import drawing
from functions.pages.drawing import Sheet
from functions.send.preview import MARK as MARK
from functions.send.preview import NOBODY as NOBODY
from functions.send.preview import NoSuchTemplate as NoSuchTemplate
from functions.send.preview import Preview as Preview
from functions.send.preview import dark as dark
from functions.send.preview import person as person
from functions.send.preview import preview as preview
from functions.send.preview import send_test as send_test


def page(release: Release, name: str, contact: Contact, address: str = "", variant: str = "") -> str:
    """A landing page as HTML, as a contact would see it who came by an address with this query, in a variant of its
    hero. Raises NoSuchTemplate."""
    id = release.first_name("page", name)
    if id not in release.pages:
        known = ", ".join(sorted(release.present_name("page", one) for one in release.pages)) or "none"
        raise NoSuchTemplate(f'there is no landing page "{name}"; there are {known}')
    found = release.pages[id]
    varying = landing.varying(found)
    if variant and (varying is None or variant not in varying[1].names):
        names = ", ".join(varying[1].names) if varying else "none"
        raise NoSuchTemplate(f'"{name}" has no variant "{variant}"; there are {names}')
    query = dict(parse_qsl(address.partition("?")[2] or address, keep_blank_values=True))
    known_as = None if contact is NOBODY else contact
    seen = Visit(query, known_as, clock.now_ms())
    told = visitors.traits_told(known_as)
    sheet = Sheet(id, found, release, query, f"/page/{name}", f"/page/{name}", known=told, variant=variant)
    return str(drawing.draw(sheet, visit.standing(found, seen, release))["body"])
