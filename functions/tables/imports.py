"""Files of people that came in: X#imports / <id>, and who an undo still has to see to: X#undo#<id> / C#<contact>.

at (ms) · file (its name) · hash · by · state (running, done, undoing, undone) · phase and done (how many rows of it
were worked through) · rows · counts (map) · refused (bytes of the file of refused rows) · ended (ms) · v
"""

from collections.abc import Iterable, Iterator, Mapping
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


def get(id: str) -> Imported | None:
    """An import, or None."""
    row = dynamodb.get(settings.contacts_table(), (PARTITION, id))
    return from_row(row) if row else None


def every() -> list[Imported]:
    """All imports, oldest first."""
    found = map(from_row, dynamodb.query(settings.contacts_table(), PARTITION))
    return sorted(found, key=lambda one: (one.at, one.id))


def save(imported: Imported) -> None:
    """Note how far an import came."""
    dynamodb.put(settings.contacts_table(), to_row(imported))


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
    )


def touched(id: str, contacts: Iterable[str]) -> None:
    """Note contacts that an undo has to see to, before anything of theirs goes."""
    for contact in contacts:
        dynamodb.put(settings.contacts_table(), {"pk": f"X#undo#{id}", "sk": f"C#{contact}", "v": VERSION})


def left(id: str) -> Iterator[str]:
    """The contacts that an undo still has to see to."""
    for row in dynamodb.query(settings.contacts_table(), f"X#undo#{id}"):
        yield row["sk"].removeprefix("C#")


def settled(id: str, contact: str) -> None:
    """An undo has seen to a contact."""
    dynamodb.delete(settings.contacts_table(), (f"X#undo#{id}", f"C#{contact}"))
