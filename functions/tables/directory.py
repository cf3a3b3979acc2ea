"""The staff's lists of people (core/directory): Y#b#<band>#<shard>, Y#s#<stage>#<shard> and Y#n#<two letters>,
in each <what it is ordered by>#<contact> · n (version of the state that it was put for) · v.

A place is put before the state that it follows from is written, and taken away after that. So where a process dies
between them a row says too much, never too little; whoever reads a list asks the contacts themselves, and takes away
what none of them says. A contact's state notes by a mark which places were put for it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge as merged
from itertools import islice

from functions import settings
from functions.aws import dynamodb
from functions.core import directory
from functions.core.contact import Contact
from functions.core.directory import Place
from functions.tables import contacts
from functions.tables.due import shard, shards

VERSION = 1
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True, order=True)
class Listed:
    """A row of a list, and the version of the state that it was put for."""

    sk: str
    pk: str
    version: int

    @property
    def contact(self) -> str:
        return self.sk.rpartition("#")[2]


@dataclass(frozen=True, slots=True)
class Move:
    """What a write of a contact's state changes in the lists; `listed` is what the state notes of it."""

    version: int
    put: frozenset[Place]
    gone: frozenset[Place]
    listed: str


def places(contact: Contact) -> frozenset[Place]:
    """All places that a contact ought to have."""
    return directory.places(contact, shard(contact.id))


def is_listed(contact: Contact) -> bool:
    """Whether the contact's state notes the places that it ought to have."""
    return directory.mark(contact) == contact.state.listed


def move(read: Contact, written: Contact) -> Move | None:
    """What changes where a contact that stood as `read` is written as `written`; None where nothing does."""
    listed = directory.mark(written)
    if listed == read.state.listed:
        return None
    wanted, before = places(written), places(read)
    # Somebody else may have changed what it follows from: what was put for it, only the mark knows.
    known = before if directory.mark(read) == read.state.listed else frozenset[Place]()
    return Move(read.state.version + 1, wanted - known, before - wanted, listed)


def begin(change: Move) -> None:
    """Put the new places; those that a later state was given stay as they are."""
    for place in sorted(change.put):
        row = to_row(place, change.version)
        try:
            dynamodb.put(
                settings.contacts_table(),
                row,
                condition="attribute_not_exists(pk) OR n < :n",
                values={":n": change.version},
            )
        except dynamodb.ConditionFailed:
            continue


def end(change: Move) -> None:
    """Take the old places away, once the state is written."""
    for place in sorted(change.gone):
        _take(place, "n <= :n", change.version)


def leave(contact: Contact) -> None:
    """Take away the places of a contact that was merged into another, or that nothing is left of."""
    for place in sorted(places(contact)) if contact.state.listed else ():
        _take(place, "n <= :n", contact.state.version + 1)


def in_band(band: str, after: str, limit: int) -> list[Listed]:
    """The people of a temperature that follow the place `after` ("": from the first), the last active first."""
    return _first([directory.band_list(band, part) for part in shards()], after, limit)


def at_stage(stage: str, after: str, limit: int) -> list[Listed]:
    """The people at a stage, whoever entered it last first."""
    return _first([directory.stage_list(stage, part) for part in shards()], after, limit)


def called(begins: str, after: str, limit: int) -> list[Listed]:
    """The people one of whose words begins like that, by this word."""
    return list(_rows(directory.name_list(begins), max(begins, f"{after}!" if after else ""), begins + _LAST, limit))


def true(listed: Iterable[Listed]) -> list[Contact]:
    """The contacts that stand there as rows of one list say, each once, in their order; rows that are wrong go."""
    rows = list(listed)
    known = contacts.load(row.contact for row in rows)
    found: dict[str, Contact] = {}
    for row in rows:
        contact = known[row.contact]
        if Place(row.pk, row.sk) in places(contact):
            found[contact.id] = contact
        elif contact.state.version >= row.version:
            # Whoever put it has written the state by now, or never will with this version.
            _take(Place(row.pk, row.sk), "n = :n", row.version)
    return list(found.values())


def is_of(row: dynamodb.Item, names: Iterable[str]) -> bool:
    """Whether a row of the table is a place of one of these contacts."""
    return row["pk"].startswith(directory.PREFIX) and row["sk"].rpartition("#")[2] in names


def _first(lists: list[str], after: str, limit: int) -> list[Listed]:
    low = f"{after}!" if after else "0"
    return list(islice(merged(*(list(_rows(pk, low, _LAST, limit)) for pk in lists)), limit))


def _rows(pk: str, low: str, high: str, limit: int) -> Iterator[Listed]:
    rows = dynamodb.query(settings.contacts_table(), pk, between=(low, high), limit=limit, consistent=False)
    for row in rows:
        yield from_row(row)


def to_row(place: Place, version: int) -> dynamodb.Item:
    """The item of a place that was put for a version of a contact's state."""
    return {"pk": place.pk, "sk": place.sk, "n": version, "v": VERSION}


def from_row(row: dynamodb.Item) -> Listed:
    """The place of an item."""
    return Listed(row["sk"], row["pk"], row["n"])


def _take(place: Place, condition: str, version: int) -> None:
    try:
        dynamodb.delete(settings.contacts_table(), (place.pk, place.sk), condition=condition, values={":n": version})
    except dynamodb.ConditionFailed:
        return
