"""DynamoDB's own arithmetic: how large an item is, and how many units a read or write of it takes.

Attributes are in DynamoDB's JSON. The rules are those of "DynamoDB item sizes and formats" and
"read and write operations" in its developer guide.
"""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any

WRITE_UNIT = 1024
READ_UNIT = 4096
INDEX_KEYS = ("ds", "du")
"""Attributes that put an item into the index `due`, which keeps keys only."""

Item = Mapping[str, Any]


def item_bytes(item: Item) -> int:
    """Names and values of all attributes."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(attribute: Mapping[str, Any]) -> int:
    """One value: text as UTF-8, a number a byte for two digits and one more, containers 3 bytes and 1 an element."""
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return number_bytes(value)
        case "B":
            return len(value) if isinstance(value, bytes | bytearray) else len(value) * 3 // 4
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(len(part.encode()) for part in value)
        case "L":
            return 3 + sum(1 + value_bytes(part) for part in value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + value_bytes(part) for name, part in value.items())
    raise ValueError(f"no size is known of kind {kind}")


def number_bytes(text: str) -> int:
    """Significant digits without leading and trailing zeros, two a byte, one byte more, and one for a minus."""
    digits = text.lstrip("-").strip("0")
    return ceil(len(digits) / 2) + 1 + text.startswith("-")


def write_units(*versions: Item | None) -> int:
    """A write takes units by the larger of the item before and after; one where there is none."""
    return max(1, *(ceil(item_bytes(item) / WRITE_UNIT) for item in versions if item), 1)


def read_units(items: Iterable[Item | None], *, consistent: bool, together: bool = False) -> float:
    """Each item by itself, or all `together` as in a query; what isn't there is read as well."""
    sizes = [item_bytes(item) if item else 0 for item in items]
    blocks = max(1, ceil(sum(sizes) / READ_UNIT)) if together else sum(max(1, ceil(size / READ_UNIT)) for size in sizes)
    return blocks if consistent else blocks / 2


def index_units(before: Item | None, after: Item | None) -> int:
    """Entering or leaving the index is one write, moving in it two. Its entries are far below a unit."""
    old, new = (index_key(item) for item in (before, after))
    return 0 if old == new else (old is not None) + (new is not None)


def index_key(item: Item | None) -> tuple[Any, ...] | None:
    """Where an item stands in the index, None where it isn't in it."""
    if item is None or any(name not in item for name in INDEX_KEYS):
        return None
    return tuple(str(item[name]) for name in INDEX_KEYS)
