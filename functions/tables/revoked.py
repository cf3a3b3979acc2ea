"""From when on links to personal pages hold: contacts table, A#<hash of the mailbox> / Y.

m {page's id, "*" for all: links signed at this moment (ms) or before show nothing any more} · v

It hangs on the mailbox that a link was made for: whoever is merged or gets another address takes nothing along.
"""

from collections.abc import Mapping
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer

VERSION: Final = 1
EVERY: Final = "*"
ATTEMPTS: Final = 8


def key(address: str) -> dynamodb.Key:
    """Where it stands what was revoked at a mailbox (its hash)."""
    return f"A#{address}", "Y"


def before(address: str, page: str) -> int:
    """Links to a page that were signed at this moment (ms) or before show nothing; -1 where none was revoked
    (consistent read). Raises Newer."""
    row = dynamodb.get(settings.contacts_table(), key(address))
    moments = {} if row is None else from_row(row)
    return max(moments.get(page, -1), moments.get(EVERY, -1))


def revoke(address: str, page: str, now: int) -> None:
    """Let no link to a page (EVERY: to any) that was made until `now` (ms) show anything. What was revoked stays so."""
    for _ in range(ATTEMPTS):
        row = dynamodb.get(settings.contacts_table(), key(address))
        moments = {} if row is None else from_row(row)
        if moments.get(page, -1) >= now:
            return
        try:
            dynamodb.put(
                settings.contacts_table(),
                to_row(address, {**moments, page: now}),
                condition="attribute_not_exists(pk)" if row is None else "m = :was",
                values={} if row is None else {":was": row["m"]},
            )
        except dynamodb.ConditionFailed:
            continue
        return
    raise RuntimeError("what is revoked kept changing")


def to_row(address: str, moments: Mapping[str, int]) -> dict[str, Any]:
    """The item of a mailbox."""
    pk, sk = key(address)
    return {"pk": pk, "sk": sk, "v": VERSION, "m": dict(moments)}


def from_row(row: Mapping[str, Any]) -> dict[str, int]:
    """The moments of an item, by page. Raises Newer."""
    if row["v"] > VERSION:
        raise Newer(f"revoked row of version {row['v']} is newer than this code reads")
    return {page: int(at) for page, at in row["m"].items()}
