"""Reading one submission of a form: what was typed in, what is wrong with it, what it says."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

from functions.core.consent import Change, Entry
from functions.core.errors import Refused
from functions.core.event import FORM, FORM_SUBMITTED, Event
from functions.core.forms import Form, FormField
from functions.core.identity import ANONYMOUS, EMAIL, hash_of, identity_ref, normal_email
from functions.core.ids import digest
from functions.core.intake import WINDOW_MS, trim_context
from functions.core.wire import clean

CONSENT: Final = "consent"
"""Name of every consent box; its value is the topic."""
ANONYMOUS_ID: Final = "anonymousId"
NONCE: Final = "_nonce"
"""Hidden field that makes a double click one submission: "<ms when shown>-<16 hex digits>"."""
PAGE: Final = "_page"
HONEYPOT: Final = "_website"
"""A field that people don't see and programs fill in."""

Typed = Mapping[str, Sequence[str]]

_LINK = re.compile(r"://|www\.", re.IGNORECASE)
_NONCE = re.compile(r"(\d{13})-[0-9a-f]{16}")
_UNTICKED = frozenset(("", "0", "false", "off", "no"))


@dataclass(frozen=True, slots=True)
class Submission:
    """What a form said, checked: `values` by field name, `consents` the topics ticked."""

    form: str
    values: Mapping[str, str | bool]
    consents: tuple[str, ...]


def typed_json(value: Mapping[str, Any]) -> Typed:
    """What a JSON post typed, in the shape of an HTML form. Raises Refused."""
    return {clean(name): _texts(name, part) for name, part in value.items() if part is not None}


def _texts(name: str, value: Any) -> list[str]:
    match value:
        case bool():
            return ["on"] if value else []
        case str():
            return [clean(value)]
        case int() | float():
            return [str(value)]
        case list():
            return [text for part in value for text in _texts(name, part)]
        case dict() if name == CONSENT:
            return [clean(topic) for topic, ticked in value.items() if ticked is True]
        case _:
            raise Refused("wrong-type", "A form's field must be text, a number, a yes or no, or a list.", field=name)


def is_trap_sprung(form: Form, typed: Typed) -> bool:
    """Whether a program filled in what people don't see."""
    return form.honeypot and any(text.strip() for text in typed.get(HONEYPOT, ()))


def read(id: str, form: Form, typed: Typed) -> tuple[Submission, list[Refused]]:
    """What the form says and everything that is wrong with it. Unknown fields are left out."""
    values: dict[str, str | bool] = {}
    problems: list[Refused] = []
    for known in form.fields:
        try:
            value = _value(known, list(typed.get(known.name, ())))
        except Refused as problem:
            problems.append(problem)
        else:
            if value not in ("", False):
                values[known.name] = value
    ticked = set(typed.get(CONSENT, ()))
    for box in form.consents:
        if box.required and box.topic not in ticked:
            problems.append(_problem("missing-consent", "Please tick this box.", f"{CONSENT}.{box.topic}"))
    consents = tuple(box.topic for box in form.consents if box.topic in ticked)
    return Submission(id, values, consents), problems


def _value(known: FormField, texts: list[str]) -> str | bool:
    text = texts[-1].strip() if texts else ""
    if known.type == "checkbox":
        ticked = text.lower() not in _UNTICKED
        if known.required and not ticked:
            raise _problem("missing-field", "Please tick this box.", known.name)
        return ticked
    if not text:
        if known.required:
            raise _problem("missing-field", "Please fill this in.", known.name)
        return ""
    if len(text) > known.max_length:
        raise _problem("too-long", f"At most {known.max_length} characters, please.", known.name)
    if known.type == "textarea":
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if any(not (character.isprintable() or (known.type == "textarea" and character in "\n\t")) for character in text):
        raise _problem("invalid-characters", "Please leave out line breaks and control characters.", known.name)
    match known.type:
        case "email":
            if normal_email(text) is None:
                raise _problem("invalid-email", "Please enter a complete e-mail address.", known.name)
        case "select":
            if text not in known.options:
                raise _problem("unknown-option", "Please choose one of the options.", known.name)
        case "text":
            # What is typed here is printed in mails: nobody may send others a link of their own.
            if _LINK.search(text):
                raise _problem("link-in-text", "Please leave out web addresses.", known.name)
        case "textarea":
            pass
        case _:
            assert_never(known.type)
    return text


def _problem(code: str, message: str, name: str) -> Refused:
    return Refused(code, message, field=name, status=422)


def to_event(
    said: Submission, form: Form, typed: Typed, *, received: int, pepper: bytes, page: str, user_agent: str
) -> Event:
    """The event of a submission. The same content under the same nonce is the same event."""
    id, stamp = _key(said, typed, received)
    address = _address(said, form)
    refs = [
        identity_ref(EMAIL, address, pepper),
        identity_ref(ANONYMOUS, next(iter(typed.get(ANONYMOUS_ID, ())), None), pepper),
    ]
    # Whoever gave neither is somebody nonetheless: what was said is kept under an id of its own.
    known = [ref for ref in refs if ref] or [f"{ANONYMOUS}#{digest('visitor', id, str(stamp), pepper=pepper)}"]
    traits = dict(said.values)
    if address is not None:
        traits["email"] = address
    properties: dict[str, Any] = {"form": said.form}
    if page:
        properties["page"] = page[:400]
    if said.consents:
        properties["consents"] = list(said.consents)
    return Event(
        source=known[0],
        id=id,
        stamp=stamp,
        at=received,
        received=received,
        kind=FORM,
        name=FORM_SUBMITTED,
        properties=properties,
        traits=traits,
        context=trim_context({}, user_agent),
        identities=tuple(known[1:]),
    )


def to_entry(said: Submission, form: Form, event: Event) -> tuple[str, Entry] | None:
    """Hash of the address and its ledger entry, or None where nothing was agreed to.

    A box left unticked says nothing: submitting again never takes consent back.
    """
    address = next((ref for ref in (event.source, *event.identities) if ref.startswith(f"{EMAIL}#")), None)
    if address is None or not said.consents:
        return None
    changes = tuple(Change("grant", box.topic, box.label) for box in form.consents if box.topic in said.consents)
    return hash_of(address), Entry(event.ref, event.at, event.received, f"form:{said.form}", changes)


def _address(said: Submission, form: Form) -> str | None:
    names = [known.name for known in form.fields if known.type == "email" and known.name in said.values]
    # A second field for somebody else's address doesn't make it theirs.
    name = "email" if "email" in names else next(iter(names), None)
    return None if name is None else str(said.values[name])


def _key(said: Submission, typed: Typed, received: int) -> tuple[str, int]:
    nonce = next(iter(typed.get(NONCE, ())), "")
    content = json.dumps([said.values, said.consents], sort_keys=True, ensure_ascii=False)
    visitor = next(iter(typed.get(ANONYMOUS_ID, ())), "")
    id = digest("form", said.form, nonce, visitor, content)
    shown = _NONCE.fullmatch(nonce)
    if shown:
        return id, min(int(shown[1]), received)
    return id, 0 if nonce else received - received % WINDOW_MS
