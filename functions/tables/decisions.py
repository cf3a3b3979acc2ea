"""The log of decisions: C#<contact> / D#<13-digit ms>#<decision id>; each is written once, the same twice."""

from typing import Any

from functions import settings
from functions.aws import dynamodb
from functions.core.contact import Decision
from functions.tables.contacts import decision_from, decision_row, partition

VERSION = 1
PREFIX = "D#"


def log(contact: str, decision: Decision, kept_s: int | None = None) -> None:
    """Keep a decision, for so many seconds or for good."""
    dynamodb.put(settings.contacts_table(), to_row(contact, decision, kept_s))


def of(contact: str) -> list[Decision]:
    """All decisions about a contact, oldest first."""
    rows = dynamodb.query(settings.contacts_table(), partition(contact), begins=PREFIX)
    return [decision_from(row) for row in rows]


def newest_of(contact: str, most: int) -> list[Decision]:
    """The newest decisions about a contact, oldest first."""
    rows = dynamodb.query(settings.contacts_table(), partition(contact), begins=PREFIX, forward=False, limit=most)
    return [decision_from(row) for row in rows][::-1]


def to_row(contact: str, decision: Decision, kept_s: int | None = None) -> dict[str, Any]:
    """The item of a decision."""
    sk = f"{PREFIX}{decision.at:013d}#{decision.id}"
    row = {"pk": partition(contact), "sk": sk, "v": VERSION, **decision_row(decision)}
    return row if kept_s is None else row | {"ttl": decision.at // 1000 + kept_s}
