"""What a person is called: one rule for every list and page. Pure."""

from functions.core.contact import Profile


def name_of(profile: Profile) -> str:
    """The name that somebody gave, else the address, else the number; "" for who gave none of them."""
    said = [profile.trait(name) for name in ("first_name", "last_name")]
    parts = [value.strip() for value in said if isinstance(value, str) and value.strip()]
    if parts:
        return " ".join(parts)
    others = (profile.trait(name) for name in ("name", "email", "phone"))
    return next((value.strip() for value in others if isinstance(value, str) and value.strip()), "")
