"""HubSpot's export of contacts: CSV with the labels of its properties as headers, in the portal's language or English.

What a "marketing contact" is decides what HubSpot charges for, not what somebody agreed to: it is a trait.
Who opted out of a single subscription type ("Opted out of email: Marketing Information") may have agreed to others: no
row says to which topics here, so it agrees to none.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from authoring.importing.mapping import IGNORE, Column
from authoring.importing.words import folded

NAME: Final = "HubSpot"
_TARGETS: Final[Mapping[str, str]] = {
    "recordid": "hubspot_id",
    "recordidcontact": "hubspot_id",
    "contactid": "hubspot_id",
    "email": "email",
    "firstname": "first_name",
    "lastname": "last_name",
    "phonenumber": "phone",
    "mobilephonenumber": "mobile_phone",
    "companyname": "company",
    "jobtitle": "title",
    "websiteurl": "website",
    "lifecyclestage": "lifecycle_stage",
    "leadstatus": "lead_status",
    "marketingcontactstatus": "marketing_contact",
    "unsubscribedfromallemail": "unsubscribed",
    "emailhardbouncereason": "bounced",
    "invalidemailaddress": "bounced_address",
    "createdate": "created_at",
    "lastmodifieddate": IGNORE,
    "emaildomain": IGNORE,
}
_KEYS: Final = frozenset(("recordid", "recordidcontact", "lifecyclestage", "marketingcontactstatus"))


_OPT_OUT: Final = folded("Opted out of email")


def is_it(header: Collection[str]) -> bool:
    """Whether these are columns of such a file."""
    found = {folded(name) for name in header}
    return "email" in found and len(found & _KEYS) >= 2


def columns(guessed: Sequence[Column]) -> list[Column]:
    """What each column is; properties of the business's own are guessed like those of any file."""
    made: list[Column] = []
    for column in guessed:
        name = folded(column.name)
        target = "opted_out" if name.startswith(_OPT_OUT) else _TARGETS.get(name)
        if target is None and column.target in ("phone", "email", "user_id") and column.target in _TARGETS.values():
            column = replace(column, target=f"other_{column.target}")
        elif target is not None:
            plain = target in ("unsubscribed", "bounced", "opted_out", "hubspot_id", IGNORE)
            column = replace(column, target=target, kind="text" if plain else column.kind)
        made.append(column)
    return made
