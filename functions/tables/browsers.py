"""From how many different browsers a mailed link to a file was opened: contacts table, D#<digest of the link> / D.

seen (digests of browsers, in the order in which they came) · ttl (epoch seconds) · v. A digest is of what the browser
says it is, keyed, and with its link: it tells browsers of one link apart, and can be compared with no other's.
"""

from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer

VERSION: Final = 1
MOST: Final = 20
"""So many are told apart."""


def place(link: str, browser: str, kept_until: int) -> int:
    """Which of the browsers that opened `link` this one is, from 1; it is noted where it is new. The same however
    often, and at once, it asks. The row may go at `kept_until` (epoch seconds)."""
    table, key = settings.contacts_table(), (f"D#{link}", "D")
    for _ in range(2):
        values: dict[str, Any] = {":none": [], ":one": [browser], ":b": browser, ":most": MOST, ":v": VERSION}
        try:
            row = dynamodb.update(
                table,
                key,
                "SET seen = list_append(if_not_exists(seen, :none), :one), #ttl = :ttl, v = :v",
                condition="attribute_not_exists(pk) OR (NOT contains(seen, :b) AND size(seen) < :most)",
                names={"#ttl": "ttl"},
                values={**values, ":ttl": kept_until},
            )
        except dynamodb.ConditionFailed:
            found = dynamodb.get(table, key)
            # Its time was over a moment ago.
            if found is None:
                continue
            row = found
        seen = from_row(row)
        return seen.index(browser) + 1 if browser in seen else MOST + 1
    return 1


def to_row(link: str, seen: list[str], kept_until: int) -> dynamodb.Item:
    """The item of a link that these browsers opened."""
    return {"pk": f"D#{link}", "sk": "D", "v": VERSION, "seen": seen, "ttl": kept_until}


def from_row(row: dynamodb.Item) -> list[str]:
    """The browsers that opened the link of an item, in the order in which they came. Raises Newer."""
    if row["v"] > VERSION:
        raise Newer(f"browsers row of version {row['v']} is newer than this code reads")
    return list(row["seen"])
