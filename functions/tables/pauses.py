"""What is paused: contacts table, X#pauses / X.

held maps a name to since, why, by, until · cancelled (string set) · n (version) · v.
"""

from collections.abc import Mapping
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer
from functions.core.pauses import Pause, Pauses

SHAPE: Final = 1
KEY: Final = ("X#pauses", "X")


def get() -> Pauses:
    """What is paused now (consistent read)."""
    item = dynamodb.get(settings.contacts_table(), KEY)
    return from_item(item) if item else Pauses()


def from_item(item: Mapping[str, Any]) -> Pauses:
    """The pauses of an item. Raises Newer."""
    if item["v"] > SHAPE:
        raise Newer(f"pauses row of version {item['v']} is newer than this code reads")
    held = {
        name: Pause(one["since"], one["why"], one["by"], one.get("until")) for name, one in item.get("held", {}).items()
    }
    return Pauses(item["n"], held, frozenset(item.get("cancelled", ())))
