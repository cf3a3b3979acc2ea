"""Mailchimp's audience export: one CSV each of subscribed, unsubscribed and cleaned contacts, in one folder.

Merge fields stand under the labels that the business gave them; what Mailchimp adds is in capitals (Mailchimp's help,
"View or export contacts"). Times are UTC. TAGS holds quoted names in one cell.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from authoring.importing.mapping import IGNORE, Column
from authoring.importing.readers.table import Proof
from authoring.importing.records import Row
from authoring.importing.words import folded

NAME: Final = "Mailchimp"
_TARGETS: Final[Mapping[str, tuple[str, str]]] = {
    "MEMBER_RATING": ("mailchimp_rating", "number"),
    "TIMEZONE": ("time_zone", "text"),
    "CC": ("country", "text"),
    "REGION": ("region", "text"),
    "NOTES": ("notes", "text"),
    "TAGS": ("tags", "text"),
    "UNSUB_TIME": ("unsubscribed", "text"),
    "UNSUB_REASON": ("unsubscribe_reason", "text"),
    "CLEAN_TIME": ("bounced", "text"),
    **dict.fromkeys(
        (
            *("OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CONFIRM_IP", "LATITUDE", "LONGITUDE", "GMTOFF", "DSTOFF"),
            *("LAST_CHANGED", "LEID", "EUID", "UNSUB_CAMPAIGN_TITLE", "UNSUB_CAMPAIGN_ID", "UNSUB_REASON_OTHER"),
            *("CLEAN_CAMPAIGN_TITLE", "CLEAN_CAMPAIGN_ID"),
        ),
        (IGNORE, "text"),
    ),
}


def is_it(header: Collection[str]) -> bool:
    """Whether these are columns of such a file."""
    return {"MEMBER_RATING", "LAST_CHANGED"} <= set(header) or {"LEID", "EUID"} <= set(header)


def columns(guessed: Sequence[Column]) -> list[Column]:
    """What each column is; merge fields are guessed like those of any file."""
    own = {folded(one.name) for one in guessed if one.name not in _TARGETS}
    made = []
    for column in guessed:
        target, kind = _TARGETS.get(column.name, (column.target, column.kind))
        if column.name == "CC" and folded("country") in own:
            target = "country_by_network"
        if column.name in _TARGETS:
            column = replace(column, target=target, kind=kind, question="", order="")
        made.append(column)
    return made


def proof(header: Sequence[str]) -> Proof:
    """What a row proves: when somebody signed up, and when they confirmed it. Network addresses are not kept.

    A confirmation alone proves nothing: Mailchimp notes one for whoever was brought by its user, in a file or by hand.
    """
    at = {name: header.index(name) for name in ("OPTIN_TIME", "CONFIRM_TIME") if name in header}

    def of(row: Row) -> Mapping[str, str]:
        times = {name: row.cells[index].strip() for name, index in at.items()}
        signed, confirmed = times.get("OPTIN_TIME", ""), times.get("CONFIRM_TIME", "")
        if not signed:
            return {}
        said = [f"signed up {signed} UTC"]
        said += [f"confirmed {confirmed} UTC"] if confirmed else []
        return {
            "consent_source": NAME,
            "consent_date": f"{confirmed or signed} UTC",
            "consent_wording": f"{NAME} audience export: {', '.join(said)}",
        }

    return of
