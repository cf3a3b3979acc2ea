"""The time zone in which a contact lives, as far as it can be told without asking."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from functions.core.contact import Contact
from functions.core.sending import Sending

TRAITS: Final = ("time_zone", "timezone")
"""Traits that name a zone, the one that counts first."""
_NAME = re.compile(r"UTC|GMT|[A-Za-z][A-Za-z_]*(?:/[A-Za-z0-9_+\-]+){1,2}")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_REGION = re.compile(r"^[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?[-_]([A-Za-z]{2})\b")
_WINTER, _SUMMER = 1_798_761_600, 1_782_864_000
"""Two moments (s) that tell apart what clocks do in a year: New Year 2027 and the first of July 2026."""


def zone_of(contact: Contact, sending: Sending) -> str:
    """The name of the contact's time zone, one that there surely is.

    The trait time_zone, where it names one. Otherwise that of the country that the phone's number, the
    locale, or the country itself tells, where all clocks of that country show the same. Otherwise the business's.
    """
    for trait in TRAITS:
        named = contact.profile.trait(trait)
        if isinstance(named, str) and is_zone(named.strip()):
            return named.strip()
    for country in _countries(contact):
        if zone := of_country(country):
            return zone
    return sending.business.time_zone if is_zone(sending.business.time_zone) else "UTC"


@cache
def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    if len(name) > 60 or not _NAME.fullmatch(name):
        return False
    try:
        ZoneInfo(name)
    except (ValueError, LookupError, OSError):
        return False
    return True


@cache
def of_country(country: str) -> str | None:
    """The zone of a country (an ISO code) where its clocks all show the same time, None elsewhere."""
    from babel.core import get_global

    zones = sorted(zone for zone, where in get_global("zone_territories").items() if where == country)
    known = [zone for zone in zones if is_zone(zone)]
    return known[0] if known and len({_clocks(zone) for zone in known}) == 1 else None


def _clocks(zone: str) -> tuple[Any, ...]:
    from datetime import datetime

    return tuple(datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset() for at in (_WINTER, _SUMMER))


def _countries(contact: Contact) -> Iterator[str]:
    """The countries that a contact's traits tell, as ISO codes, the likeliest first."""
    profile = contact.profile
    if country := _of_phone(profile.trait("phone")):
        yield country
    locale = profile.trait("locale") or profile.trait("language")
    if isinstance(locale, str) and (region := _REGION.match(locale.strip())):
        yield region[1].upper()
    address = profile.trait("address")
    for said in (profile.trait("country"), address.get("country") if isinstance(address, dict) else None):
        if isinstance(said, str) and _COUNTRY.fullmatch(said.strip()):
            yield said.strip().upper()


def _of_phone(phone: Any) -> str | None:
    """The country of a number that names it ("+90 …")."""
    from functions.core.identity import normal_phone

    number = normal_phone(phone) if isinstance(phone, str) else None
    if number is None:
        return None
    import phonenumbers

    try:
        country: str | None = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None
    return country if country and country.isalpha() else None
