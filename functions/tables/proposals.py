"""Releases that wait for somebody to make them live: contacts table, X#proposals / <release>.

by · arn (the identity, absent where it is not known) · at (ms) · based_on · note · v · ttl. The content stands where
that of every release does. Whoever proposes the same again says so anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer

VERSION: Final = 1
PARTITION: Final = "X#proposals"
KEPT_MS: Final = 30 * 86_400_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """Somebody wants a release to go live, at `at` (ms): `based_on` is the release that its files came from."""

    release: str
    by: str
    at: int
    arn: str = ""
    based_on: str | None = None
    note: str = ""


def put(proposal: Proposal) -> None:
    """Let a release wait, for 30 days."""
    dynamodb.put(settings.contacts_table(), to_row(proposal))


def get(release: str, now: int) -> Proposal | None:
    """The proposal of a release that waits at `now` (ms)."""
    row = dynamodb.get(settings.contacts_table(), (PARTITION, release))
    found = from_row(row) if row else None
    return found if found and found.at + KEPT_MS > now else None


def listed(now: int) -> list[Proposal]:
    """Every proposal that waits at `now` (ms), the newest first."""
    found = (from_row(row) for row in dynamodb.query(settings.contacts_table(), PARTITION))
    return sorted((one for one in found if one.at + KEPT_MS > now), key=lambda one: one.at, reverse=True)


def remove(release: str) -> None:
    """It waits no longer."""
    dynamodb.delete(settings.contacts_table(), (PARTITION, release))


def to_row(proposal: Proposal) -> dict[str, Any]:
    """The item of a proposal."""
    row: dict[str, Any] = {"pk": PARTITION, "sk": proposal.release, "v": VERSION, "by": proposal.by, "at": proposal.at}
    optional = {"arn": proposal.arn, "based_on": proposal.based_on, "note": proposal.note}
    return row | {name: value for name, value in optional.items() if value} | {"ttl": (proposal.at + KEPT_MS) // 1000}


def from_row(row: Mapping[str, Any]) -> Proposal:
    """The proposal of an item. Raises Newer."""
    if row["v"] > VERSION:
        raise Newer(f"proposal row of version {row['v']} is newer than this code reads")
    return Proposal(row["sk"], row["by"], row["at"], row.get("arn", ""), row.get("based_on"), row.get("note", ""))
