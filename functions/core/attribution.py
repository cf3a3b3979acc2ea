"""Where people come from: the touches that brought a contact, the first and the last of which are kept.

A touch is a page view that names a campaign (utm parameters) or carries an advertiser's click id, or
one that begins a visit and was referred from another site; and a form sent from a landing page whose address does,
because not every visitor may be followed before. Coming directly is no touch, so it never
takes the place of one. First and last are the earliest and latest by (time, tie): they join in any order.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from functions.core.contact import Contact, Moment, Touch
from functions.core.event import FORM, PAGE_VIEWED, Event
from functions.core.origin import CAMPAIGN, CLICK_IDS, LONGEST, LONGEST_ID, text_of, texts

_LONGEST_PAGE: Final = 200
LANDING: Final = "landing"


def touched(contact: Contact, events: Iterable[Event], moment_of: Callable[[Event], Moment]) -> Contact:
    """The contact with the touches among `events` joined in; the landing page is kept of the first alone."""
    first, last = contact.profile.first_touch, contact.state.last_touch
    for event in events:
        if said := touch_of(event):
            first = earlier(first, Touch(moment_of(event), said))
            last = later(last, Touch(moment_of(event), {name: text for name, text in said.items() if name != LANDING}))
    if (first, last) == (contact.profile.first_touch, contact.state.last_touch):
        return contact
    profile = contact.profile if first == contact.profile.first_touch else replace(contact.profile, first_touch=first)
    return Contact(replace(contact.state, last_touch=last), profile)


def earlier(one: Touch | None, other: Touch | None) -> Touch | None:
    """The first of two touches."""
    return min((touch for touch in (one, other) if touch), key=_when, default=None)


def later(one: Touch | None, other: Touch | None) -> Touch | None:
    """The last of two touches."""
    return max((touch for touch in (one, other) if touch), key=_when, default=None)


def _when(touch: Touch) -> Moment:
    return touch.moment


def touch_of(event: Event) -> dict[str, str] | None:
    """What a page view, or a form in a landing page, says about how its visitor came, or None where it is no touch."""
    is_view = event.name == PAGE_VIEWED and event.kind == "page"
    is_landed = event.kind == FORM and LANDING in event.properties
    if not (is_view or is_landed):
        return None
    named, clicks = event.context.get("campaign"), event.context.get("clicks")
    said = texts(named, CAMPAIGN) if isinstance(named, Mapping) else {}
    if "name" in said:
        said["campaign"] = said.pop("name")
    if isinstance(clicks, Mapping):
        said |= texts(clicks, sorted(CLICK_IDS), LONGEST_ID)
    referrer = _referring_site(event)
    # In the middle of a visit the other site is one that was only passed through, such as a till.
    is_start = "sessionId" not in event.context or "sessionStart" in event.context
    if not said and not (referrer and is_start):
        return None
    if referrer:
        said["referrer"] = referrer
    if landing := text_of(event.properties.get("url" if is_view else "page")):
        said[LANDING] = landing.partition("#")[0].partition("?")[0][:_LONGEST_PAGE]
    return said


def _referring_site(event: Event) -> str:
    """Host of the page that led here, "" for none or one of the same site."""
    from_, here = (_host(event.properties.get(name)) for name in ("referrer", "url"))
    is_same = from_ == here or from_.endswith(f".{here}") or here.endswith(f".{from_}")
    return "" if not from_ or not here or is_same else from_[:LONGEST]


def _host(address: Any) -> str:
    try:
        return (urlsplit(text_of(address)).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
