"""Who is in a segment: G#<segment>#<shard> / C#<contact>.

n version of the state that decided it · at (ms) · left, ttl (only on those who left) · v
"""

from collections.abc import Iterator

from functions import settings
from functions.aws import dynamodb
from functions.tables.due import shard, shards

VERSION = 1
PREFIX = "G#"
KEPT_S = 172_800
"""Whoever left is kept for so many seconds, longer than any older decision may still be
delivered, which must not bring them back."""


def key(segment: str, contact: str) -> dynamodb.Key:
    """Where it stands that a contact is in a segment."""
    return f"G#{segment}#{shard(contact)}", f"C#{contact}"


def of_key(pk: str, sk: str) -> tuple[str, str]:
    """The segment and the contact that a row's key names."""
    return pk.removeprefix(PREFIX).rpartition("#")[0], sk.removeprefix("C#")


def members(segment: str) -> Iterator[str]:
    """The contacts that are in a segment, as last decided."""
    for number in shards():
        for row in dynamodb.query(settings.contacts_table(), f"G#{segment}#{number}", consistent=False):
            if not row.get("left"):
                yield row["sk"].removeprefix("C#")


def page(segment: str, part: str, after: str, limit: int, *, by: int | None = None) -> tuple[list[str], str | None]:
    """Members of a segment in one shard that follow the contact `after` ("": from the first), of at most `limit`
    rows, and the last contact looked at; None where the shard is through. With `by` (ms) those who had entered by
    then."""
    low = f"C#{after}!" if after else "C#"
    pk = f"G#{segment}#{part}"
    rows = list(dynamodb.query(settings.contacts_table(), pk, between=(low, "C#~"), limit=limit, consistent=False))
    found = [row["sk"].removeprefix("C#") for row in rows if not row.get("left") and (by is None or row["at"] <= by)]
    return found, rows[-1]["sk"].removeprefix("C#") if len(rows) == limit else None


def among(segment: str, part: str, first: str, last: str) -> frozenset[str]:
    """The members of a segment in one shard from contact `first` to contact `last`."""
    rows = dynamodb.query(
        settings.contacts_table(), f"G#{segment}#{part}", between=(f"C#{first}", f"C#{last}"), consistent=False
    )
    return frozenset(row["sk"].removeprefix("C#") for row in rows if not row.get("left"))


def note(segment: str, contact: str, *, inside: bool, version: int, at: int) -> bool:
    """Note that the contact entered or left, as decided by `version` of its state at `at` (ms).

    False, and nothing changes, where a later version has decided already.
    """
    pk, sk = key(segment, contact)
    row = {"pk": pk, "sk": sk, "v": VERSION, "n": version, "at": at}
    if not inside:
        row |= {"left": True, "ttl": at // 1000 + KEPT_S}
    try:
        dynamodb.put(
            settings.contacts_table(), row, condition="attribute_not_exists(pk) OR n <= :n", values={":n": version}
        )
    except dynamodb.ConditionFailed:
        return False
    return True
