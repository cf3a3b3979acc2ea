"""Changes to one person, by somebody who may: traits, tags, and whether anything is sent to them.

Traits and tags change by events, like those that a step of a journey records: so everything follows from events.
"""

from collections.abc import Mapping
from typing import Any, Final

from functions import clock, releases
from functions.console import places
from functions.console.acting import whole
from functions.console.people import of
from functions.console.routes import Asked
from functions.core import event as names
from functions.core.channels import addressed
from functions.core.consent import BY_HAND, Change, Entry
from functions.core.contact import Contact
from functions.core.errors import Refused
from functions.core.facts import TRAIT_BYTES, TRAIT_NAME_BYTES
from functions.core.identity import hash_of, kind_of, own_ref
from functions.core.ids import digest
from functions.core.performed import event_by_hand
from functions.core.tags import tag_from
from functions.core.traits import normal
from functions.http import Answer, json_answer, redirect
from functions.tables import addresses, audit, events
from functions.tables.audit import Kind, Noted

IDENTIFYING: Final = frozenset(("email", "phone", "id"))
"""Traits that say who somebody is: only they themselves, or the owner's systems, say so."""


def trait(asked: Asked) -> Answer:
    """Set a trait, or take it away."""
    contact, name, value = of(asked), whole(asked, "name"), whole(asked, "value")
    if not name or not name.isprintable() or len(name.encode()) > TRAIT_NAME_BYTES or len(value.encode()) > TRAIT_BYTES:
        raise Refused("bad-trait", "A trait has a name of up to 100 letters and a value of up to 2,000.", status=422)
    if name in IDENTIFYING:
        raise Refused("trait-identifies", "An address or number is what somebody is known by.", status=422)
    said = normal({name: _read(value, whole(asked, "kind")) if value and not whole(asked, "off") else None})
    if not said:
        raise Refused("bad-trait", "This trait holds something else: an age, for one, is a number.", status=422)
    _note(asked, contact, "trait", name)
    _insert(asked, contact, names.TRAITS_CHANGED, traits=said)
    return _back(asked, contact, "trait" if said[next(iter(said))] is not None else "trait-off", {"traits": said})


def tag(asked: Asked) -> Answer:
    """Put a tag on somebody, or take one off."""
    contact, wanted, off = of(asked), whole(asked, "tag"), bool(whole(asked, "off"))
    held = contact.state.facts.tags.get(wanted, (None, False))[1]
    name = wanted if held else tag_from(wanted)
    if not name:
        raise Refused("bad-tag", "A tag has letters or digits.", status=422)
    _note(asked, contact, "tag", f"{'-' if off else '+'} {name}")
    _insert(asked, contact, names.TAG_REMOVED if off else names.TAG_ADDED, properties={"tag": name})
    return _back(asked, contact, "tag-off" if off else "tag", {"tag": name, "off": off})


def mail(asked: Asked) -> Answer:
    """Stop all messages to somebody, or let those go again that they themselves agreed to."""
    contact, wanted = of(asked), whole(asked, "do")
    kinds: Mapping[str, tuple[Kind, Change]] = {
        "stop": ("stop-mail", Change("suppression", BY_HAND)),
        "allow": ("allow-mail", Change("lift", BY_HAND)),
    }
    if wanted not in kinds:
        raise Refused("unknown-choice", "Messages are stopped or allowed, nothing else.", status=422)
    reached = [ref for ref in contact.profile.identities if kind_of(ref) in addressed()]
    if not reached:
        raise Refused("no-address", "Nothing can be sent to this person anyway: no address is known.", status=409)
    kind, change = kinds[wanted]
    now = clock.now_ms()
    _note(asked, contact, kind, whole(asked, "why")[:500])
    for ref in reached:
        said = Entry(digest(kind, ref, asked.who.member.id, str(now)), now, now, "console", (change,))
        addresses.append(hash_of(ref), said)
    return _back(asked, contact, "stopped" if wanted == "stop" else "allowed", {"addresses": len(reached)})


def _read(value: str, kind: str) -> Any:
    match kind:
        case "number":
            try:
                number = float(value.replace(",", "."))
            except ValueError as error:
                raise Refused("bad-trait", "This is no number.", status=422) from error
            if not abs(number) < 10**15:
                raise Refused("bad-trait", "This is no number that anybody counts to.", status=422)
            return int(number) if number.is_integer() else number
        case "yes" | "no":
            return kind == "yes"
    return value


def _note(asked: Asked, contact: Contact, kind: Kind, why: str) -> None:
    audit.note(Noted(kind, own_ref(contact.id), clock.now_ms(), by=asked.who.member.email, why=why))


def _insert(asked: Asked, contact: Contact, name: str, **said: Mapping[str, Any]) -> None:
    made = event_by_hand(contact.id, name, clock.now_ms(), asked.who.member.id, **said)
    events.insert([made], releases.keyring().keep)


def _back(asked: Asked, contact: Contact, noted: str, said: Mapping[str, Any]) -> Answer:
    if asked.request.wants_html:
        return redirect(f"{places.path('people', contact.id)}?noted={noted}", 303)
    return json_answer(200, {"contact": contact.id, "noted": noted, **said})
