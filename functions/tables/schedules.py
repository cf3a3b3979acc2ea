"""When journeys that start by the calendar do so next: X#starts / <journey>.

occasion, at (ms): the next moment, at which the row is due. A journey that doesn't start so has no row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer
from functions.core.ids import digest
from functions.core.schedules import Slot
from functions.tables.due import shard

SHAPE: Final = 1
PLANS: Final = "X#starts"


@dataclass(frozen=True, slots=True)
class Plan:
    """A journey and the moment at which it starts next."""

    journey: str
    next: Slot


def plans() -> list[Plan]:
    """What is planned, by journey."""
    return [plan_from(row) for row in dynamodb.query(settings.contacts_table(), PLANS)]


def plan(journey: str) -> Plan | None:
    """What is planned for a journey."""
    row = dynamodb.get(settings.contacts_table(), (PLANS, journey))
    return plan_from(row) if row else None


def put(new: Plan) -> None:
    """Let this be the plan of its journey, whatever stood there."""
    dynamodb.put(settings.contacts_table(), plan_row(new))


def remove(before: Plan) -> bool:
    """Plan nothing for a journey any more; False unless `before`'s moment is still the next."""
    condition, values = "#at = :at", {":at": before.next.at}
    try:
        dynamodb.delete(
            settings.contacts_table(), (PLANS, before.journey), condition=condition, values=values, names={"#at": "at"}
        )
    except dynamodb.ConditionFailed:
        return False
    return True


def move(before: Plan, after: Plan) -> bool:
    """Put `after` in the place of `before`; False unless `before`'s moment is still the next."""
    condition, values = "#at = :at", {":at": before.next.at}
    try:
        dynamodb.put(
            settings.contacts_table(), plan_row(after), condition=condition, values=values, names={"#at": "at"}
        )
    except dynamodb.ConditionFailed:
        return False
    return True


def plan_row(plan: Plan) -> dict[str, Any]:
    """The item of a plan."""
    return {
        "pk": PLANS,
        "sk": plan.journey,
        "v": SHAPE,
        "occasion": plan.next.occasion,
        "at": plan.next.at,
        "ds": shard(digest(plan.journey)),
        "du": plan.next.at,
    }


def plan_from(row: Mapping[str, Any]) -> Plan:
    """The plan of an item. Raises Newer."""
    if row["v"] > SHAPE:
        raise Newer(f"plan of a journey of version {row['v']} is newer than this code reads")
    return Plan(row["sk"], Slot(row["occasion"], row["at"]))
