"""What a person is called on pages."""

from functions.core.contact import Contact
from functions.core.person_name import name_of


def called(contact: Contact | None, id: str) -> str:
    """Somebody's name, else their address or number, else their id."""
    return (name_of(contact.profile) if contact else "") or id
