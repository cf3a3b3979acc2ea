"""People in great number, stored as intake and scoring would have left them, without the events behind."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from functions.aws.attributes import to_item
from functions.core.consent import Head
from functions.core.contact import Moment, Profile, Rank, Standing, State
from functions.core.identity import EMAIL, hash_of, identity_ref
from functions.core.ids import digest
from functions.core.release import Release, canonical, load
from functions.tables import addresses, contacts, memberships
from tests.cloud import Cloud, marketing
from tests.cloud.cloud import PEPPER

SEGMENT = "keen"
TOPIC = "tips"
CAMPAIGN = "harvest"
_LONG_AGO = 1_000


def contact_id(number: int) -> str:
    """The id of a person."""
    return digest("person", str(number))


def email(number: int) -> str:
    """The address of a person."""
    return f"person-{number}@example.com"


def ref_of(number: int) -> str:
    """The identity of that address."""
    ref = identity_ref(EMAIL, email(number), PEPPER)
    assert ref is not None
    return ref


def rows_of(
    number: int, *, topic: str | None = TOPIC, segments: Sequence[str] = (SEGMENT,), **traits: Any
) -> list[dict[str, Any]]:
    """State, profile, identity, consent and memberships of a person."""
    contact, ref = contact_id(number), ref_of(number)
    rank = Rank(proved=False, moment=Moment(_LONG_AGO, 0))
    held = {name: (rank, value) for name, value in {"email": email(number), **traits}.items()}
    state = State(contact, 0, 1, standing=Standing(segments=dict.fromkeys(segments, _LONG_AGO)))
    rows = [contacts.state_row(state, ()), contacts.profile_row(Profile(contact, 1, held, (ref,)), 1)]
    if topic is not None:
        rows.append(addresses.head_item(hash_of(ref), Head(1, {topic: _LONG_AGO})))
    rows += [member_row(number, segment) for segment in segments]
    return rows


def member_row(number: int, segment: str = SEGMENT, **more: Any) -> dict[str, Any]:
    """That a person is in a segment."""
    pk, sk = memberships.key(segment, contact_id(number))
    return {"pk": pk, "sk": sk, "v": memberships.VERSION, "n": 1, "at": _LONG_AGO, **more}


def store(cloud: Cloud, rows: Iterable[Mapping[str, Any]]) -> None:
    """Put rows into the contacts table, as they are."""
    client, table, batch = cloud.emulator.client("dynamodb"), f"{cloud.name}-contacts", []
    for row in rows:
        batch.append({"PutRequest": {"Item": to_item(row)}})
        if len(batch) == 25:
            client.batch_write_item(RequestItems={table: batch})
            batch = []
    if batch:
        client.batch_write_item(RequestItems={table: batch})


def people(cloud: Cloud, *numbers: int, **how: Any) -> None:
    """Store these people."""
    store(cloud, (row for number in numbers for row in rows_of(number, **how)))


def with_campaign(*, per_second: float = 100, caps: Sequence[Any] = (), **more: Any) -> bytes:
    """The demo business with one campaign, of the welcome to everybody who is keen, and no journey."""
    content = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    content["sending"] |= {"rate_per_second": per_second, "caps": list(caps)}
    content["journeys"] = {}
    content["campaigns"] = {CAMPAIGN: {"topic": TOPIC, "send": "welcome", "to": SEGMENT, **more}}
    return canonical(Release.model_validate(content))
