"""Pairs that may be one person: X#duplicates / <kind> <identity> <identity> · at (ms) · cause · v.

Noted once and never acted upon: a person decides. "plus-tag" pairs two addresses, "conflict"
two contacts to which the owner's own systems gave the same identity.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb

VERSION: Final = 1
PARTITION: Final = "X#duplicates"
PLUS_TAG: Final = "plus-tag"
CONFLICT: Final = "conflict"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two identities ("kind#hash", c for a contact itself) that may be one person's; `cause` is an event's ref."""

    kind: str
    one: str
    other: str
    at: int
    cause: str


def note(kind: str, one: str, other: str, cause: str, at: int) -> None:
    """Keep a pair; the first time counts."""
    one, other = sorted((one, other))
    dynamodb.put_new(settings.contacts_table(), to_row(Pair(kind, one, other, at, cause)))


def listed(kind: str = "", after: str = "", most: int | None = None) -> Iterator[Pair]:
    """Every pair noted, or those of a kind, in a fixed order; with `after` those that follow that place; `most` of
    them where it is given."""
    begins = f"{kind} " if kind else ""
    low = max(begins, f"{after}!") if after else begins
    between = (low, f"{begins}~") if low else None
    for row in dynamodb.query(settings.contacts_table(), PARTITION, between=between, limit=most):
        yield from_row(row)


def place(pair: Pair) -> str:
    """Where a pair stands among all."""
    return _key(pair)[1]


def remove(pair: Pair) -> None:
    """Somebody has decided."""
    dynamodb.delete(settings.contacts_table(), _key(pair))


def _key(pair: Pair) -> dynamodb.Key:
    return PARTITION, f"{pair.kind} {pair.one} {pair.other}"


def to_row(pair: Pair) -> dict[str, Any]:
    """The item of a pair."""
    pk, sk = _key(pair)
    return {"pk": pk, "sk": sk, "at": pair.at, "cause": pair.cause, "v": VERSION}


def from_row(row: dynamodb.Item) -> Pair:
    """The pair of an item."""
    kind, one, other = row["sk"].split(" ")
    return Pair(kind, one, other, row["at"], row["cause"])
