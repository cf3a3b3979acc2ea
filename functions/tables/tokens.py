"""Where an enrollment's execution is parked: C#<contact> / W#<enrollment>.

token · journey, key, turn, gen, started, parks (of the alarm that it is parked for) · v
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions import settings
from functions.aws import dynamodb
from functions.core.alarm import Alarm
from functions.core.errors import Newer
from functions.tables.contacts import contact_of, partition

VERSION = 1


@dataclass(frozen=True, slots=True)
class Parked:
    """A task token and what its execution waits for."""

    token: str
    alarm: Alarm


def _key(contact: str, enrollment: str) -> dynamodb.Key:
    return partition(contact), f"W#{enrollment}"


def to_row(parked: Parked) -> dict[str, Any]:
    """The item of a parked execution."""
    alarm = parked.alarm
    pk, sk = _key(alarm.contact, alarm.enrollment)
    return {
        "pk": pk,
        "sk": sk,
        "v": VERSION,
        "token": parked.token,
        "journey": alarm.journey,
        "turn": alarm.turn,
        "gen": alarm.generation,
        "started": alarm.started,
        "parks": alarm.parks,
        **({"key": alarm.key} if alarm.key else {}),
    }


def from_row(row: Mapping[str, Any]) -> Parked:
    """The parked execution of an item. Raises Newer."""
    if row["v"] > VERSION:
        raise Newer(f"token row of version {row['v']} is newer than this code reads")
    contact, enrollment = contact_of(row["pk"]), row["sk"].removeprefix("W#")
    # How long it is parked is the execution's affair: nobody needs it from here.
    age = row["started"], row["parks"], row["gen"]
    alarm = Alarm(contact, enrollment, row["journey"], row["turn"], 0, *age, row.get("key", ""))
    return Parked(row["token"], alarm)


def register(parked: Parked) -> bool:
    """Note where the execution is parked; False if a later generation has taken over."""
    try:
        dynamodb.put(
            settings.contacts_table(),
            to_row(parked),
            condition="attribute_not_exists(pk) OR gen <= :gen",
            values={":gen": parked.alarm.generation},
        )
    except dynamodb.ConditionFailed:
        return False
    return True


def get(contact: str, enrollment: str) -> Parked | None:
    """Where the execution was last parked (consistent read)."""
    row = dynamodb.get(settings.contacts_table(), _key(contact, enrollment))
    return from_row(row) if row else None


def forget(contact: str, enrollment: str) -> None:
    """Drop the token of an enrollment that has ended."""
    dynamodb.delete(settings.contacts_table(), _key(contact, enrollment))
