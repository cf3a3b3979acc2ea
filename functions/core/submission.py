"""Reading one submission of a form: what was typed in, what is wrong with it, what it says."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from functions.core.answers import Exact, Terms, Value, read_answer
from functions.core.definition import ID_PATTERN
from functions.core.errors import Refused
from functions.core.event import FORM, FORM_SUBMITTED, Event
from functions.core.forms import Form, FormField
from functions.core.identity import ANONYMOUS, EMAIL, PHONE, identity_ref
from functions.core.ids import digest
from functions.core.intake import WINDOW_MS, trim_context
from functions.core.origin import arrival
from functions.core.wire import clean
from functions.core.words import Words

CONSENT: Final = "consent"
"""Name of every consent box; its value is the box's key."""
ANONYMOUS_ID: Final = "anonymousId"
NONCE: Final = "_nonce"
"""Hidden field that makes a double click one submission: "<ms when shown>-<16 hex digits>"."""
PAGE: Final = "_page"
PROOF: Final = "_sv"
"""Hidden field with the proof that a visitor brought from their own mailbox."""
POPUP: Final = "_popup"
"""Hidden field with the id of the pop-up that the form stood in."""
LANDING: Final = "_landing"
"""Hidden field with the id of the landing page that a form stands in."""
VARIANT: Final = "_variant"
"""Hidden field with the mark of that page's variant (core/experiments)."""
HONEYPOT: Final = "_website"
"""A field that people don't see and programs fill in."""
OWN: Final = frozenset({CONSENT, ANONYMOUS_ID, NONCE, PAGE, PROOF, POPUP, LANDING, VARIANT, HONEYPOT})
"""Names that forms post besides their fields; no field begins with an underscore."""

Typed = Mapping[str, Sequence[str]]

_ID = re.compile(ID_PATTERN)
_NONCE = re.compile(r"(\d{13})-[0-9a-f]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Submission:
    """What a form said, checked: `values` by field name, `consents` the keys of the boxes ticked."""

    form: str
    values: Mapping[str, Value]
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
        case int():
            return [Exact(value)]
        case float() if math.isfinite(value):
            return [Exact(value)]
        case list():
            return [text for part in value for text in _texts(name, part)]
        case dict() if name == CONSENT:
            return [clean(topic) for topic, ticked in value.items() if ticked is True]
        case _:
            raise Refused("wrong-type", "A form's field must be text, a number, a yes or no, or a list.", field=name)


def last(typed: Typed, name: str) -> str:
    """The last of the texts typed under a name, "" where there is none."""
    return next(iter(reversed(typed.get(name, ()))), "")


def is_trap_sprung(form: Form, typed: Typed) -> bool:
    """Whether a program filled in what people don't see."""
    return form.protect.honeypot and any(text.strip() for text in typed.get(HONEYPOT, ()))


def too_fast(form: Form, typed: Typed, received: int, words: Words) -> Refused | None:
    """What is said to whoever sends sooner than anybody types. A form without a nonce tells no time."""
    shown = _NONCE.fullmatch(last(typed, NONCE))
    if form.protect.minimum_time is None or shown is None:
        return None
    if received - int(shown[1]) >= form.protect.minimum_time * 1000:
        return None
    return Refused("too-fast", words("too-fast"), status=422)


def read(id: str, form: Form, typed: Typed, terms: Terms) -> tuple[Submission, list[Refused]]:
    """What the form says and everything that is wrong with it. Unknown fields are left out,
    and so are answers to what an earlier answer makes pointless."""
    values: dict[str, Value] = {}
    shown: dict[str, bool] = {}
    problems: list[Refused] = []
    for known in form.fields:
        shown[known.name] = _is_shown(known, values, shown)
        if not shown[known.name]:
            continue
        try:
            value = read_answer(known, typed.get(known.name, ()), form.protect, terms)
        except Refused as problem:
            problems.append(problem)
        else:
            # A zero is an answer.
            if value is not False and value not in ("", []):
                values[known.name] = value
    ticked = set(typed.get(CONSENT, ()))
    for box in form.consents:
        if box.required and box.key not in ticked:
            words = terms.words("missing-consent")
            problems.append(Refused("missing-consent", words, field=f"{CONSENT}.{box.key}", status=422))
    consents = tuple(box.key for box in form.consents if box.key in ticked)
    if phone := _phone_to_agree_for(form, consents, values):
        already = any(problem.field == phone for problem in problems)
        problems += [] if already else [Refused("missing-field", terms.words("missing-field"), field=phone, status=422)]
    return Submission(id, values, consents), problems


def _phone_to_agree_for(form: Form, consents: Sequence[str], values: Mapping[str, Value]) -> str | None:
    """The field that must be filled in because a box was ticked that is about the number; None where all is well."""
    if not any(box.identity == PHONE for box in form.consents if box.key in consents):
        return None
    phones = [known.name for known in form.fields if known.type == "phone"]
    return None if any(name in values for name in phones) else next(iter(phones), None)


def _is_shown(field: FormField, values: Mapping[str, Value], shown: Mapping[str, bool]) -> bool:
    when = field.show_when
    if when is None:
        return True
    if not shown.get(when.field, False):
        return False
    answer = values.get(when.field, False)
    return not when.wanted.isdisjoint(answer if isinstance(answer, list) else [str(answer), answer is True])


def agreed_to(said: Submission, form: Form) -> tuple[str, ...]:
    """The boxes that count as they are ticked: with double opt-in those alone that no mail, or no text, can confirm."""
    asked = {EMAIL: form.double_opt_in, PHONE: form.sms_double_opt_in}
    counts = [box.key for box in form.consents if asked.get(box.identity) is None]
    return tuple(key for key in said.consents if key in counts)


def address_field(said: Submission, form: Form) -> str | None:
    """Name of the field that holds the sender's own address, if one was given."""
    names = [known.name for known in form.fields if known.type == "email" and known.name in said.values]
    # A second field for somebody else's address doesn't make it theirs.
    return "email" if "email" in names else next(iter(names), None)


def to_event(
    said: Submission,
    form: Form,
    typed: Typed,
    *,
    received: int,
    pepper: bytes,
    page: str,
    user_agent: str,
    proved: str | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Event:
    """The event of a submission. The same content under the same nonce is the same event.

    `proved` is the address reference that a signed link vouches for; it counts where the form
    names no other. `flags` are further properties.
    """
    id, stamp = _key(said, typed, received)
    field = address_field(said, form)
    address = None if field is None else str(said.values[field])
    named = identity_ref(EMAIL, address, pepper) or proved
    phones = [said.values[one.name] for one in form.fields if one.type == "phone" and one.name in said.values]
    phone = next(iter(phones), None)
    browser = next(iter(typed.get(ANONYMOUS_ID, ())), None)
    refs = [named, identity_ref(PHONE, phone, pepper), identity_ref(ANONYMOUS, browser, pepper)]
    # Whoever gave neither is somebody nonetheless: what was said is kept under an id of its own.
    known = [ref for ref in refs if ref] or [f"{ANONYMOUS}#{digest('visitor', id, str(stamp), pepper=pepper)}"]
    traits = dict(said.values)
    if address is not None:
        traits["email"] = address
    if phone is not None:
        traits["phone"] = phone
    properties: dict[str, Any] = {"form": said.form}
    if page:
        properties["page"] = page[:400]
    if _ID.fullmatch(popup := last(typed, POPUP)):
        properties["popup"] = popup
    properties |= flags or {}
    # Asked for twice, agreed to only then: until the link in a mail is used these are no consents.
    if agreed := agreed_to(said, form):
        properties["consents"] = list(agreed)
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
        # From a page of ours, whose address says what led there, whether or not its visitor may be followed.
        context=trim_context({}, user_agent) | (arrival({}, page) if "landing" in properties else {}),
        identities=tuple(known[1:]),
        proved=proved is not None and proved == named,
    )


def _key(said: Submission, typed: Typed, received: int) -> tuple[str, int]:
    nonce = next(iter(typed.get(NONCE, ())), "")
    content = json.dumps([said.values, said.consents], sort_keys=True, ensure_ascii=False)
    visitor = next(iter(typed.get(ANONYMOUS_ID, ())), "")
    id = digest("form", said.form, nonce, visitor, content)
    shown = _NONCE.fullmatch(nonce)
    if shown:
        return id, min(int(shown[1]), received)
    return id, 0 if nonce else received - received % WINDOW_MS
