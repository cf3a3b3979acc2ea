"""Counted numbers, and what of each unit is in them.

R#<subject> / <day>#<part>#<shard>: numbers by measure, as attributes "m.<measure>" · v
N#<unit> / N: n version of what was counted · w writes of the row · a what it added for good, g where it stands, both
{place: number} · v · ttl

A unit's row and the numbers that it changes are written in one transaction, so a number is always the sum of what its
units say. The shard "x" holds what was counted of units whose own rows are gone (somebody was erased).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from functions import clock, settings
from functions.aws import dynamodb
from functions.core.counted import NEVER, NOW, Counted, Place, Unit, join
from functions.core.errors import Newer

VERSION: Final = 1
KEPT_S: Final = 800 * 86_400
"""So long after it was last counted a unit is told from a new one: longer than anything of it is delivered late."""
SHARDS: Final = 8
"""Writers that meet at a number make way for each other to so many rows of it; mostly there is the first."""
ERASED: Final = "x"
ATTEMPTS: Final = 8
_OPERATIONS: Final = 90
"""A transaction takes a hundred."""
_LINES: Final = 80
"""So many rows of numbers are written with a unit at once."""
_PREFIX: Final = "m."


class Contended(RuntimeError):
    """Others kept writing the same numbers."""


class TooMany(RuntimeError):
    """More rows of numbers than are read at once."""


def unit_key(unit: str) -> dynamodb.Key:
    """Where it stands what was counted of a unit."""
    return f"N#{unit}", "N"


def partition(subject: str) -> str:
    """Where the numbers of a subject stand."""
    return f"R#{subject}"


def count(units: Iterable[Unit]) -> int:
    """Count units, those of one id in the order given; how many changed anything. Repeating it is safe.

    Raises Contended, or what DynamoDB raises: some may be counted by then, and all bear repetition.
    """
    grouped: dict[str, list[Unit]] = {}
    for unit in units:
        grouped.setdefault(unit.id, []).append(unit)
    return _write(grouped, lambda id, counted: _joined(counted, grouped[id]))


def put_right(units: Mapping[str, tuple[Counted, Counted]]) -> int:
    """Let be counted of units what should be: what it was when somebody looked, and what it shall be; how many were
    changed. A unit that was counted anew meanwhile stays as it is. Raises like `count`."""
    changed: set[str] = set()
    left = {id: (before, _towards(before, right), right) for id, (before, right) in units.items()}

    def righted(id: str, counted: Counted) -> tuple[Counted, dict[Place, int]]:
        before, next, _ = left[id]
        if counted != before or next == before:
            return counted, {}
        changed.add(id)
        return next, _all_of(next, before)

    while left:
        _write(left, righted)
        left = {id: (next, _towards(next, right), right) for id, (_, next, right) in left.items() if next != right}
    return len(changed)


def _all_of(after: Counted, before: Counted) -> dict[Place, int]:
    changes: Counter[Place] = Counter(after.adds)
    changes.update(after.stands)
    changes.subtract(before.adds)
    changes.subtract(before.stands)
    return dict(changes)


def _towards(before: Counted, right: Counted) -> Counted:
    """What a transaction can bring about of that, the version with the last."""
    changed = {_line(place) for place, many in _all_of(right, before).items() if many}
    if len(changed) <= _LINES:
        return right
    chosen = set(sorted(changed)[:_LINES])

    def moved(was: Mapping[Place, int], shall: Mapping[Place, int]) -> dict[Place, int]:
        stays = {place: many for place, many in was.items() if _line(place) not in chosen}
        return stays | {place: many for place, many in shall.items() if _line(place) in chosen}

    return Counted(before.version, moved(before.adds, right.adds), moved(before.stands, right.stands))


def adjust(place: Place, by: int) -> int:
    """Change a number that is not the sum of its units; 1, or 0 where others keep writing it."""
    for attempt in range(ATTEMPTS):
        try:
            dynamodb.transact(list(_numbers({place: by}, 0)))
        except dynamodb.TransactionRefused:
            clock.sleep(0.02 * 2**attempt)
        else:
            return 1
    return 0


def recountable(place: Place) -> int:
    """A number as it stands now (consistent read), without what was counted of units that are gone."""
    between = (f"{place.day}#{place.part}#", f"{place.day}#{place.part}#\uffff")
    rows = dynamodb.query(settings.contacts_table(), partition(place.subject), between=between)
    return sum(many for row in rows for at, many in recountable_in(row) if at == place)


def recountable_in(row: Mapping[str, Any]) -> Iterator[tuple[Place, int]]:
    """What a row of numbers adds to what can be recounted: less, where it holds what was counted of units that are
    gone. Raises Newer."""
    day, part, shard = place_of(row["sk"])
    for measure, many in measures_of(row).items():
        yield Place(row["pk"].removeprefix(partition("")), day, part, measure), -many if shard == ERASED else many


_Step = Callable[[str, Counted], tuple[Counted, dict[Place, int]]]
"""From what was counted of a unit to what is, and by how much numbers change."""


def _write(ids: Iterable[str], step: _Step) -> int:
    left, changed = list(ids), 0
    for attempt in range(ATTEMPTS):
        if not left:
            return changed
        if attempt:
            clock.sleep(0.02 * 2 ** min(attempt, 5))
        rows = dynamodb.batch_get(settings.contacts_table(), map(unit_key, left))
        refused: list[str] = []
        # Whoever was refused goes alone from then on, and to another row of the number.
        for chosen, pending, changes in _packed(left, step, rows, alone=attempt > 2):
            if not changes:
                continue
            try:
                dynamodb.transact([*pending, *_numbers(changes, attempt % SHARDS)])
            except dynamodb.TransactionRefused:
                refused += chosen
            else:
                changed += len(chosen)
        left = refused
    if left:
        raise Contended(f"{len(left)} units could not be counted")
    return changed


def _packed(
    ids: Sequence[str],
    step: _Step,
    rows: Mapping[dynamodb.Key, dynamodb.Item],
    *,
    alone: bool,
) -> Iterator[tuple[list[str], list[dict[str, Any]], Counter[Place]]]:
    """Units that fit into one transaction: their ids, their rows, and by how much numbers change together."""
    chosen: list[str] = []
    operations: list[dict[str, Any]] = []
    together: Counter[Place] = Counter()
    for id in ids:
        row = rows.get(unit_key(id))
        counted, changes = step(id, from_row(row) if row else Counted())
        if not changes:
            # What it says was counted; a newer version that changes no number need not be noted either.
            continue
        lines = {_line(place) for place in (*together, *changes)}
        if chosen and (alone or len(operations) + 1 + len(lines) > _OPERATIONS):
            yield chosen, operations, together
            chosen, operations, together = [], [], Counter()
        chosen.append(id)
        operations.append(_unit_op(id, counted, row))
        together.update(changes)
    yield chosen, operations, together


def _joined(counted: Counted, units: Sequence[Unit]) -> tuple[Counted, dict[Place, int]]:
    changes: Counter[Place] = Counter()
    for unit in units:
        counted, more = join(counted, unit)
        changes.update(more)
    return counted, {place: many for place, many in changes.items() if many or place.day != NOW}


def _unit_op(id: str, counted: Counted, row: dynamodb.Item | None) -> dict[str, Any]:
    condition, values = (
        ("n = :n AND w = :w", {":n": row["n"], ":w": row["w"]}) if row else ("attribute_not_exists(pk)", {})
    )
    item = to_row(id, counted, (row["w"] if row else 0) + 1, clock.now_ms())
    return dynamodb.put_op(settings.contacts_table(), item, condition=condition, values=values)


def _line(place: Place) -> tuple[str, str, str]:
    return place.subject, place.day, place.part


def _numbers(changes: Mapping[Place, int], shard: int | str) -> Iterator[dict[str, Any]]:
    lines: dict[tuple[str, str, str], dict[str, int]] = {}
    for place, many in changes.items():
        if many:
            lines.setdefault(_line(place), {})[place.measure] = many
    for (subject, day, part), measures in lines.items():
        fields = {f"#m{index}": f"{_PREFIX}{measure}" for index, measure in enumerate(measures)}
        values = {f":m{index}": many for index, many in enumerate(measures.values())}
        adding = ", ".join(f"#m{index} :m{index}" for index in range(len(measures)))
        yield dynamodb.update_op(
            settings.contacts_table(),
            (partition(subject), f"{day}#{part}#{shard}"),
            f"SET v = :v ADD {adding}",
            names=fields,
            values=values | {":v": VERSION},
        )


def forget(units: Iterable[str], *, for_good: bool = True) -> None:
    """Let units go whose things are gone: what they did stays in the numbers, where they stand does not. Nothing of
    them is counted again, unless they may begin anew (`for_good` is False). Repeating it is safe."""
    for id in units:
        _forget(id, for_good=for_good)


def _forget(id: str, *, for_good: bool) -> None:
    refused = 0
    while refused < ATTEMPTS:
        row = dynamodb.get(settings.contacts_table(), unit_key(id))
        counted = from_row(row) if row else Counted()
        if counted.version == NEVER or (row is None and not for_good):
            return
        # As many numbers go as one transaction takes, and the unit with the last.
        rest = _towards(counted, Counted(counted.version))
        last = not rest.adds and not rest.stands
        going = {place: many for place, many in counted.adds.items() if place not in rest.adds}
        standing = {place: many for place, many in counted.stands.items() if place not in rest.stands}
        gone = {place: -many for place, many in standing.items() if place.day == NOW}
        # The numbers keep what it added; beside them stands how much of them nobody can recount.
        stays = Counter(going)
        stays.update({place: many for place, many in standing.items() if place.day != NOW})
        end = _unit_op(id, Counted(NEVER) if last else rest, row) if for_good or not last else _removal(id, row)
        try:
            dynamodb.transact([end, *_numbers(gone, 0), *_numbers(stays, ERASED)])
        except dynamodb.TransactionRefused:
            clock.sleep(0.02 * 2**refused)
            refused += 1
        else:
            if last:
                return
    raise Contended("a unit kept changing")


def _removal(id: str, row: dynamodb.Item | None) -> dict[str, Any]:
    values = {":n": row["n"], ":w": row["w"]} if row else {}
    return dynamodb.delete_op(settings.contacts_table(), unit_key(id), condition="n = :n AND w = :w", values=values)


def known(units: Iterable[str]) -> list[str]:
    """Those of units of which anything is counted (consistent read)."""
    rows = dynamodb.batch_get(settings.contacts_table(), map(unit_key, units))
    return [pk.removeprefix("N#") for pk, _ in rows]


def of(subject: str, first: str, last: str, most: int | None = None) -> dict[tuple[str, str], Counter[str]]:
    """The numbers of a subject from the day `first` to `last` (2026-12-05), by day and part. Raises TooMany where they
    are more than `most` rows."""
    return _summed(_rows(subject, first, last, most))


EVER: Final = ("1", "9")
"""From the first day to the last."""


def over_days(subject: str, first: str, last: str, most: int | None = None) -> dict[str, Counter[str]]:
    """The same by part, over all those days."""
    found: dict[str, Counter[str]] = {}
    for (_, part), numbers in of(subject, first, last, most).items():
        found.setdefault(part, Counter()).update(numbers)
    return found


def standing(subject: str) -> dict[str, Counter[str]]:
    """How things stand with a subject, by part."""
    return {part: numbers for (_, part), numbers in _summed(_rows(subject, NOW, NOW)).items()}


def _rows(subject: str, first: str, last: str, most: int | None = None) -> Iterator[dynamodb.Item]:
    between = (f"{first}#", f"{last}#\uffff")
    table, pk = settings.contacts_table(), partition(subject)
    for number, row in enumerate(dynamodb.query(table, pk, between=between, consistent=False)):
        if most is not None and number >= most:
            raise TooMany(subject)
        yield row


def _summed(rows: Iterable[dynamodb.Item]) -> dict[tuple[str, str], Counter[str]]:
    found: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        day, part, shard = place_of(row["sk"])
        if shard != ERASED:
            numbers = found.setdefault((day, part), Counter())
            for measure, many in measures_of(row).items():
                numbers[measure] += many
    return found


def place_of(sk: str) -> tuple[str, str, str]:
    """The day, the part and the shard that a row of numbers is about."""
    day, _, rest = sk.partition("#")
    part, _, shard = rest.rpartition("#")
    return day, part, shard


def measures_of(row: Mapping[str, Any]) -> dict[str, int]:
    """The numbers of a row by measure."""
    if row["v"] > VERSION:
        raise Newer(f"numbers of version {row['v']} are newer than this code reads")
    return {name.removeprefix(_PREFIX): int(many) for name, many in row.items() if name.startswith(_PREFIX)}


def to_row(id: str, counted: Counted, write: int, now: int) -> dynamodb.Item:
    """The item of a unit at its `write`-th writing, at `now` (ms)."""
    pk, sk = unit_key(id)
    row: dynamodb.Item = {
        "pk": pk,
        "sk": sk,
        "v": VERSION,
        "n": counted.version,
        "w": write,
        "a": {name_of(place): many for place, many in counted.adds.items()},
        "g": {name_of(place): many for place, many in counted.stands.items()},
    }
    # Where somebody stands must be known for as long as they do.
    stands = any(place.day == NOW for place in counted.stands)
    return row if stands else row | {"ttl": now // 1000 + KEPT_S}


def from_row(row: Mapping[str, Any]) -> Counted:
    """What was counted of a unit. Raises Newer."""
    if row["v"] > VERSION:
        raise Newer(f"a counted unit of version {row['v']} is newer than this code reads")
    adds, stands = ({place_named(name): int(many) for name, many in row[part].items()} for part in ("a", "g"))
    return Counted(int(row["n"]), adds, stands)


def name_of(place: Place) -> str:
    """A place in one line."""
    return "|".join((place.subject, place.day, place.part, place.measure))


def place_named(name: str) -> Place:
    """The place of such a line."""
    return Place(*name.split("|"))
