"""What a form says must make sense: keys that suit a field's type, answers that exist, conditions that can hold."""

import re
from collections.abc import Iterator
from typing import Any, Final

from authoring import languages
from authoring.load import Document, Path
from authoring.problems import Problem, choose
from functions.core.answers import TODAY, decimal, iso_date
from functions.core.forms import CHOICES, SWITCHES, Form, FormField
from functions.core.identity import EMAIL, PHONE
from functions.core.replies import is_start_word, is_stop_word, names_one
from functions.core.sending import Sending

_TYPED: Final = ("text", "textarea", "email", "phone", "number", "date", "url")
"""Types that are filled in with the keyboard."""
_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "options": tuple(sorted(CHOICES)),
    "value": ("hidden",),
    "placeholder": tuple(kind for kind in _TYPED if kind != "date"),
    "pattern": ("text", "textarea", "phone", "url"),
    "min_length": ("text", "textarea"),
    "min": ("number", "date"),
    "max": ("number", "date"),
    "decimals": ("number",),
    "autocomplete": (*_TYPED, "select"),
    "help": tuple(kind for kind in (*_TYPED, *sorted(SWITCHES))),
}
"""Keys that not every type has, and which have them."""
_REPEATED_REPEAT: Final = re.compile(r"[*+}]\)(?:[*+]|\{\d*,)")
_OWN: Final = frozenset({"consent"})
_CONTACT_TYPES: Final = ("email",)


def check(document: Document, form: Form) -> Iterator[Problem]:
    """What is wrong with a form by itself."""
    earlier: dict[str, FormField] = {}
    for index, asked in enumerate(form.fields):
        path: Path = ("fields", index)
        yield from _keys(document, path, asked)
        yield from _options(document, path, asked)
        yield from _limits(document, path, asked)
        yield from _pattern(document, path, asked)
        yield from _condition(document, path, asked, earlier, form)
        earlier[asked.name] = asked
    if not any(asked.type in _CONTACT_TYPES for asked in form.fields):
        mend = "Add {name: email, label: Your e-mail, type: email, required: true}"
        yield document.problem(("fields",), "no field asks for the e-mail address", mend)
    yield from _channels(document, form)
    yield from _double_opt_in(document, form)
    yield from _sms_double_opt_in(document, form)
    if form.language:
        yield from languages.check(document, ("language",), form.language)
    yield from languages.words(document, form.words, form.language or "en")
    if form.redirect and re.search(r"[{}\s]", form.redirect):
        mend = "Write a plain address: nothing personal goes along"
        yield document.problem(("redirect",), "a redirect takes no variables", mend)


def _keys(document: Document, path: Path, asked: FormField) -> Iterator[Problem]:
    if asked.name in _OWN:
        yield document.problem((*path, "name"), f'"{asked.name}" is the name of the consent boxes', "Call it otherwise")
    if asked.type == "hidden":
        if asked.label or asked.required or asked.show_when:
            key = "label" if asked.label else "required" if asked.required else "show_when"
            yield document.problem((*path, key), f"a hidden field takes no {key}", f"Remove {key}")
        if (asked.value is None) != asked.prefill:
            mend = "Give it either value: …, or prefill: true to take it from the page's query"
            yield document.problem(path, "a hidden field says one thing, or takes it from the query", mend)
    elif not asked.label:
        yield document.problem(path, '"label" is missing', "Add label: what stands beside the field")
    for key, kinds in _KEYS.items():
        if asked.type not in kinds and key in asked.model_fields_set:
            mend = f"Remove {key}, or make it type: {' or '.join(kinds)}"
            if key == "options":
                mend = "Remove options, or make it type: select, radio or checkboxes"
            yield document.problem((*path, key), f"a {asked.type} field takes no {key}", mend)
    if asked.autocomplete and not re.fullmatch(r"[a-z0-9 -]+", asked.autocomplete):
        mend = "Use one such as given-name, family-name, organization, postal-code or off"
        yield document.problem((*path, "autocomplete"), f'"{asked.autocomplete}" is no autofill token', mend)


def _options(document: Document, path: Path, asked: FormField) -> Iterator[Problem]:
    if asked.type not in CHOICES:
        return
    if not asked.options:
        mend = "List what can be chosen: options: [Green, Black]"
        yield document.problem(path, f"a {asked.type} field without options", mend)
        return
    values = [option.value for option in asked.options]
    for place, value in enumerate(values):
        if value in values[:place]:
            mend = "Give each option its own value"
            yield document.problem((*path, "options", place), f'duplicate option "{value}"', mend)
        elif value != value.strip():
            mend = "Remove the spaces around it"
            yield document.problem((*path, "options", place), f'option "{value}" starts or ends with a space', mend)
    if asked.default and asked.default not in values:
        mend = choose(asked.default, values, none="")
        yield document.problem((*path, "default"), f'"{asked.default}" is none of the options', mend)


def _limits(document: Document, path: Path, asked: FormField) -> Iterator[Problem]:
    if asked.min_length > asked.max_length:
        mend = "Make max_length the larger one"
        yield document.problem((*path, "min_length"), "min_length is above max_length", mend)
    if asked.type not in ("number", "date"):
        return
    read: dict[str, Any] = {}
    for key in ("min", "max"):
        value = getattr(asked, key)
        if value is None:
            continue
        read[key] = decimal(value) if asked.type == "number" else iso_date(value)
        if read[key] is None and not (asked.type == "date" and value == TODAY):
            mend = "Write a number" if asked.type == "number" else 'Write a day such as "2026-12-31", or today'
            yield document.problem((*path, key), f'"{value}" is no {asked.type}', mend)
    if read.get("min") is not None and read.get("max") is not None and read["min"] > read["max"]:
        yield document.problem((*path, "min"), "min is above max", "Exchange them")


def _pattern(document: Document, path: Path, asked: FormField) -> Iterator[Problem]:
    if asked.pattern is None:
        return
    try:
        re.compile(asked.pattern)
    except re.error as error:
        mend = "Write a regular expression as Python has them"
        yield document.problem((*path, "pattern"), f"the pattern can't be read: {error}", mend)
        return
    if _REPEATED_REPEAT.search(asked.pattern):
        mend = "Write it without a repetition inside a repetition: some texts would take for ever to compare"
        yield document.problem((*path, "pattern"), "the pattern repeats a repetition", mend)


def _condition(
    document: Document, path: Path, asked: FormField, earlier: dict[str, FormField], form: Form
) -> Iterator[Problem]:
    when = asked.show_when
    if when is None:
        return
    here: Path = (*path, "show_when")
    other = earlier.get(when.field)
    switches = [name for name, field in earlier.items() if field.type in SWITCHES]
    if other is None:
        later = any(field.name == when.field for field in form.fields)
        message = f'field "{when.field}" does not come before this' if later else f'unknown field "{when.field}"'
        mend = "Move that field up" if later else choose(when.field, switches, none="Ask the other thing first")
        yield document.problem((*here, "field"), message, mend)
        return
    if other.type not in SWITCHES:
        mend = choose(when.field, switches, none=f"Make {when.field} a select, radio, checkboxes or checkbox")
        yield document.problem((*here, "field"), f'"{when.field}" has no fixed answers to look at', mend)
        return
    values = {True, False} if other.type == "checkbox" else {option.value for option in other.options}
    for answer in sorted(when.wanted - values, key=str):
        if other.type == "checkbox":
            mend = "Write is: true or is: false"
        else:
            mend = choose(answer, [option.value for option in other.options], none="")
        key = "one_of" if when.one_of else "is"
        yield document.problem((*here, key), f'"{answer}" is no answer to {when.field}', mend)


def _channels(document: Document, form: Form) -> Iterator[Problem]:
    """Who agrees to a channel must say where they are reached by it."""
    asks = any(one.type == "phone" and one.ask == "always" and not one.show_when for one in form.fields)
    for index, box in enumerate(form.consents):
        path: Path = ("consents", index, "channel")
        if box.identity == PHONE and not asks:
            mend = "Add {name: phone, label: Your telephone, type: phone}, asked always and of everybody"
            yield document.problem(path, "no field is sure to ask for the telephone number", mend)
        elif box.identity not in (EMAIL, PHONE):
            mend = "Ask for it where people are reached by it; a form knows their e-mail address and telephone number"
            yield document.problem(path, f"a form can't take consent to {box.channel}", mend)


def _double_opt_in(document: Document, form: Form) -> Iterator[Problem]:
    if form.double_opt_in is None:
        return
    if not any(asked.type == "email" and asked.required and not asked.show_when for asked in form.fields):
        mend = "Make the e-mail field required: true"
        yield document.problem(("double_opt_in",), "no address is sure to be given that could confirm", mend, key=True)
    if not form.consents:
        mend = "Add consents:, or remove double_opt_in"
        yield document.problem(("double_opt_in",), "there is no consent to confirm", mend, key=True)


def _sms_double_opt_in(document: Document, form: Form) -> Iterator[Problem]:
    by_text = [index for index, box in enumerate(form.consents) if box.identity == PHONE]
    if form.sms_double_opt_in is not None and not by_text:
        mend = "Add a box with channel: sms, or remove sms_double_opt_in"
        yield document.problem(
            ("sms_double_opt_in",), "there is no consent to text messages to confirm", mend, key=True
        )
    if form.sms_double_opt_in is None and by_text:
        yield document.problem(
            ("consents", by_text[0], "channel"),
            "anybody can type anybody's number, and texts go to it as soon as the box is ticked",
            "Add sms_double_opt_in: true: a text asks its owner to answer YES first",
            code="unconfirmed-number",
            severity="warning",
        )
    own = form.sms_double_opt_in.text if form.sms_double_opt_in else ""
    if own and not names_one(own, is_start_word):
        message = "it names no answer that agrees, so nobody's would count"
        mend = "Write one of the words that do: YES, EVET, JA, TAK, ДА, OUI, SÍ, SIM or START"
        yield document.problem(("sms_double_opt_in", "text"), message, mend, code="unanswerable")
    if own and not names_one(own, is_stop_word):
        message = "a text that asks for consent doesn't say how to stop"
        mend = "End it with words such as: STOP to end"
        yield document.problem(("sms_double_opt_in", "text"), message, mend, code="no-stop", severity="warning")


def can_answer(document: Document, form: Form, sending: Sending) -> Iterator[Problem]:
    """A text that asks for an answer must come from a number that takes one: a sender's name takes none."""
    sms = sending.sms
    if form.sms_double_opt_in is None or sms.number or any(one.number for one in sms.countries.values()):
        return
    yield document.problem(
        ("sms_double_opt_in",),
        "sending.yaml names no number that texts come from, and a sender's name can't be answered",
        'Add to sending.yaml: sms: {number: "+1…"}, a number of yours with two-way SMS',
        code="unanswerable",
        severity="warning",
        key=True,
    )
