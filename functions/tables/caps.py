"""What counts against a contact's caps: contacts table, C#<contact> / K#<channel>.

times maps message id → ms. A reservation carries the message's id, so a second try of the
same message is counted once.
"""

from collections.abc import Mapping
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer
from functions.core.policy import Recent

SHAPE: Final = 1
EMAIL: Final = "email"


def key(contact: str, channel: str = EMAIL) -> dynamodb.Key:
    """Where the row of a contact and channel stands."""
    return f"C#{contact}", f"K#{channel}"


def get(contact: str) -> Recent:
    """Recent sends (consistent read)."""
    item = dynamodb.get(settings.contacts_table(), key(contact))
    return from_item(item) if item else Recent()


def from_item(item: Mapping[str, Any]) -> Recent:
    """The recent sends of an item. Raises Newer."""
    if item["v"] > SHAPE:
        raise Newer(f"caps row of version {item['v']} is newer than this code reads")
    return Recent(item["n"], item["times"])


def old_key(contact: str) -> dynamodb.Key:
    """Where the row of an earlier shape stands."""
    return f"C#{contact}", f"K#{EMAIL}"


def from_items(new: Mapping[str, Any] | None, old: Mapping[str, Any] | None) -> Recent:
    """The recent sends of a contact's rows, each None where it isn't there."""
    item = new or old
    return from_item(item) if item else Recent()


def to_item(contact: str, recent: Recent) -> dict[str, Any]:
    """The item of recent sends."""
    pk, sk = key(contact)
    return {"pk": pk, "sk": sk, "v": SHAPE, "n": recent.version, "times": dict(recent.sends)}


def reserve_op(contact: str, reserved: Recent) -> dict[str, Any]:
    """Inside a transaction: store `reserved`, refused if another reservation came between."""
    item = to_item(contact, Recent(reserved.version + 1, reserved.sends))
    if reserved.version == 0:
        return dynamodb.put_op(settings.contacts_table(), item, condition="attribute_not_exists(pk)")
    return dynamodb.put_op(settings.contacts_table(), item, condition="n = :n", values={":n": reserved.version})


def give_back(contact: str, message: str) -> None:
    """Forget the reservation of a message that was not sent; a row that isn't there stays so."""
    try:
        dynamodb.update(
            settings.contacts_table(),
            key(contact),
            "REMOVE #times.#m SET n = n + :one",
            condition="attribute_exists(#times.#m)",
            names={"#times": "times", "#m": message},
            values={":one": 1},
        )
    except dynamodb.ConditionFailed:
        return
