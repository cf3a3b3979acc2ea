"""What pages that are shown in any case say: words are a nicety, being able to leave is not."""

from functions import releases
from functions.core.contact import Contact
from functions.core.sending import Sending
from functions.core.words import Words
from functions.http import is_passing
from functions.observability import logger
from functions.releases import Live
from functions.tables import contacts
from functions.texts import catalogue


def live() -> Live | None:
    """The live release, None where it can't be read for now."""
    try:
        found = releases.live()
        releases.by_id(found.id)
    except Exception as error:
        if not is_passing(error):
            raise
        logger.warning("release not read for a page", error=type(error).__name__)
        return None
    return found


def live_sending() -> Sending | None:
    """Who the business is, None where that can't be read for now."""
    found = live()
    return found.release.sending if found else None


def words_for(contact: Contact, sending: Sending | None) -> Words:
    """A page's words: in the contact's language where we speak it, otherwise the business's."""
    for trait in ("language", "locale"):
        wished = contact.profile.trait(trait)
        if isinstance(wished, str) and catalogue.speaks(wished):
            return catalogue.words_in(wished.replace("_", "-"), sending)
    return catalogue.words(sending)


def words_of(contact: str, sending: Sending | None) -> Words:
    """The same by the contact's id; the business's words where it can't be read for now."""
    try:
        return words_for(contacts.surviving(contact), sending)
    except Exception as error:
        if not is_passing(error):
            raise
        logger.warning("contact not read for a page", error=type(error).__name__)
        return catalogue.words(sending)
