"""A person's page: what is known of one of them, and why."""

from typing import Any, Final

from functions.console import places
from functions.console.routes import Asked, Shown
from functions.core.errors import Refused
from functions.core.happenings import OUTCOMES, words_of
from functions.http import Answer, redirect
from functions.people.dossier import dossier_of
from functions.tables import contacts

EVENTS: Final = 100
"""So many of the newest events a page shows."""


def show(asked: Asked) -> Shown | Answer:
    """Everything about one person, and why."""
    contact = contacts.surviving(asked.named["contact"])
    if not contact.state.version or contact.state.erased:
        raise Refused("unknown-person", "Nobody is known here by that, or not any more.", status=404)
    if contact.id != asked.named["contact"] and asked.request.wants_html:
        # Merged since: the address of who they are now is the one to keep.
        return redirect(places.path("people", contact.id), 303)
    known = dossier_of(contact, limit=EVENTS, explain=True)
    return Shown("person.html", {"person": _readable(known)})


def _readable(known: dict[str, Any]) -> dict[str, Any]:
    """What is known, with what steps did and how they were passed in words beside it."""
    for event in known["timeline"]:
        event["says"] = words_of(event)
    for run in known["enrollments"]:
        for step in run["path"]:
            step["says"] = OUTCOMES.get(step["outcome"], step["outcome"])
    return known
