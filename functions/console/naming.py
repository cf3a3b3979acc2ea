"""What a person is called on pages."""

from functions.core.contact import Contact


def called(contact: Contact | None, id: str) -> str:
    """Somebody's name, else their address, else their id."""
    if contact is None:
        return id
    profile = contact.profile
    names = [str(value) for name in ("first_name", "last_name") if (value := profile.trait(name))]
    return " ".join(names) or profile.email or id
