"""How many events a public write key has brought in its current minute, over all workers: X#rate / <key's name>. What
else is bounded in a length of time is counted alike, under a name that no key has, by the number of that time.

m minute since 1970 · n events that workers have told of · v
"""

from functions import settings
from functions.aws import dynamodb

VERSION = 1


def tell(key: str, minute: int, events: int) -> int:
    """Add `events` to what a key brought in a minute; how many it brought in that minute, as far as is known."""
    where, table = ("X#rate", key), settings.contacts_table()
    for _ in range(2):
        try:
            values = {":m": minute, ":n": events}
            return int(dynamodb.update(table, where, "ADD n :n", condition="m = :m", values=values)["n"])
        except dynamodb.ConditionFailed as other:
            if other.item is not None and other.item["m"] > minute:
                return events  # that minute is over
        try:
            dynamodb.put(
                table,
                to_row(key, minute, events),
                condition="attribute_not_exists(pk) OR m < :m",
                values={":m": minute},
            )
        except dynamodb.ConditionFailed:
            continue  # another worker began the minute at the same moment
        return events
    return events


def to_row(key: str, minute: int, events: int) -> dynamodb.Item:
    """The item of a minute that begins with these events."""
    return {"pk": "X#rate", "sk": key, "v": VERSION, "m": minute, "n": events}
