"""Leads handed to sales: C#<contact> / L#<lead>, and the list of them by months (UTC): L#<month> / <ms>#<lead>.

Lead: to · reason · journey · step · enrollment · at (ms) · v. In the list: contact · to · ttl · v. What else there is
to say stands in the lead alone, whose contact may have been merged since.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer
from functions.tables.contacts import contact_of, partition

VERSION = 1
PREFIX = "L#"
LISTED_S: Final = 400 * 86_400
"""So many seconds a lead stays in the list of months; its own row stays with the contact."""
_SAID: Final = ("to", "reason", "journey", "step", "enrollment", "at")
_MONTHS: Final = 14
"""So many months reach as far back as the list does."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A contact that a group of staff is to look at, and why; `at` in ms."""

    id: str
    contact: str
    to: str
    reason: str
    journey: str
    step: str
    enrollment: str
    at: int


def write(lead: Lead) -> None:
    """Write a lead down, unless it stands there already: what sales noted on it since stays. Repeating it is safe."""
    dynamodb.put_new(settings.contacts_table(), to_row(lead))
    pk, sk = listed_key(lead.id, lead.at)
    listed = {"contact": lead.contact, "to": lead.to, "ttl": lead.at // 1000 + LISTED_S, "v": VERSION}
    dynamodb.put(settings.contacts_table(), {"pk": pk, "sk": sk, **listed})


def to_row(lead: Lead) -> dict[str, Any]:
    """The item of a lead."""
    said = {name: getattr(lead, name) for name in _SAID}
    return {"pk": partition(lead.contact), "sk": PREFIX + lead.id, "v": VERSION, **said}


def listed_key(lead: str, at: int) -> dynamodb.Key:
    """Where a lead of a moment (ms) stands in the list."""
    return f"{PREFIX}{datetime.fromtimestamp(at / 1000, UTC):%Y-%m}", f"{at:013d}#{lead}"


def of(contacts: Iterable[str]) -> list[Lead]:
    """The leads of contacts, the earliest first (consistent read). Raises Newer."""
    table, names = settings.contacts_table(), list(contacts)
    rows = (row for contact in names for row in dynamodb.query(table, partition(contact), begins=PREFIX))
    return sorted(map(from_row, rows), key=lambda lead: (lead.at, lead.id))


def newest(now: int, limit: int, group: str | None = None) -> list[Lead]:
    """The leads handed off last before `now` (ms), the newest first: all of them, or those of a group. As far back
    as the list goes. Raises Newer."""
    found = _listed(now, limit if group is None else None)
    listed = (row for row in found if group in (None, row["to"]))
    keys = [(partition(row["contact"]), PREFIX + row["sk"].partition("#")[2]) for row in islice(listed, limit)]
    rows = dynamodb.batch_get(settings.contacts_table(), keys)
    return [from_row(rows[key]) for key in keys if key in rows]


def _listed(now: int, most: int | None) -> Iterator[dynamodb.Item]:
    first = datetime.fromtimestamp(now / 1000, UTC)
    for back in range(_MONTHS):
        year, month = divmod(first.year * 12 + first.month - 1 - back, 12)
        pk = f"{PREFIX}{year:04}-{month + 1:02}"
        yield from dynamodb.query(settings.contacts_table(), pk, consistent=False, forward=False, limit=most)


def from_row(row: Mapping[str, Any]) -> Lead:
    """The lead of an item. Raises Newer."""
    if row["v"] > VERSION:
        raise Newer(f"lead of version {row['v']} is newer than this code reads")
    said = {name: row[name] for name in _SAID}
    return Lead(id=row["sk"].removeprefix(PREFIX), contact=contact_of(row["pk"]), **said)
