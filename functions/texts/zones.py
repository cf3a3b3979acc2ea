"""Where a contact's clock stands, as far as it can be told."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from functions.core.contact import Contact
from functions.core.sending import Sending


def zone_of(contact: Contact, sending: Sending) -> str:
    """The contact's time zone; the business's where nothing tells."""
    told = contact.profile.trait("time_zone")
    return told if isinstance(told, str) and _is_zone(told) else sending.business.time_zone


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
