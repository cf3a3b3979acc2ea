"""The log of decisions: C#<contact> / D#<13-digit ms>#<decision id>; each is written once, the same twice."""

from typing import Any

from functions import settings
from functions.aws import dynamodb
from functions.core.contact import Decision
from functions.tables.contacts import decision_from, decision_row, partition

VERSION = 1
PREFIX = "D#"


def log(contact: str, decision: Decision) -> None:
    """Keep a decision for good."""
    dynamodb.put(settings.contacts_table(), to_row(contact, decision))


def of(contact: str) -> list[Decision]:
    """All decisions about a contact, oldest first."""
    rows = dynamodb.query(settings.contacts_table(), partition(contact), begins=PREFIX)
    return [decision_from(row) for row in rows]


def to_row(contact: str, decision: Decision) -> dict[str, Any]:
    """The item of a decision."""
    sk = f"{PREFIX}{decision.at:013d}#{decision.id}"
    return {"pk": partition(contact), "sk": sk, "v": VERSION, **decision_row(decision)}
