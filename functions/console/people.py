"""A person's page: what is known of one of them, and why."""

import re
from typing import Any, Final

from functions.console import places
from functions.console.routes import Asked, Shown
from functions.core.contact import Contact
from functions.core.errors import Refused
from functions.core.happenings import OUTCOMES, words_of
from functions.core.person_name import name_of
from functions.core.reasons import REASONS
from functions.http import Answer, redirect
from functions.people.dossier import dossier_of, timeline_of
from functions.tables import contacts

READ: Final = 300
"""So many of the newest events a page reads, whatever it says of them, and so many messages and runs it shows."""
SORTED: Final = 3000
"""Among so many of somebody's messages, and of their runs, the newest are found: they stand in no order of time."""
EVENTS: Final = 100
"""And so many of those it shows."""
NOTED: Final = ("tag", "tag-off", "trait", "trait-off", "stopped", "allowed", "merged")
"""What a page that somebody comes back to may say was done."""
_PLACE: Final = re.compile(r"\d{13}#.{1,1500}", re.DOTALL)


def of(asked: Asked) -> Contact:
    """The contact that an address names, or the one that it was merged into. Raises Refused where there is none."""
    contact = contacts.surviving(asked.named["contact"])
    if not contact.state.version or contact.state.erased:
        raise Refused("unknown-person", "Nobody is known here by that, or not any more.", status=404)
    return contact


def show(asked: Asked) -> Shown | Answer:
    """Everything about one person, and why."""
    contact = of(asked)
    if contact.id != asked.named["contact"] and asked.request.wants_html:
        # Merged since: the address of who they are now is the one to keep.
        return redirect(places.path("people", contact.id), 303)
    known = dossier_of(contact, limit=EVENTS, explain=True, reading=READ, sorting=SORTED)
    noted = asked.request.query.get("noted", "")
    values = {
        "called": name_of(contact.profile),
        "person": _readable(known),
        "noted": noted if noted in NOTED else "",
        "stopped": "by-hand" in known["topics"]["suppressed"],
        "why_suppressed": {reason: REASONS.get(f"suppressed-{reason}") for reason in known["topics"]["suppressed"]},
    }
    return Shown("person.html", values)


def older(asked: Asked) -> Shown:
    """What happened before a place in somebody's history."""
    contact, before = of(asked), asked.request.query.get("before", "")
    if not _PLACE.fullmatch(before):
        raise Refused("bad-cursor", "This is no place in the list. Please begin again with the first page.")
    found = timeline_of(contact, reading=EVENTS, before=before)
    for event in found["timeline"]:
        event["says"] = words_of(event)
    return Shown("person_events.html", {"called": name_of(contact.profile), "contact": contact.id, **found})


def _readable(known: dict[str, Any]) -> dict[str, Any]:
    """What is known, with what steps did and how they were passed in words beside it."""
    for event in known["timeline"]:
        event["says"] = words_of(event)
    for run in known["enrollments"]:
        for step in run["path"]:
            step["says"] = OUTCOMES.get(step["outcome"], step["outcome"])
    return known
