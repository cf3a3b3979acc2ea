"""Rows of the events table: inserted once, never changed.

pk source "k#hash" · sk client stamp#messageId · at, rx (ms) · kind, name · body (JSON of
properties, traits, context) · ids (further identities) · cause (absent when live) ·
proved, held (absent when not) · ttl (epoch seconds; absent: stays) · v

Rulings about a source's events stand behind them; see rulings.
"""

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from functions import clock, settings
from functions.aws import dynamodb
from functions.core.errors import Newer
from functions.core.event import LIVE, Event
from functions.core.identity import ANONYMOUS, EMAIL, PHONE, PUSH, SELF, USER, kind_of
from functions.core.intake import LIKE_BROWSERS
from functions.core.retention import Keep
from functions.observability import metric

VERSION = 2
FIRST_NO_EVENT: Final = ":"
"""Sort keys of events begin with a digit: what stands beyond them begins with this or more."""
FOR_EVER: Final = Keep()
READ_AT_MOST: Final = 24 * 1024 * 1024
"""Bytes of rows that are read for one contact: some forty thousand events. Anyone may flood a browser's
source and claim it for an address; the function that counts must still come to an end."""
_ROW_BYTES: Final = 200
"""What a row takes besides its body."""
NEWEST_BYTES: Final = 2 * 1024 * 1024
"""Bytes of rows that a page about somebody reads at once."""
_FEWEST: Final = 20
"""So many rows of a source are read at once at least."""
_FLOODED_LAST: Final = (USER, EMAIL, PHONE, PUSH, SELF, ANONYMOUS)


def to_row(event: Event, keep: Keep = FOR_EVER) -> dict[str, Any]:
    """The item of an event that stays for as long as `keep` says."""
    body = {key: value for key, value in (("p", event.properties), ("t", event.traits), ("c", event.context)) if value}
    row: dict[str, Any] = {
        "pk": event.source,
        "sk": event.sort_key,
        "v": VERSION,
        "at": event.at,
        "rx": event.received,
        "kind": event.kind,
        "name": event.name,
    }
    if body:
        row["body"] = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=dict)
    if event.identities:
        row["ids"] = list(event.identities)
    if event.cause != LIVE:
        row["cause"] = event.cause
    row |= {name: True for name in ("proved", "held") if getattr(event, name)}
    until = keep.until(event)
    return row if until is None else row | {"ttl": until}


def from_row(row: Mapping[str, Any]) -> Event:
    """The event of an item. Raises ValueError or KeyError for what is none."""
    if row["v"] > VERSION:
        raise Newer(f"event row of version {row['v']} is newer than this code reads")
    stamp, _, identifier = row["sk"].partition("#")
    body = json.loads(row.get("body", "{}"))
    context = body.get("c", {})
    if row["v"] < 2 and not str(context.get("userAgent", "")).startswith(LIKE_BROWSERS):
        # Version 1 noted a server's own user agent as if it were the visitor's.
        context.pop("userAgent", None)
    return Event(
        source=row["pk"],
        id=identifier,
        stamp=int(stamp),
        at=row["at"],
        received=row["rx"],
        kind=row["kind"],
        name=row["name"],
        properties=body.get("p", {}),
        traits=body.get("t", {}),
        context=context,
        identities=tuple(row.get("ids", ())),
        cause=row.get("cause", LIVE),
        proved=row.get("proved", False),
        held=row.get("held", False),
    )


def insert(events: Sequence[Event], keep: Keep = FOR_EVER) -> list[bool]:
    """Store events that are not yet stored, for as long as `keep` says; whether each was new. The first copy wins."""
    return dynamodb.insert_new(settings.events_table(), [to_row(event, keep) for event in events])


def insert_each(events: Sequence[Event], keep: Keep = FOR_EVER) -> list[bool | str]:
    """The same where one that fails holds up no other: whether each was new, or the code of what failed."""
    return dynamodb.insert_each(settings.events_table(), [to_row(event, keep) for event in events])


def remove(source: str, sort_key: str) -> None:
    """Take an event of somebody who was erased off the table."""
    dynamodb.delete(settings.events_table(), (source, sort_key))


def rows_of(source: str, *, before: int | None = None) -> Iterator[dynamodb.Item]:
    """Rows of a source, verdicts among them; with `before`, only events stamped earlier (ms)."""
    between = None if before is None else ("0", f"{before:013d}")
    return dynamodb.query(settings.events_table(), source, between=between)


def of_sources(sources: Sequence[str], stamps: tuple[int, int] | None = None) -> Iterator[Event]:
    """Events of several sources (consistent read), all or between two client stamps in ms, inclusive.

    Newest first within a source, and what people say of themselves before what browsers say:
    past READ_AT_MOST bytes the rest is left out. What may go by now is gone: when it is taken off is DynamoDB's affair.
    """
    return (from_row(row) for row in rows_of_sources(sources, stamps) if is_event(row))


def newest_of(source: str, limit: int) -> Iterator[Event]:
    """The newest events of a source by their client's clock, `limit` rows at most. May be a second old."""
    now = clock.now_ms() // 1000
    for row in dynamodb.query(
        settings.events_table(), source, between=("0", FIRST_NO_EVENT), forward=False, limit=limit, consistent=False
    ):
        if is_event(row) and row.get("ttl", now) >= now:
            yield from_row(row)


def newest_rows(sources: Sequence[str], most: int, before: str = "") -> tuple[list[dynamodb.Item], str]:
    """The newest events of several sources together as items, newest first by their clients' clocks (consistent read):
    those that stand before a sort key where one is given, `most` of them, and no more than NEWEST_BYTES. With them
    the sort key before which the others stand, "" where there are none."""
    each = max(_FEWEST, most // max(1, len(sources)))
    together = heapq.merge(
        *(_backwards(source, before, each) for source in sources), key=lambda row: row["sk"], reverse=True
    )
    found: list[dynamodb.Item] = []
    left, now = NEWEST_BYTES, clock.now_ms() // 1000
    for row in together:
        if len(found) == most or left < 0:
            return found, found[-1]["sk"]
        if row.get("ttl", now) >= now:
            found.append(row)
            left -= _ROW_BYTES + len(row.get("body", ""))
    return found, ""


def _backwards(source: str, before: str, each: int) -> Iterator[dynamodb.Item]:
    """The events of a source, the newest first, read so many at a time."""
    high = before or FIRST_NO_EVENT
    while True:
        table, between = settings.events_table(), ("0", high)
        # The row that stands at the end itself was there before.
        rows = list(dynamodb.query(table, source, between=between, forward=False, limit=each + 1))
        yield from (row for row in rows if row["sk"] < high and is_event(row))
        if len(rows) <= each:
            return
        high = rows[-1]["sk"]


def is_event(row: Mapping[str, Any]) -> bool:
    """Whether a row of the table is an event, rather than something about one."""
    return bool(row["sk"] < FIRST_NO_EVENT)


def rows_of_sources(sources: Sequence[str], stamps: tuple[int, int] | None = None) -> Iterator[dynamodb.Item]:
    """The same as items. Where all is asked for, what is said about a source's events comes before them."""
    between = None if stamps is None else between_stamps(stamps)
    left, now = READ_AT_MOST, clock.now_ms() // 1000
    for source in sorted(sources, key=lambda source: _FLOODED_LAST.index(kind_of(source))):
        for row in dynamodb.query(settings.events_table(), source, between=between, forward=False):
            if row.get("ttl", now) < now:
                continue
            left -= _ROW_BYTES + len(row.get("body", ""))
            if left < 0:
                metric("EventsLeftOut")
                return
            yield row


def between_stamps(stamps: tuple[int, int], prefix: str = "") -> tuple[str, str]:
    """The range of sort keys of events between two client stamps, inclusive, behind a prefix."""
    return f"{prefix}{stamps[0]:013d}#", f"{prefix}{stamps[1]:013d}#\U0010ffff"


def get(source: str, sort_key: str) -> Event | None:
    """One event (consistent read)."""
    row = dynamodb.get(settings.events_table(), (source, sort_key))
    return from_row(row) if row else None
