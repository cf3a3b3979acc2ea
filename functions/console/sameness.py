"""Two who are one: both are looked at, then made one. It can't be taken back."""

from typing import Any

from functions import clock
from functions.console import places
from functions.console.acting import whole
from functions.console.listing import LONGEST
from functions.console.people import of
from functions.console.routes import Asked, Shown
from functions.core.contact import Contact
from functions.core.errors import Refused
from functions.core.identity import own_ref
from functions.core.person_name import name_of
from functions.core.views import iso
from functions.http import Answer, json_answer, redirect
from functions.people import sameness, whom
from functions.score.apply import Reading
from functions.tables import audit, contacts
from functions.tables.audit import Noted


def ask(asked: Asked) -> Shown:
    """The person, and whoever else was named, side by side."""
    contact, wanted = of(asked), asked.request.query.get("with", "").strip()[:LONGEST]
    other = _other(wanted) if wanted else None
    refused = _why_not(contact, other) if other else None
    values: dict[str, Any] = {
        "wanted": wanted,
        "one": _line(contact),
        "other": _line(other) if other else None,
        "why_not": refused.code if refused else None,
    }
    return Shown("same.html", values, 404 if wanted and other is None else 200)


def join(asked: Asked) -> Answer:
    """Make the other one a part of this person."""
    contact = of(asked)
    other = contacts.surviving(whole(asked, "other"))
    if not other.state.version or other.state.erased:
        raise Refused("unknown-person", "Nobody is known here by that, or not any more.", status=404)
    if (refused := _why_not(contact, other)) is not None:
        raise refused
    now, by = clock.now_ms(), asked.who.member.email
    audit.note(Noted("merge", own_ref(contact.id), now, other.id, by))
    try:
        sameness.join(other.id, contact.id, now, Reading())
    except sameness.TooManyIdentities as error:
        raise Refused("too-many-identities", "Together they are known by too many names.", status=409) from error
    if asked.request.wants_html:
        return redirect(f"{places.path('people', contact.id)}?noted=merged", 303)
    return json_answer(200, {"contact": contact.id, "merged": other.id})


def _other(wanted: str) -> Contact | None:
    try:
        return whom.of(wanted)
    except whom.UnknownPerson:
        return None


def _why_not(one: Contact, other: Contact) -> Refused | None:
    if one.id == other.id:
        return Refused("same-person", "These two are one person already.", status=409)
    if sameness.contradict(one, other):
        return Refused("two-accounts", "Your own systems say that these are two people.", status=409)
    return None


def _line(contact: Contact) -> dict[str, Any]:
    facts = contact.state.facts
    return {
        "contact": contact.id,
        "who": name_of(contact.profile),
        "email": contact.profile.email,
        "temperature": contact.state.standing.temperature,
        "tags": sorted(tag for tag, (_, held) in facts.tags.items() if held),
        "first_seen": iso(facts.first) if facts.first else None,
        "last_seen": iso(facts.last) if facts.last else None,
    }
