"""The time zone in which a contact lives, as far as it can be told."""

from functions.core.contact import Contact
from functions.core.sending import Sending


def zone_of(contact: Contact, sending: Sending) -> str:
    """The zone of a contact; the business's where nothing is known."""
    return sending.business.time_zone
