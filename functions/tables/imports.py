"""Files of people that came in: X#imports / <id>, and who an undo still has to see to: X#undo#<id> / C#<contact>.

at (ms) · file (its name) · hash · by · state (running, done, undoing, undone) · phase and done (how many rows of it
were worked through) · rows · counts (map) · refused (bytes of the file of refused rows) · ended (ms) · writer (which
process works at it) · v

C# rows of an undo: refs (identities that the import was the first to name; absent without).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer

VERSION: Final = 1
PARTITION: Final = "X#imports"
State = Literal["running", "done", "undoing", "undone"]
Phase = Literal["refusals", "people"]


@dataclass(frozen=True, slots=True)
class Imported:
    """One import. `at` (ms) is when it began; every row's moment is reckoned from it. `done` rows of `phase` are
    worked through: first what people refused, then the people. `counts` say what became of the rows."""

    id: str
    at: int
    file: str
    hash: str
    by: str
    rows: int
    state: State = "running"
    phase: Phase = "refusals"
    done: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    refused_bytes: int = 0
    ended: int | None = None
    writer: str = ""


class Overtaken(ValueError):
    """Somebody else works at the import by now, or takes it back."""


def get(id: str) -> Imported | None:
    """An import, or None."""
    row = dynamodb.get(settings.contacts_table(), (PARTITION, id))
    return from_row(row) if row else None


def every() -> list[Imported]:
    """All imports, oldest first."""
    found = map(from_row, dynamodb.query(settings.contacts_table(), PARTITION))
    return sorted(found, key=lambda one: (one.at, one.id))


def save(imported: Imported) -> None:
    """Note how far an import came. Raises Overtaken unless it is running, and by this writer."""
    try:
        dynamodb.put(
            settings.contacts_table(),
            to_row(imported),
            condition="#state = :running AND writer = :me",
            names={"#state": "state"},
            values={":running": "running", ":me": imported.writer},
        )
    except dynamodb.ConditionFailed:
        raise Overtaken(f"somebody else works at import {imported.id}") from None


def take(imported: Imported, writer: str) -> Imported:
    """Work at an import that is running, from where it came; whoever worked at it before is stopped at its next
    note. Raises Overtaken."""
    try:
        return from_row(_turned(imported.id, "SET writer = :writer", ("running",), {":writer": writer}))
    except dynamodb.ConditionFailed:
        raise Overtaken(f"import {imported.id} is not running any more") from None


def turn(id: str, state: State, of: Iterable[State], ended: int | None = None) -> bool:
    """Give an import in one of the states `of` another; whether it was in one."""
    more, values = (", ended = :ended", {":ended": ended}) if ended is not None else ("", {})
    try:
        _turned(id, f"SET #state = :state{more}", tuple(of), {":state": state, **values})
    except dynamodb.ConditionFailed:
        return False
    return True


def _turned(id: str, expression: str, of: tuple[str, ...], values: Mapping[str, Any]) -> dynamodb.Item:
    held = {f":s{n}": one for n, one in enumerate(of)}
    return dynamodb.update(
        settings.contacts_table(),
        (PARTITION, id),
        expression,
        condition=f"#state IN ({', '.join(held)})",
        names={"#state": "state"},
        values={**values, **held},
    )


def begin(imported: Imported) -> Imported:
    """Note a new import, unless it is there already; the one that is there."""
    if dynamodb.put_new(settings.contacts_table(), to_row(imported)):
        return imported
    return get(imported.id) or imported


def to_row(imported: Imported) -> dict[str, Any]:
    """The item of an import."""
    row: dict[str, Any] = {
        "pk": PARTITION,
        "sk": imported.id,
        "v": VERSION,
        "at": imported.at,
        "file": imported.file,
        "hash": imported.hash,
        "by": imported.by,
        "rows": imported.rows,
        "state": imported.state,
        "phase": imported.phase,
        "done": imported.done,
        "counts": dict(imported.counts),
        "refused": imported.refused_bytes,
    }
    if imported.writer:
        row["writer"] = imported.writer
    return row if imported.ended is None else row | {"ended": imported.ended}


def from_row(row: Mapping[str, Any]) -> Imported:
    """The import of an item. Raises Newer."""
    if row["v"] > VERSION:
        raise Newer(f"import row of version {row['v']} is newer than this code reads")
    return Imported(
        row["sk"],
        row["at"],
        row["file"],
        row["hash"],
        row["by"],
        row["rows"],
        row["state"],
        row["phase"],
        row["done"],
        row["counts"],
        row["refused"],
        row.get("ended"),
        row.get("writer", ""),
    )


def touched(id: str, contacts: Mapping[str, Collection[str]]) -> None:
    """Note contacts that an undo has to see to, before anything of theirs goes, and the identities of each that the
    import was the first to name."""
    for contact, refs in contacts.items():
        more, values = (" ADD refs :refs", {":refs": set(refs)}) if refs else ("", {})
        key = (f"X#undo#{id}", f"C#{contact}")
        dynamodb.update(settings.contacts_table(), key, f"SET v = :v{more}", values={":v": VERSION, **values})


def left(id: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The contacts that an undo still has to see to, each with those identities."""
    for row in dynamodb.query(settings.contacts_table(), f"X#undo#{id}"):
        yield row["sk"].removeprefix("C#"), frozenset(row.get("refs", ()))


def settled(id: str, contact: str) -> None:
    """An undo has seen to a contact."""
    dynamodb.delete(settings.contacts_table(), (f"X#undo#{id}", f"C#{contact}"))
