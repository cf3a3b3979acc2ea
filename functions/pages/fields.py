"""A form as its template sees it: every field with what stands in it and what is wrong with it.

Fields that depend on others are hidden by CSS alone, where the browser has `:has()`. One that
hasn't shows them all, and the server leaves out the answers that nobody was meant to give.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from functions.core.answers import bound, decimal, iso_date
from functions.core.errors import Refused
from functions.core.forms import CHOICES, Form, FormField
from functions.core.submission import CONSENT, NONCE, Typed, last

_TOKENS: Final[Mapping[str, str]] = {
    "email": "email",
    "phone": "tel",
    "url": "url",
    "first_name": "given-name",
    "last_name": "family-name",
    "name": "name",
    "company": "organization",
    "city": "address-level2",
    "country": "country-name",
    "postcode": "postal-code",
}
"""What browsers may fill in by themselves, by a field's type or its name."""
_HTML_TYPES: Final[Mapping[str, str]] = {"phone": "tel", "number": "text"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One field or consent box, ready to be printed. `attributes` are those of its control."""

    name: str
    id: str
    kind: str
    label: str
    required: bool
    help: str = ""
    problem: str = ""
    value: str = ""
    options: Sequence[Mapping[str, Any]] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    when: str = ""

    @property
    def described_by(self) -> str:
        """Ids of the lines that belong to its control."""
        lines = [f"help-{self.name}"] * bool(self.help) + [f"problem-{self.name}"] * bool(self.problem)
        return " ".join(lines)


def shown(
    form: Form, fields: Sequence[FormField], typed: Typed, problems: Sequence[Refused], today: date
) -> list[Shown]:
    """The visible fields of a page, the consent boxes after them."""
    wrong = {problem.field: problem.message for problem in problems}
    fresh = not problems and NONCE not in typed
    views = [_field(one, typed, wrong.get(one.name, ""), fresh, today) for one in fields if one.type != "hidden"]
    ticked = set(typed.get(CONSENT, ()))
    for box in form.consents:
        name = f"{CONSENT}.{box.key}"
        views.append(
            Shown(
                name=name,
                id=f"field-{name}",
                kind="consent",
                label=box.label,
                required=box.required,
                problem=wrong.get(name, ""),
                value=box.key,
                attributes={"checked": ""} if box.key in ticked else {},
            )
        )
    return views


def hidden(fields: Sequence[FormField], typed: Typed) -> list[tuple[str, str]]:
    """Names and values of the hidden fields that a page's query may fill in. Fixed ones need not be on it."""
    return [
        (one.name, last(typed, one.name))
        for one in fields
        if one.type == "hidden" and one.value is None and last(typed, one.name)
    ]


def prefilled(form: Form, parameters: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """What the query may fill in: fields that say so, and nothing else."""
    allowed = {one.name for one in form.fields if one.prefill and one.value is None}
    typed: dict[str, list[str]] = {}
    for name, value in parameters:
        if name in allowed:
            typed.setdefault(name, []).append(value[:5000])
    return typed


def _field(one: FormField, typed: Typed, problem: str, fresh: bool, today: date) -> Shown:
    texts = list(typed.get(one.name, ())) or ([one.default] if fresh and one.default else [])
    value = texts[-1] if texts else ""
    chosen = set(texts) if one.type == "checkboxes" else {value}
    options = [
        {
            "id": option_id(one.name, place),
            "value": option.value,
            "label": option.label,
            "chosen": option.value in chosen,
        }
        for place, option in enumerate(one.options)
    ]
    attributes = _attributes(one, value, today)
    if one.type == "checkbox" and value:
        attributes["checked"] = ""
    return Shown(
        name=one.name,
        id=f"field-{one.name}",
        kind=one.type,
        label=one.label,
        required=one.required,
        help=one.help,
        problem=problem,
        value=value,
        options=options,
        attributes=attributes,
        when=f"when-{one.name}" if one.show_when else "",
    )


def _attributes(one: FormField, value: str, today: date) -> dict[str, str]:
    """What its control says besides name, id and state."""
    made: dict[str, str] = {}
    if one.type in CHOICES or one.type == "checkbox":
        return made
    if one.type != "textarea":
        # What can't be a day would vanish from a date control: it is kept where it can be mended.
        readable = one.type != "date" or not value or iso_date(value)
        made["type"] = _HTML_TYPES.get(one.type, one.type) if readable else "text"
    if one.type == "number":
        made["inputmode"] = "text" if (decimal(one.min) or 0) < 0 else "decimal" if one.decimals else "numeric"
    if one.type == "date":
        limits = {"min": bound(one.min, today), "max": bound(one.max, today)}
        made |= {name: day.isoformat() for name, day in limits.items() if day}
    else:
        made["maxlength"] = str(one.max_length)
    if one.placeholder:
        made["placeholder"] = one.placeholder
    token = one.autocomplete or _TOKENS.get(one.type) or _TOKENS.get(one.name)
    if token:
        made["autocomplete"] = token
    return made


def option_id(name: str, place: int) -> str:
    """Id of an option's control; the first has its field's, so that links lead to it."""
    return f"field-{name}" if place == 0 else f"field-{name}-{place + 1}"


def conditions_css(fields: Sequence[FormField]) -> str:
    """Rules that hide fields whose condition doesn't hold. They name ids and places, never a word of anybody's."""
    by_name = {one.name: one for one in fields}
    rules = []
    for one in fields:
        selectors = [
            f"form:not(:has({answer})) .when-{one.name}" for answer in _answers(one, by_name, frozenset({one.name}))
        ]
        if selectors:
            rules.append(f"{','.join(selectors)}{{display:none}}")
    return f"@supports selector(:has(*)){{{''.join(rules)}}}" if rules else ""


def _answers(one: FormField, by_name: Mapping[str, FormField], seen: frozenset[str]) -> list[str]:
    """What must be checked for a field to be shown: its own condition, and those of the field it looks at."""
    when = one.show_when
    if when is None:
        return []
    other = by_name.get(when.field)
    if other is None or other.name in seen:
        return ["#never"]
    control = f"#field-{other.name}"
    if other.type == "checkbox":
        found = [f"{control}:checked"] * (True in when.wanted) + [f"{control}:not(:checked)"] * (False in when.wanted)
    else:
        places = [place for place, option in enumerate(other.options) if option.value in when.wanted]
        # The first line of a select is "please choose".
        found = [
            f"{control} option:nth-child({place + 2}):checked"
            if other.type == "select"
            else f"#{option_id(other.name, place)}:checked"
            for place in places
        ]
    return [",".join(found) or "#never", *_answers(other, by_name, seen | {other.name})]
