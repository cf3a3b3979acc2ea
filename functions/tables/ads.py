"""Which ads led where, day by day: X#ads#<day>.

<digest>: an ad and a place · a the ad's parts · p the landing page, or u another address · v · ttl
#: how many of them the day has · n · v · ttl

Nobody is named. Anybody can make up an address, so a day takes AT_MOST of them.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from functions import settings
from functions.aws import dynamodb
from functions.core.ads import Ad, Landed

VERSION: Final = 1
KEPT: Final = timedelta(days=400)
AT_MOST: Final = 2_000
"""Ads and places that a day takes. A crash between two calls may let one more in."""
HEAD: Final = "#"


def partition(day: date) -> str:
    """Where everything about a day (UTC) stands."""
    return f"X#ads#{day.isoformat()}"


def note(one: Landed) -> bool:
    """Put down that an ad led to a place, once. False where the day takes no more."""
    table, key = settings.contacts_table(), (partition(one.day), one.id)
    try:
        dynamodb.put(table, to_row(one), condition="attribute_not_exists(pk)")
    except dynamodb.ConditionFailed:
        return True
    head = dynamodb.update(
        table,
        (partition(one.day), HEAD),
        "SET v = :v, #ttl = :ttl ADD n :one",
        names={"#ttl": "ttl"},
        values={":v": VERSION, ":ttl": _ttl(one.day), ":one": 1},
    )
    if head["n"] <= AT_MOST:
        return True
    dynamodb.delete(table, key)
    return False


def of_days(first: date, last: date) -> Iterator[Landed]:
    """What is known of these days, both included."""
    for number in range((last - first).days + 1):
        for row in dynamodb.query(
            settings.contacts_table(), partition(first + timedelta(days=number)), consistent=False
        ):
            if row["sk"] != HEAD:
                yield from_row(row)


def to_row(one: Landed) -> dynamodb.Item:
    """The item of an ad and a place."""
    place = {"p": one.page} if one.page else {"u": one.address}
    parts = {name: text for name, text in one.ad.parts.items() if text}
    return {"pk": partition(one.day), "sk": one.id, "v": VERSION, "a": parts, **place, "ttl": _ttl(one.day)}


def from_row(row: dynamodb.Item) -> Landed:
    """The ad and the place of an item."""
    day = date.fromisoformat(row["pk"].rpartition("#")[2])
    return Landed(Ad(**row["a"]), row.get("p", ""), row.get("u", ""), day)


def _ttl(day: date) -> int:
    return int((datetime(day.year, day.month, day.day, tzinfo=UTC) + KEPT).timestamp())
