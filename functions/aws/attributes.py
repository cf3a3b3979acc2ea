"""DynamoDB's attributes as plain Python values.

str, int, bytes, bool, None, list, dict and set[str] (a string set; empty sets are left out
because DynamoDB has none). Floats are refused: what is stored is exact.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]


def encode(value: Any) -> dict[str, Any]:
    """A Python value as a DynamoDB attribute."""
    # Nearly all are one of these two.
    kind = type(value)
    if kind is str:
        return {"S": value}
    if kind is int:
        return {"N": str(value)}
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case bytes():
            return {"B": value}
        case set() | frozenset():
            return {"SS": sorted(value)}
        case list() | tuple():
            return {"L": [encode(part) for part in value]}
        case dict():
            return {"M": {key: encode(part) for key, part in value.items()}}
    raise TypeError(f"{type(value).__name__} has no exact form in DynamoDB")


def decode(attribute: Mapping[str, Any]) -> Any:
    """A DynamoDB attribute (client or stream shape) as a Python value."""
    ((kind, value),) = attribute.items()
    if kind == "S":
        return value
    match kind:
        case "BOOL":
            return value
        case "N":
            return int(value)
        case "NULL":
            return None
        case "B":
            return bytes(value) if isinstance(value, bytes | bytearray) else b64decode(value)
        case "SS":
            return set(value)
        case "L":
            return [decode(part) for part in value]
        case "M":
            return {key: decode(part) for key, part in value.items()}
    raise TypeError(f"unexpected DynamoDB attribute kind {kind}")


def to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    """A whole item; empty sets are left out."""
    return {key: encode(value) for key, value in values.items() if not (isinstance(value, set) and not value)}


def from_item(item: Mapping[str, Any]) -> Item:
    """The plain values of an item."""
    return {key: decode(value) for key, value in item.items()}
