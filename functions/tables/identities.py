"""Rows that say whose an identity is: pk I#ref · sk I · contact · proved · forgotten · v.

A browser in which several people identified also has runs, [[ms, tie, contact], …] (see
core/ownership), and n, which counts their changes; `contact` is then the last of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from functions import settings
from functions.aws import dynamodb
from functions.core.contact import Moment
from functions.core.errors import Newer
from functions.core.ownership import Run, Runs, owner_at
from functions.tables import contacts
from functions.tables.contacts import PROFILE, partition

VERSION = 2
ATTEMPTS = 5


class Contended(RuntimeError):
    """Other writes kept coming between: the record is delivered again later."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose an identity is; nobody's ("") where its person was erased. `version` counts changes of `runs`."""

    ref: str
    contact: str
    proved: bool = False
    runs: Runs = ()
    version: int = 0

    @property
    def forgotten(self) -> bool:
        return not self.contact

    def owner_at(self, moment: Moment) -> str:
        """Whose what happened at a moment is."""
        return owner_at(self.runs, moment) if self.runs else self.contact


def key(ref: str) -> dynamodb.Key:
    """Where the identity "kind#hash" stands."""
    return f"I#{ref}", "I"


def read(refs: Iterable[str], *, consistent: bool = True) -> dict[str, Identity]:
    """The known ones of these identities."""
    rows = dynamodb.batch_get(settings.contacts_table(), [key(ref) for ref in refs], consistent=consistent)
    return among(rows)


def among(rows: Mapping[dynamodb.Key, dynamodb.Item]) -> dict[str, Identity]:
    """The identities among rows already read."""
    found = (from_row(row) for (pk, _), row in rows.items() if pk.startswith("I#"))
    return {identity.ref: identity for identity in found}


def from_row(row: Mapping[str, Any]) -> Identity:
    """The identity of an item. Raises Newer."""
    if row.get("v", VERSION) > VERSION:
        raise Newer(f"identity row of version {row['v']} is newer than this code reads")
    return Identity(
        row["pk"].removeprefix("I#"),
        "" if row.get("forgotten") else row["contact"],
        row.get("proved", False),
        tuple(Run(Moment(at, tie), contact) for at, tie, contact in row.get("runs", ())),
        row.get("n", 0),
    )


def to_row(identity: Identity) -> dynamodb.Item:
    """The item of an identity."""
    row: dynamodb.Item = {"pk": key(identity.ref)[0], "sk": "I", "contact": identity.contact, "v": VERSION}
    if identity.proved:
        row["proved"] = True
    if identity.runs:
        row |= {
            "runs": [[run.start.at, run.start.tie, run.contact] for run in identity.runs],
            "n": identity.version,
        }
    return row


def claim(ref: str, contact: str, *, proved: bool = False, profile: int | None = None) -> Identity | None:
    """Give an identity to a contact unless somebody has it; whose it is now.

    One transaction with the contact's profile, which lists its identities: the two never
    disagree. With `profile`, only while the contact's profile has that version; None, and
    nothing changed, where it has another. A contact that was merged meanwhile gets nothing
    more: its survivor does.
    """
    for _ in range(ATTEMPTS):
        wanted = Identity(ref, contact, proved)
        try:
            dynamodb.transact([_new_op(wanted), listed_op(contact, ref, profile)])
        except dynamodb.TransactionRefused as refused:
            owner = read([ref]).get(ref)
            if owner is not None:
                return owner
            if profile is not None and refused.by_condition:
                return None
            contact = survivor(contact)
        else:
            return wanted
    raise Contended(f"identity {ref} kept being claimed")


def survivor(contact: str) -> str:
    """The contact itself, or the one that it was merged into."""
    while (row := dynamodb.get(settings.contacts_table(), (partition(contact), PROFILE))) and row.get("into"):
        contact = row["into"]
    return contact


def _new_op(identity: Identity) -> dict[str, Any]:
    return dynamodb.put_op(settings.contacts_table(), to_row(identity), condition="attribute_not_exists(pk)")


def listed_op(contact: str, ref: str, profile: int | None = None) -> dict[str, Any]:
    """Inside a transaction: the contact's profile lists the identity; refused where the contact was merged,
    or its profile has another version than `profile`."""
    condition, values = "attribute_not_exists(#into)", {":ref": {ref}, ":one": 1, ":v": contacts.VERSION}
    if profile == 0:
        condition += " AND attribute_not_exists(n)"
    elif profile is not None:
        condition += " AND n = :held"
        values[":held"] = profile
    return dynamodb.update_op(
        settings.contacts_table(),
        (partition(contact), PROFILE),
        "ADD ids :ref, n :one SET v = :v",
        condition=condition,
        names={"#into": "into"},
        values=values,
    )


def unlisted_op(contact: str, ref: str) -> dict[str, Any]:
    """Inside a transaction: the contact's profile no longer lists the identity."""
    return dynamodb.update_op(
        settings.contacts_table(),
        (partition(contact), PROFILE),
        "DELETE ids :ref ADD n :one SET v = :v",
        condition="attribute_not_exists(#into)",
        names={"#into": "into"},
        values={":ref": {ref}, ":one": 1, ":v": contacts.VERSION},
    )


def vouched(ref: str, contact: str) -> None:
    """Note that the owner's own systems say that the identity is the contact's; nothing where it no longer is."""
    try:
        dynamodb.update(
            settings.contacts_table(),
            key(ref),
            "SET proved = :yes, v = :v",
            condition="contact = :contact",
            values={":yes": True, ":contact": contact, ":v": VERSION},
        )
    except dynamodb.ConditionFailed:
        return
