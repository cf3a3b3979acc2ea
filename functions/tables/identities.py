"""Rows that say whose an identity is: pk I#ref · sk I · contact · forgotten · v."""

from collections.abc import Iterable, Mapping

from functions import settings
from functions.aws import dynamodb

VERSION = 1
ATTEMPTS = 5


class Contended(RuntimeError):
    """Other writes kept coming between: the record is delivered again later."""


def key(ref: str) -> dynamodb.Key:
    """Where the identity "kind#hash" stands."""
    return f"I#{ref}", "I"


def owners(refs: Iterable[str], *, consistent: bool = True) -> dict[str, str]:
    """The contact of each known identity; forgotten ones map to ""."""
    rows = dynamodb.batch_get(settings.contacts_table(), [key(ref) for ref in refs], consistent=consistent)
    return owners_in(rows)


def owners_in(rows: Mapping[dynamodb.Key, dynamodb.Item]) -> dict[str, str]:
    """The same of rows already read, among which may be others."""
    return {
        pk.removeprefix("I#"): "" if row.get("forgotten") else row["contact"]
        for (pk, _), row in rows.items()
        if pk.startswith("I#")
    }


def to_row(ref: str, contact: str) -> dynamodb.Item:
    """The item that gives an identity to a contact."""
    return {"pk": key(ref)[0], "sk": "I", "contact": contact, "v": VERSION}


def forgotten(refs: Iterable[str]) -> set[str]:
    """Which of these identities belong to an erased person.

    Not consistent, for half the price: whoever erases must look for events that came
    between in any case, because reading here and inserting are two calls.
    """
    return {ref for ref, contact in owners(refs, consistent=False).items() if contact == ""}


def claim(ref: str, contact: str) -> str:
    """Give an identity to a contact unless somebody has it; whose it is now ("" if forgotten).

    One transaction with the contact's profile, which lists its identities: the two never
    disagree. A contact that was merged meanwhile gets nothing more: its survivor does.
    """
    table = settings.contacts_table()
    for _ in range(ATTEMPTS):
        row = to_row(ref, contact)
        try:
            dynamodb.transact(
                [
                    dynamodb.put_op(table, row, condition="attribute_not_exists(pk)"),
                    dynamodb.update_op(
                        table,
                        (f"C#{contact}", "P"),
                        "ADD ids :ref, n :one SET v = :v",
                        condition="attribute_not_exists(#into)",
                        names={"#into": "into"},
                        values=_listed(ref),
                    ),
                ]
            )
        except dynamodb.TransactionRefused:
            owner = owners([ref]).get(ref)
            if owner is not None:
                return owner
            contact = _survivor(contact)
        else:
            return contact
    raise Contended(f"identity {ref} kept being claimed")


def _survivor(contact: str) -> str:
    while (row := dynamodb.get(settings.contacts_table(), (f"C#{contact}", "P"))) and row.get("into"):
        contact = row["into"]
    return contact


def _listed(ref: str) -> dict[str, object]:
    return {":ref": {ref}, ":one": 1, ":v": VERSION}
