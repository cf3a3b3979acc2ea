"""What counts against a contact's caps, on all channels: contacts table, C#<contact> / K.

times maps message id → [ms, channel, topic], and the journey where it has a limit. A reservation carries the
message's id, so a second try of the same message is counted once.

Before there were other channels e-mail had a row of its own, C#<contact> / K#email, whose times map
message id → ms. It is read and counted until it is outlived, and written no more: of two versions of this
code that send to one contact in the same second, while a deployment rolls, one doesn't see the other.
"""

from collections.abc import Mapping
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.channels import BY_EMAIL
from functions.core.errors import Newer
from functions.core.policy import Recent, Sent

SHAPE: Final = 3
WITHOUT_JOURNEYS: Final = 2
"""The shape of a row that names no journey, as it is written where none has a limit."""


def key(contact: str) -> dynamodb.Key:
    """Where the row of a contact stands."""
    return f"C#{contact}", "K"


def old_key(contact: str) -> dynamodb.Key:
    """Where an earlier version counted a contact's e-mails."""
    return f"C#{contact}", f"K#{BY_EMAIL}"


def get(contact: str) -> Recent:
    """Recent sends (consistent read)."""
    rows = dynamodb.batch_get(settings.contacts_table(), (key(contact), old_key(contact)))
    return from_items(rows.get(key(contact)), rows.get(old_key(contact)))


def from_items(new: Mapping[str, Any] | None, old: Mapping[str, Any] | None) -> Recent:
    """The recent sends of the items at `key` and `old_key`, None where there is none. Raises Newer."""
    held, earlier = from_item(new) if new else Recent(), from_item(old) if old else Recent()
    return Recent(held.version, {**earlier.sends, **held.sends})


def from_item(item: Mapping[str, Any]) -> Recent:
    """The recent sends of an item of either version. Raises Newer."""
    if item["v"] > SHAPE:
        raise Newer(f"caps row of version {item['v']} is newer than this code reads")
    times = item["times"]
    return Recent(
        item["n"], {id: Sent(*one) if item["v"] >= WITHOUT_JOURNEYS else Sent(one) for id, one in times.items()}
    )


def to_item(contact: str, recent: Recent) -> dict[str, Any]:
    """The item of recent sends."""
    pk, sk = key(contact)
    times = {id: list(sent if sent.journey else sent[:3]) for id, sent in recent.sends.items()}
    shape = SHAPE if any(sent.journey for sent in recent.sends.values()) else WITHOUT_JOURNEYS
    return {"pk": pk, "sk": sk, "v": shape, "n": recent.version, "times": times}


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
