"""Leads handed to sales: C#<contact> / L#<lead>.

to · reason · journey · step · enrollment · at (ms) · v
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions import settings
from functions.aws import dynamodb
from functions.core.effects import HandOff
from functions.core.enrollment import Enrollment
from functions.core.errors import Newer
from functions.tables.contacts import partition

VERSION = 1
PREFIX = "L#"


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


def write(contact: str, handed: HandOff, enrollment: Enrollment) -> None:
    """Write a lead down, unless it stands there already: what sales noted on it since stays."""
    row = {
        "pk": partition(contact),
        "sk": PREFIX + handed.lead,
        "v": VERSION,
        "to": handed.to,
        "reason": handed.reason,
        "journey": enrollment.journey,
        "step": handed.step,
        "enrollment": enrollment.id,
        "at": handed.at,
    }
    dynamodb.put_new(settings.contacts_table(), row)


def of(contact: str) -> list[Lead]:
    """The leads of a contact, the earliest first (consistent read). Raises Newer."""
    rows = dynamodb.query(settings.contacts_table(), partition(contact), begins=PREFIX)
    return sorted((_from_row(contact, row) for row in rows), key=lambda lead: (lead.at, lead.id))


def _from_row(contact: str, row: Mapping[str, Any]) -> Lead:
    if row["v"] > VERSION:
        raise Newer(f"lead of version {row['v']} is newer than this code reads")
    said = {name: row[name] for name in ("to", "reason", "journey", "step", "enrollment", "at")}
    return Lead(id=row["sk"].removeprefix(PREFIX), contact=contact, **said)
