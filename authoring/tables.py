"""Tables of keys for the reference pages, from JSON Schemas."""

import json
from collections.abc import Iterator
from typing import Any, Final

from functions.core.comparisons import PropertyComparison
from functions.core.conditions import KINDS, Period
from functions.core.definition import DURATION_EXAMPLE, ID_PATTERN, Definition

HELPERS: Final[tuple[type[Definition], ...]] = (PropertyComparison, Period)
"""Models that conditions are made of; they stand on the page of the conditions."""
ON_CONDITIONS: Final = {model.__name__ for model in KINDS.values()} | {model.__name__ for model in HELPERS}
_SCALARS: Final = {"text", "whole number", "number", "`true` or `false`"}


def table(part: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """Every key of a model, one row each, and an empty line; nothing for a model without keys."""
    properties = part.get("properties", {})
    if not properties:
        return
    yield "| key | takes | default | meaning |"
    yield "| --- | --- | --- | --- |"
    required = part.get("required", [])
    for key, value in sorted(properties.items(), key=lambda one: one[0] == "was" and "items" in str(one[1])):
        takes, default = _takes(value, schema), value.get("default")
        default = "required" if key in required else _cell(default)
        default = "" if default in ("`null`", '`""`', "`[]`", "`{}`") else default
        meaning = str(value.get("description", "")).replace("|", "\\|")
        yield f"| `{key}` | {takes} | {default} | {meaning} |"
    yield ""


def _cell(default: Any) -> str:
    """A default as a cell of a table, where a bar would begin the next one."""
    return f"`{json.dumps(default, ensure_ascii=False)}`".replace("|", "\\|")


def _takes(value: dict[str, Any], schema: dict[str, Any]) -> str:
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return _link(name)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in value:
            arms = [_takes(arm, schema) for arm in value[key] if arm.get("type") != "null"]
            if any("(conditions.md)" in arm for arm in arms):
                arms = ["[condition](conditions.md)"]
            return _either(list(dict.fromkeys(arms)))
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return ", ".join(f"`{option}`" for option in value["enum"])
    limits = _limits(value)
    match value.get("type"):
        case "array":
            return f"list of {_takes(value.get('items', {}), schema)}"
        case "object":
            inner = value.get("additionalProperties") or next(iter(value.get("patternProperties", {}).values()), None)
            return f"{_keys(value)}: {_takes(inner, schema)}" if isinstance(inner, dict) else "keys and values"
        case "string":
            return _text(value)
        case "integer":
            return f"whole number{limits}"
        case "number":
            return f"number{limits}"
        case "boolean":
            return "`true` or `false`"
    return "text, number, or true or false"


def _either(arms: list[str]) -> str:
    """What may stand there, each thing once."""
    if set(arms) >= _SCALARS:
        arms = ["text", "number", "`true` or `false`", *(arm for arm in arms if arm not in _SCALARS)]
    elif "number" in arms:
        arms = [arm for arm in arms if arm != "whole number"]
    return " or ".join(arms)


def _text(value: dict[str, Any]) -> str:
    if value.get("pattern") == ID_PATTERN:
        return "id"
    if value.get("format") == "date":
        return "day"
    if "30 days" in value.get("examples", []):
        return "whole days"
    return "length of time" if DURATION_EXAMPLE in value.get("examples", []) else "text"


def _keys(value: dict[str, Any]) -> str:
    """What the keys of a mapping are."""
    patterns = (value.get("propertyNames", {}).get("pattern"), *value.get("patternProperties", ()))
    return "id" if ID_PATTERN in patterns else "name"


def _limits(value: dict[str, Any]) -> str:
    low = value.get("minimum", value.get("exclusiveMinimum"))
    high = value.get("maximum", value.get("exclusiveMaximum"))
    if low is None and high is None:
        return ""
    word = "above" if "exclusiveMinimum" in value else "from"
    return f" {word} {low} to {high}" if high is not None else f" {word} {low}"


def _link(name: str) -> str:
    if name in {model.__name__ for model in HELPERS}:
        return f"[{spaced(name)}](conditions.md#{spaced(name).replace(' ', '-')})"
    if name in ON_CONDITIONS:
        return "[condition](conditions.md)"
    return f"[{spaced(name)}](#{spaced(name).replace(' ', '-')})"


def is_duration(value: dict[str, Any]) -> bool:
    """Whether a schema is that of a length of time."""
    return _text(value) == "length of time"


def spaced(name: str) -> str:
    """A model's name in words."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
