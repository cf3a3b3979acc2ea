"""What share of new visitors sees each variant of a landing page: contacts table, X#variants / <page>."""

from collections.abc import Mapping
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer

SHAPE: Final = 1
WHOLE: Final = 1_000_000
"""Shares are kept as whole millionths."""


def shares(page: str) -> Mapping[str, float]:
    """The shares by variant, as they were a moment ago; nothing where none were ever said. Raises Newer."""
    row = dynamodb.batch_get(settings.contacts_table(), [_key(page)], consistent=False).get(_key(page))
    if row is None:
        return {}
    if row["v"] > SHAPE:
        raise Newer(f"shares of variants of version {row['v']} are newer than this code reads")
    return {name: millionths / WHOLE for name, millionths in row["shares"].items()}


def say(page: str, given: Mapping[str, float]) -> None:
    """Show the variants of a page in these shares from now on; whoever has seen one stays with it."""
    pk, sk = _key(page)
    row: dict[str, Any] = {"pk": pk, "sk": sk, "v": SHAPE}
    dynamodb.put(
        settings.contacts_table(), {**row, "shares": {name: round(part * WHOLE) for name, part in given.items()}}
    )


def _key(page: str) -> dynamodb.Key:
    return "X#variants", page
