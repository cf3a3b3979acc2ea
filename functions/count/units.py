"""What a changed row of the contacts table amounts to."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core import counting
from functions.core.counted import NEVER, Unit
from functions.tables import contacts, enrollments, memberships, messages
from functions.tables.contacts import PROFILE, STATE, contact_of

Row = Mapping[str, Any]

RUNS: Final = (enrollments.CURRENT, enrollments.EARLIER)


def unit_of(row: Row, zone: str, sources: Mapping[str, str]) -> Unit | None:
    """The unit of a row; None for one that isn't counted. `sources` are those by which contacts came."""
    pk, sk = row["pk"], row["sk"]
    if sk.startswith(messages.PREFIX):
        return counting.of_message(messages.from_item(dict(row)), zone)
    if sk.startswith(RUNS):
        return counting.of_run(enrollments.from_row(row), zone)
    if pk.startswith(memberships.PREFIX):
        segment, contact = memberships.of_key(pk, sk)
        return counting.of_member(segment, contact, row["n"], row["at"], zone, inside=not row.get("left"))
    if sk == STATE:
        contact = contact_of(pk)
        if "into" in row:
            return counting.of_nobody(contact, row.get("n", NEVER - 1))
        state, made = contacts.standing_from(row), contacts.decisions_of(row)
        return counting.of_standing(contact, row["n"], state, made, sources.get(contact, "direct"), zone)
    return None


def sources_of(rows: Iterable[Row]) -> dict[str, str]:
    """By which source those came who reached a stage just now: the first that is known."""
    entering = {
        contact_of(row["pk"])
        for row in rows
        if row["sk"] == STATE and any(one.kind == "stage" for one in contacts.decisions_of(row))
    }
    found = dynamodb.batch_get(settings.contacts_table(), [(contacts.partition(one), PROFILE) for one in entering])
    touches = {contact_of(pk): contacts.profile_from(row).first_touch for (pk, _), row in found.items()}
    return {contact: counting.source(touch.said if touch else None) for contact, touch in touches.items()}


def ids_of(row: Row) -> list[str]:
    """The ids of all units that a row of the contacts table has part in, but for where its contact stands."""
    pk, sk = row["pk"], row["sk"]
    if sk.startswith(messages.PREFIX):
        id = sk.removeprefix(messages.PREFIX)
        return [counting.message_unit(id), counting.reaction_unit(id)]
    if sk.startswith(RUNS):
        return [counting.run_unit(row["id"])]
    if pk.startswith(memberships.PREFIX):
        return [counting.member_unit(*memberships.of_key(pk, sk))]
    return []
