"""What became of the mail of a day: contacts table, X#sent#<day> / <recipients' domain, or "*" for all>.

sent, delivered, bounced, … (see core.reputation.Counts); v, ttl. Days are UTC's. Beside them stands
X#sent#<day> / #warm-up with n, how many places of a business's own day in a warm-up were given out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer
from functions.core.reputation import Counts

SHAPE: Final = 1
KEPT: Final = 90 * 86_400
"""Seconds for which a day is kept."""
WARM_UP: Final = "#warm-up"
ATTEMPTS: Final = 8
_NAMES: Final = tuple(one.name for one in fields(Counts))


def key(day: str, domain: str) -> dynamodb.Key:
    """Where a domain's counts of a day stand."""
    return f"X#sent#{day}", domain


def add(day: str, domain: str, counts: Counts) -> None:
    """Add to what is counted of a domain on a day: one write."""
    added = _added(counts)
    if not added:
        return
    names = {f"#{name}": name for name in added}
    values = {f":{name}": many for name, many in added.items()}
    adding = ", ".join(f"#{name} :{name}" for name in added)
    dynamodb.update(
        settings.contacts_table(),
        key(day, domain),
        f"SET v = :v, #ttl = :ttl ADD {adding}",
        names={**names, "#ttl": "ttl"},
        values={**values, ":v": SHAPE, ":ttl": _ends(day)},
    )


def add_each(counted: Mapping[tuple[str, str], Counts]) -> None:
    """The same for many (day, domain): each still takes a write, but 25 go in one call.

    Each is written on what was read a moment before; where another worker added meanwhile, it is added alone.
    """
    table = settings.contacts_table()
    rows = dynamodb.batch_get(table, [key(*one) for one in counted])
    changes: dict[tuple[str, str], dynamodb.Change] = {}
    fresh: dict[tuple[str, str], dict[str, Any]] = {}
    for one, counts in counted.items():
        row = rows.get(key(*one))
        added = _added(counts)
        if row is None:
            # With what most reports say, so that those that follow find it there.
            fresh[one] = {"sent": 0, "delivered": 0} | to_item(*one, counts)
        elif row["v"] <= SHAPE and added.keys() <= row.keys():
            held = {name: row[name] for name in added}
            changes[one] = dynamodb.Change(key(*one), {name: held[name] + added[name] for name in added}, (), held)
    done = dict(zip(changes, dynamodb.change_each(table, list(changes.values())), strict=True))
    done |= dict(zip(fresh, dynamodb.insert_new(table, list(fresh.values())), strict=True))
    for one, counts in counted.items():
        if not done.get(one, False):
            add(*one, counts)


def _added(counts: Counts) -> dict[str, int]:
    return {name: many for name in _NAMES if (many := getattr(counts, name))}


def totals(days: Iterable[str], domain: str = "*") -> dict[str, Counts]:
    """What is counted of a domain, or of all, on each of these days (consistent read)."""
    found = dynamodb.batch_get(settings.contacts_table(), [key(day, domain) for day in days])
    return {pk.rpartition("#")[2]: from_item(item) for (pk, _), item in found.items()}


def by_domain(day: str) -> dict[str, Counts]:
    """Everything that is counted on a day."""
    rows = dynamodb.query(settings.contacts_table(), f"X#sent#{day}", consistent=False)
    return {row["sk"]: from_item(row) for row in rows if row["sk"] != WARM_UP}


def take(day: str, wanted: int, allowance: int) -> int:
    """How many of `wanted` more marketing mails get a place on a day (the business's own, as 2026-12-01) that has
    so many in all. What is given out is counted at once: over all workers no more than the allowance."""
    table, where = settings.contacts_table(), key(day, WARM_UP)
    wanted = min(wanted, allowance)
    for _ in range(ATTEMPTS):
        if wanted <= 0:
            return 0
        values = {":w": wanted, ":most": allowance - wanted, ":v": SHAPE, ":ttl": _ends(day)}
        try:
            dynamodb.update(
                table,
                where,
                "SET v = :v, #ttl = :ttl ADD n :w",
                condition="attribute_not_exists(n) OR n <= :most",
                names={"#ttl": "ttl"},
                values=values,
            )
        except dynamodb.ConditionFailed as refused:
            wanted = min(wanted, allowance - (refused.item or {}).get("n", 0))
        else:
            return wanted
    return 0


def taken(days: Iterable[str]) -> dict[str, int]:
    """How many places of each day were given out (consistent read)."""
    rows = dynamodb.batch_get(settings.contacts_table(), [key(day, WARM_UP) for day in days])
    return {pk.rpartition("#")[2]: int(row["n"]) for (pk, _), row in rows.items()}


def _ends(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) + KEPT


def to_item(day: str, domain: str, counts: Counts) -> dict[str, Any]:
    """The row that `add` makes of the first counts of a day."""
    pk, sk = key(day, domain)
    return {"pk": pk, "sk": sk, "v": SHAPE, "ttl": _ends(day), **_added(counts)}


def from_item(item: Mapping[str, Any]) -> Counts:
    """The counts of a row. Raises Newer."""
    if item["v"] > SHAPE:
        raise Newer(f"reputation row of version {item['v']} is newer than this code reads")
    return Counts(**{name: item.get(name, 0) for name in _NAMES})
