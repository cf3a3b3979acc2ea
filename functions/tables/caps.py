"""What counts against a contact's caps, on all channels: contacts table, C#<contact> / K.

times maps message id → [ms, channel, topic], and the journey where it has a limit. A reservation carries the
message's id, so a second try of the same message is counted once.

Of contacts that were merged into one all rows count, and the survivor's is written: whoever sends to any of them
meets the others there. A merge writes the rows of both (`touch_op`), so that whoever decided before it, on one of
them alone, decides again.

Before there were other channels e-mail had a row of its own, C#<contact> / K#email, whose times map
message id → ms. It is read and counted until it is outlived, and written no more: of two versions of this
code that send to one contact in the same second, while a deployment rolls, one doesn't see the other.
"""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.channels import BY_EMAIL
from functions.core.contact import Contact
from functions.core.errors import Newer
from functions.core.identity import contacts_among
from functions.core.message import Message
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
    """Recent sends to a contact alone (consistent read)."""
    return joined([contact], dynamodb.batch_get(settings.contacts_table(), keys([contact])))


def of(people: Iterable[Contact], *, consistent: bool = True) -> dict[str, Recent]:
    """Recent sends to people, whoever they were before they were merged into these, by the contact's id."""
    everybody = {contact.id: selves(contact) for contact in people}
    wanted = keys(one for ids in everybody.values() for one in ids)
    rows = dynamodb.batch_get(settings.contacts_table(), wanted, consistent=consistent)
    return {contact: joined(ids, rows) for contact, ids in everybody.items()}


def selves(contact: Contact, *others: str) -> list[str]:
    """Everybody whom a person was counted as, and `others` that are known to be: their own row's comes last."""
    return [*sorted({*others, *contacts_among(contact.profile.identities)} - {contact.id}), contact.id]


def keys(contacts: Iterable[str]) -> list[dynamodb.Key]:
    """Where everything that counts against the caps of contacts stands."""
    return [where for contact in contacts for where in (key(contact), old_key(contact))]


def joined(selves: Sequence[str], rows: Mapping[dynamodb.Key, dynamodb.Item]) -> Recent:
    """The recent sends of a person who was counted as `selves`, with the version of the last one's row."""
    held = [from_items(rows.get(key(one)), rows.get(old_key(one))) for one in selves]
    return Recent(held[-1].version, {id: sent for recent in held for id, sent in recent.sends.items()})


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


def touch_op(contact: str) -> dict[str, Any]:
    """Inside a transaction: whoever reserves by what they read before is refused."""
    return dynamodb.update_op(
        settings.contacts_table(),
        key(contact),
        "SET n = if_not_exists(n, :none) + :one, v = if_not_exists(v, :v), #times = if_not_exists(#times, :empty)",
        names={"#times": "times"},
        values={":none": 0, ":one": 1, ":v": SHAPE, ":empty": {}},
    )


def give_back(contact: Contact, message: Message) -> None:
    """Forget the reservation of a message that was not sent, wherever it stands: `contact` is who gets it."""
    for one in selves(contact, message.contact):
        with contextlib.suppress(dynamodb.ConditionFailed):
            dynamodb.update(
                settings.contacts_table(),
                key(one),
                "REMOVE #times.#m SET n = n + :one",
                condition="attribute_exists(#times.#m)",
                names={"#times": "times", "#m": message.id},
                values={":one": 1},
            )
