"""Rows of the events table that say who an event's visitor was: inserted once, never changed.

pk the event's source · sk V#<the event's sort key>#<ms> · who (person, bot) · rule · reason
(absent when none) · v. They stand in their event's partition, so one query gives a source's
events with their verdicts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer
from functions.core.event import Event
from functions.core.verdicts import Ruling, latest
from functions.tables import events

VERSION: Final = 1
PREFIX: Final = "V#"
RULINGS_OF_EACH: Final = 4
"""So many rulings of each event are read where only the newest events are."""

Told = tuple[Event, Ruling | None]
"""An event, and the ruling on it that holds."""


def to_row(ruling: Ruling) -> dict[str, Any]:
    """The item of a ruling."""
    row: dict[str, Any] = {
        "pk": ruling.source,
        "sk": f"{PREFIX}{ruling.event}#{ruling.at:013d}",
        "v": VERSION,
        "who": ruling.who,
        "rule": ruling.rule,
    }
    if ruling.reason:
        row["reason"] = ruling.reason
    return row


def from_row(row: Mapping[str, Any]) -> Ruling:
    """The ruling of an item. Raises ValueError or KeyError for what is none."""
    if row["v"] > VERSION:
        raise Newer(f"ruling row of version {row['v']} is newer than this code reads")
    event, _, at = row["sk"].removeprefix(PREFIX).rpartition("#")
    if row["who"] not in ("person", "bot"):
        raise ValueError("a ruling says person or bot")
    return Ruling(row["pk"], event, int(at), row["who"], row["rule"], row.get("reason", ""))


def is_ruling(row: Mapping[str, Any]) -> bool:
    """Whether a row of the events table is a ruling."""
    return bool(row["sk"].startswith(PREFIX))


def insert(rulings: Sequence[Ruling]) -> None:
    """Store rulings. Their events' facts follow by way of the stream."""
    dynamodb.insert_new(settings.events_table(), [to_row(ruling) for ruling in rulings])


def on(event: Event) -> list[Ruling]:
    """Every ruling on one event, oldest first (consistent read)."""
    rows = dynamodb.query(settings.events_table(), event.source, begins=f"{PREFIX}{event.sort_key}#")
    return [from_row(row) for row in rows]


def told(sources: Sequence[str], stamps: tuple[int, int] | None = None) -> Iterator[Told]:
    """Events as `events.of_sources` gives them, each with its ruling (consistent read)."""
    known: dict[tuple[str, str], list[Ruling]] = {}
    if stamps is not None:
        for source in sources:
            between = events.between_stamps(stamps, PREFIX)
            for row in dynamodb.query(settings.events_table(), source, between=between):
                _note(known, row)
    for row in events.rows_of_sources(sources, stamps):
        if is_ruling(row):
            _note(known, row)
        elif events.is_event(row):
            yield events.from_row(row), latest(known.pop((row["pk"], row["sk"]), ()))


def joined(rows: Iterable[Mapping[str, Any]], spoiled: list[str] | None = None) -> list[Told]:
    """The events among all rows of some sources, in whatever order, each with its ruling. Those that can't be read are
    noted in `spoiled` where that is given. Raises Newer, and else ValueError or KeyError."""
    known: dict[tuple[str, str], list[Ruling]] = {}
    found: list[Event] = []
    for row in rows:
        try:
            if is_ruling(row):
                _note(known, row)
            elif events.is_event(row):
                found.append(events.from_row(row))
        except Newer:
            raise
        except (ValueError, KeyError, TypeError):
            if spoiled is None:
                raise
            spoiled.append(f"{row['pk']} {row['sk']}")
    return [(event, latest(known.get((event.source, event.sort_key), ()))) for event in found]


def newest(sources: Sequence[str], most: int, before: str = "") -> tuple[list[Told], str]:
    """Events as `events.newest_rows` gives them, each with its ruling, and the sort key before which others stand."""
    rows, older = events.newest_rows(sources, most, before)
    known: dict[tuple[str, str], list[Ruling]] = {}
    for source in {row["pk"] for row in rows}:
        keys = [row["sk"] for row in rows if row["pk"] == source]
        between = (f"{PREFIX}{min(keys)}#", f"{PREFIX}{max(keys)}#~")
        for row in dynamodb.query(settings.events_table(), source, between=between, limit=RULINGS_OF_EACH * most):
            _note(known, row)
    return [(events.from_row(row), latest(known.get((row["pk"], row["sk"]), ()))) for row in rows], older


def _note(known: dict[tuple[str, str], list[Ruling]], row: Mapping[str, Any]) -> None:
    ruling = from_row(row)
    known.setdefault((ruling.source, ruling.event), []).append(ruling)
