"""A pydantic error said to a person: what is wrong, and what to write instead."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from authoring.load import Document, Path, dig
from authoring.locate import data_path, field_of, keys_of, model_at
from authoring.problems import Problem, choose, nearest
from functions.core.conditions import KINDS
from functions.core.definition import DURATION_EXAMPLE
from functions.core.journey import STEPS


def problems_of(document: Document, model: type[BaseModel], error: ValidationError, base: Path = ()) -> list[Problem]:
    """Every problem in a document that `model` refused; `base` is where in the file the model begins."""
    details = error.errors(include_url=False)
    # A misspelt key is one mistake: that the right one is missing goes without saying.
    strange = [tuple(detail["loc"]) for detail in details if detail["type"] == "extra_forbidden"]

    def is_misspelt(loc: Path) -> bool:
        return nearest(loc[-1], [str(other[-1]) for other in strange if other[:-1] == loc[:-1]]) is not None

    told = [detail for detail in details if detail["type"] != "missing" or not is_misspelt(tuple(detail["loc"]))]
    return [_explain(document, model, dict(detail), base) for detail in told]


def _explain(document: Document, model: type[BaseModel], detail: Mapping[str, Any], base: Path) -> Problem:
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
        case "model_type" | "model_attributes_type" | "dict_type":
            wanted = model_at(model, loc)
            mend = f"Write its keys below it, indented: {', '.join(keys_of(wanted))}" if wanted else "Write key: value"
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
                else "Write one text"
            )
            return document.problem(path, f"expected text, not {_shown(detail['input'])}", mend)
        case "value_error":
            message = str(context.get("error", detail["msg"]))
            return document.problem(path, *_split(message, _wanted(owner, path)))
        case "literal_error":
            mend = f"Use one of: {str(context['expected']).replace(chr(39), '')}"
            return document.problem(path, f"{_shown(detail['input'])} is not possible here", mend)
        case "string_pattern_mismatch":
            return document.problem(
                path, f"{_shown(detail['input'])} is not possible here", f"Write {_wanted(owner, path)}"
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
            return before, after[0].upper() + after[1:]
    return message, f"Write {wanted}" if wanted not in ("a value", _KEYS) else "Change one of them"


def _wanted(owner: type[BaseModel] | None, path: Path) -> str:
    """What a key takes, in a few words."""
    field = field_of(owner, str(path[-1])) if owner and path else None
    if field is None:
        return "a value"
    if str(path[-1]) == "id":
        return "a short name of lower-case letters, digits and hyphens"
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


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "keys and values"
    if isinstance(value, list):
        return "a list"
    words = str(value)
    return f'"{words[:60]}…"' if len(words) > 60 else f'"{words}"'


_KEYS = "keys and values"
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
}
_NAMES: dict[Any, str] = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
_LIMITS = (("ge", "from"), ("gt", "above"), ("le", "to"), ("lt", "below"))
_PATTERNS = {
    r"^[a-z][a-z0-9_]{0,62}$": "a name of lower-case letters, digits and underscores, such as first_name",
    r"^https?://": "an address that starts with https://",
    r"^(https?://.*)?$": "an address that starts with https://",
    r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$": "an e-mail address, such as hello@example.com",
    r"^[^\r\n]+$": "text on one line",
}
