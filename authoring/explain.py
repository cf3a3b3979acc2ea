"""A pydantic error said to a person: what is wrong, and what to write instead."""

import typing
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, Discriminator, ValidationError

from authoring.load import Document, Path, dig
from authoring.locate import data_path, field_of, keys_of, model_at
from authoring.problems import Problem, choose, nearest
from authoring.scenarios.model import HAPPENINGS
from functions.core.blocks import KINDS as BLOCKS
from functions.core.comparisons import Anniversary, Day, Days, Number, Today
from functions.core.conditions import KINDS, Period, TagName
from functions.core.definition import DURATION_EXAMPLE
from functions.core.journey import TRIGGERS
from functions.core.steps import STEPS


def problems_of(document: Document, model: type[BaseModel], error: ValidationError, base: Path = ()) -> list[Problem]:
    """Every problem in a document that `model` refused; `base` is where in the file the model begins."""
    details: list[dict[str, Any]] = [{**detail} for detail in error.errors(include_url=False)]
    # A misspelt key is one mistake: that the right one is missing goes without saying.
    strange = [tuple(detail["loc"]) for detail in details if detail["type"] == "extra_forbidden"]

    def is_misspelt(loc: Path) -> bool:
        return nearest(loc[-1], [str(other[-1]) for other in strange if other[:-1] == loc[:-1]]) is not None

    told = [detail for detail in details if detail["type"] != "missing" or not is_misspelt(tuple(detail["loc"]))]
    return [_explain(document, model, detail, base) for detail in _one_each(document, model, told, base)]


def _one_each(
    document: Document, model: type[BaseModel], details: list[dict[str, Any]], base: Path
) -> list[dict[str, Any]]:
    """One complaint per place: where several things may stand, each of them complains of what does."""
    placed = [((*base, *data_path(model, tuple(detail["loc"]))[0]), detail) for detail in details]
    deeper: set[Path] = {path[:-1] for path, _ in placed if path and isinstance(path[-1], int)}
    by_place: dict[Path, list[dict[str, Any]]] = {}
    for path, detail in placed:
        if detail["type"] == "extra_forbidden" or path not in deeper:
            by_place.setdefault(path, []).append(detail)
    return [told for found in by_place.values() for told in _merged(found)]


def _merged(details: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(details) == 1 or any(detail["type"] in _OWN_KINDS for detail in details):
        return details
    kinds = {detail["type"] for detail in details}
    one = details[0]
    if {"bool_type", "bool_parsing"} & kinds:
        return [{**one, "type": "one_value"}]
    if all(kind.startswith(("int_", "float_")) for kind in kinds):
        return [{**one, "type": "float_type"}]
    # What says most comes first: that a list would do as well goes without saying.
    telling = [detail for detail in details if detail["type"] != "list_type"] or details
    values = [detail for detail in telling if detail["type"] == "value_error"]
    return (values or telling)[:1]


def _explain(document: Document, model: type[BaseModel], detail: Mapping[str, Any], base: Path) -> Problem:
    problem = _explained(document, model, detail, base)
    return replace(problem, code=_CODES.get(str(detail["type"]), "wrong-value"))


def _explained(document: Document, model: type[BaseModel], detail: Mapping[str, Any], base: Path) -> Problem:
    kind, loc = str(detail["type"]), tuple(detail["loc"])
    path, owner = data_path(model, loc)
    path = (*base, *path)
    context = detail.get("ctx", {})
    match kind:
        case "extra_forbidden":
            keys = keys_of(owner) if owner else []
            others = [key for key in keys if key not in (dig(document.data, path[:-1]) or {})]
            mend = choose(path[-1], others or keys, none="Remove it")
            if owner in STEPS.values() and path[-1] in STEPS:
                mend = f"A step does one thing: make {path[-1]} a step of its own, with its own id"
            return document.problem(path, f'unknown key "{path[-1]}"', mend, key=True)
        case "missing":
            return document.problem(path, f'"{path[-1]}" is missing', f"Add {path[-1]}: {_wanted(owner, path)}")
        case "condition_kind" | "union_tag_not_found" | "union_tag_invalid":
            return _unnamed(document, path, "a condition", KINDS)
        case "step_kind":
            return _unnamed(document, path, "a step", STEPS)
        case "block_kind":
            return _unnamed(document, path, "a block", BLOCKS)
        case "happening_kind":
            return _unnamed(document, path, "something that happens", HAPPENINGS)
        case "trigger_kind":
            return _unnamed(document, path, "what starts the journey", TRIGGERS)
        case "when_kind":
            mend = 'Write on request, or a day or every so often with a time: {every: monday, at: "09:00"}'
            return document.problem(path, f"expected when it runs, not {_shown(detail['input'])}", mend)
        case "trigger_of_popup":
            mend = 'Write leaving, {after: 10 seconds}, {scrolled: 50 percent} or {clicked: "#letter"}'
            return document.problem(path, f"expected what brings it up, not {_shown(detail['input'])}", mend)
        case "model_type" | "model_attributes_type" | "dict_type":
            wanted = model_at(model, loc)
            mend = f"Write its keys below it, indented: {', '.join(keys_of(wanted))}" if wanted else "Write key: value"
            if _is_switch(owner, path):
                mend = f"Write {path[-1]}: true, or {mend[0].lower()}{mend[1:]}"
                message = f"expected true, or keys and values, not {_shown(detail['input'])}"
                return document.problem(path, message, mend)
            return document.problem(path, f"expected keys and values, not {_shown(detail['input'])}", mend)
        case "list_type":
            return document.problem(
                path, f"expected a list, not {_shown(detail['input'])}", "Write each entry after a hyphen"
            )
        case "too_short":
            return document.problem(path, "the list is empty", "Write at least one entry after a hyphen")
        case "string_type":
            mend = (
                f'Put it in quotes: "{detail["input"]}"'
                if isinstance(detail["input"], int | float)
                else "Write one text, in quotes where it begins with #"
            )
            return document.problem(path, f"expected text, not {_shown(detail['input'])}", mend)
        case "string_too_long":
            most = context["max_length"]
            return document.problem(path, f"the text is longer than {most} characters", f"Write {most} at most")
        case "value_error":
            message = str(context.get("error", detail["msg"]))
            if message.startswith("write "):
                mend = message[0].upper() + message[1:]
                return document.problem(path, f"{_shown(detail['input'])} is not possible here", mend)
            return document.problem(path, *_split(message, _wanted(owner, path)))
        case "literal_error":
            expected = str(context["expected"])
            expected = expected if '"' in expected else expected.replace("'", "")
            mend = f"Write {path[-1]}: true, or remove it" if expected == "True" else f"Use one of: {expected}"
            return document.problem(path, f"{_shown(detail['input'])} is not possible here", mend)
        case "string_pattern_mismatch":
            wanted_text = _PATTERNS.get(str(context.get("pattern"))) or _wanted(owner, path)
            return document.problem(path, f"{_shown(detail['input'])} is not possible here", f"Write {wanted_text}")
        case "one_value":
            several = "To mean any of several, use one_of" if isinstance(detail["input"], list) else "Write one value"
            several = "Write one value" if "update" in path else several
            mend = "To ask whether there is any, use known" if detail["input"] is None else several
            return document.problem(
                path, f"expected text, a number, or true or false, not {_shown(detail['input'])}", mend
            )
    message = _MESSAGES.get(kind) or str(detail["msg"]).replace("Input should be", "expected")
    if message.startswith("expected"):
        message += f", not {_shown(detail['input'])}"
    return document.problem(path, message, f"Write {_wanted(owner, path)}")


def _unnamed(document: Document, path: Path, what: str, kinds: Mapping[str, type[BaseModel]]) -> Problem:
    """A condition or step that names none of its kinds: the likeliest misspelt key is pointed at."""
    value = dig(document.data, path)
    listed = ", ".join(kinds)
    if isinstance(value, dict):
        known = {key for model in kinds.values() for key in keys_of(model)}
        for key in value:
            if key not in known:
                return document.problem((*path, key), f'unknown key "{key}"', choose(key, kinds, none=""), key=True)
    return document.problem(path, f"expected {what}, found {_shown(value)}", f"Name its kind, one of: {listed}")


def _split(message: str, wanted: str) -> tuple[str, str]:
    for mark in ("; ", ": "):
        before, found, after = message.partition(mark)
        if found and after:
            verb = (
                "" if mark == "; " or after.startswith(("use ", "write ")) else "Write " if after[0] == '"' else "Use "
            )
            return before, f"{verb}{after}" if verb else after[0].upper() + after[1:]
    return message, f"Write {wanted}" if wanted not in ("a value", _KEYS, _CONDITION) else "Change one of them"


def _wanted(owner: type[BaseModel] | None, path: Path) -> str:
    """What a key takes, in a few words."""
    field = field_of(owner, str(path[-1])) if owner and path else None
    if field is None:
        return "a value"
    if str(path[-1]) == "id":
        return "a short name of lower-case letters, digits and hyphens"
    if (words := _typed(field)) is not None:
        return words
    if DURATION_EXAMPLE in (field.examples or ()):
        return f'a length of time, such as "{DURATION_EXAMPLE}"'
    limits = " ".join(
        f"{word} {getattr(rule, name)}" for rule in field.metadata for name, word in _LIMITS if hasattr(rule, name)
    )
    pattern = next((rule.pattern for rule in field.metadata if getattr(rule, "pattern", None)), None)
    words = _NAMES.get(field.annotation, _KEYS if _is_model(field.annotation) else "a value")
    if pattern:
        words = _PATTERNS.get(str(pattern), f"text that matches {pattern}")
    elif field.description and not limits and words in (_NAMES[str], "a value"):
        return str(field.description)[0].lower() + str(field.description)[1:].rstrip(".")
    return f"{words} {limits}".strip()


def _is_switch(owner: type[BaseModel] | None, path: Path) -> bool:
    """Whether a key takes true as well as keys of its own."""
    field = field_of(owner, str(path[-1])) if owner and path else None
    inputs = [getattr(rule, "json_schema_input_type", None) for rule in field.metadata] if field else []
    return any(bool in typing.get_args(one) for one in inputs)


def _typed(field: Any) -> str | None:
    """What is written for the types that the condition language brings."""
    arms = (field.annotation, *typing.get_args(field.annotation))
    wanted = [words for kind, words in _TYPES if kind in arms]
    if wanted:
        return " or ".join(wanted)
    options = [option for arm in arms if typing.get_origin(arm) is typing.Literal for option in typing.get_args(arm)]
    if options and all(isinstance(option, str) for option in options):
        return "one of " + ", ".join(options)
    if any(isinstance(rule, Discriminator) and rule.custom_error_type == "condition_kind" for rule in field.metadata):
        return _CONDITION
    return None


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "keys and values"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    words = str(value)
    return f'"{words[:60]}…"' if len(words) > 60 else f'"{words}"'


_KEYS = "keys and values"
_CONDITION = "a condition, such as {tag: welcomed}"
_OWN_KINDS = (
    *("extra_forbidden", "missing", "condition_kind", "step_kind", "block_kind"),
    *("trigger_kind", "when_kind", "happening_kind", "trigger_of_popup"),
)
_CODES = {
    "extra_forbidden": "unknown-key",
    "missing": "missing-key",
    "condition_kind": "no-kind",
    "union_tag_not_found": "no-kind",
    "union_tag_invalid": "no-kind",
    "step_kind": "no-kind",
    "block_kind": "no-kind",
    "happening_kind": "no-kind",
    "trigger_kind": "no-kind",
    "when_kind": "no-kind",
    "trigger_of_popup": "no-kind",
}
_DAY = "a day, such as 2027-03-08"
_TYPES = (
    (Number, "a number"),
    (Day, _DAY),
    (Today, "today"),
    (Days, 'whole days, such as "30 days"'),
    (Anniversary, '"today", "in 7 days" or "within 7 days"'),
    (Period, "keys and values: within, longer_ago_than, before, after"),
    (TagName, "a tag of letters, digits and hyphens, without spaces"),
)
_MESSAGES = {
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "int_type": "expected a whole number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "bool_parsing": "expected true or false",
    "bool_type": "expected true or false",
    "greater_than_equal": "the number is too small",
    "greater_than": "the number is too small",
    "less_than_equal": "the number is too large",
    "less_than": "the number is too large",
    "string_too_short": "the text is empty",
    "date_type": "expected a day",
    "date_from_datetime_inexact": "expected a day",
    "date_from_datetime_parsing": "expected a day",
}
_NAMES: dict[Any, str] = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
_LIMITS = (("ge", "from"), ("gt", "above"), ("le", "to"), ("lt", "below"))
_PATTERNS = {
    r"^[a-z][a-z0-9_]{0,62}$": "a name of lower-case letters, digits and underscores, such as first_name",
    r"^[^\s.$][^.$]*$": "the name of a trait, without dots",
    r"^https?://": "an address that starts with https://",
    r"^https?://[^\s\"<>{}\\]+$": "a whole address that starts with https://, without spaces",
    r"^https?://[^/\s;,'\"]+$": "the beginning of an address, such as https://example.com, without a path",
    r"^(form|https?://[^\s\"<>{}\\]+|mailto:[^\s\"<>{}\\]+|tel:[+0-9-]+)$": (
        "form, or a whole address that starts with https://, mailto: or tel:"
    ),
    r"^(https?://[^\s/\\]\S*|/([^\s/\\]\S*)?)$": "a path such as /guide, or a whole address that starts with https://",
    r"^(/|\*)[^?#\s]*$": "a path that starts with / or *, such as /teas/*",
    r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$": "a language, such as tr or de-CH",
    r"^[A-Z]{2}$": "a country of two capital letters, such as TR",
    r"^[a-z0-9]{1,10}$": "the ending of a file's name, such as pdf, in small letters",
    r"^(https?://.*)?$": "an address that starts with https://",
    r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$": "an e-mail address, such as hello@example.com",
    r"^[^@\s<>,]+@[^@\s<>,]+\.[^@\s<>,]+$": "an e-mail address, such as hello@example.com",
    r"^[^\r\n]+$": "text on one line",
    r"^#[0-9a-fA-F]{6}$": 'a colour of six hexadecimal digits in quotes, such as "#1f6f54"',
    r"^[0-9]*[A-Za-z][A-Za-z0-9]*$": "letters and digits without spaces, 11 at most, such as YELLOWTEA",
    r"^[^\s#]+$": "a tag of letters, digits and hyphens, without spaces",
}
