"""count: the contacts' stream → the numbers that reports show.

Guarantees. A record delivered again, late or in part is counted once: each message, run, place in a segment and contact
knows what of it was counted, in the transaction that counts it. A crash between any two calls loses nothing, for the
record is delivered again. What can never be read is set aside with its record, and the others are counted.
"""

from collections.abc import Mapping
from typing import Any

from functions import releases
from functions.aside import set_aside
from functions.aws.attributes import from_item
from functions.aws.faults import hopeless
from functions.core.counted import Unit
from functions.core.errors import Newer
from functions.count.units import Row, sources_of, unit_of
from functions.observability import handler as observed
from functions.observability import metric
from functions.tables import counts

ROOM = "count"


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle a batch of records of the contacts table."""
    live = releases.live()
    read = [(record, row) for record in event["Records"] if (row := _row(record)) is not None]
    zone = live.release.sending.business.time_zone
    sources = sources_of(row for _, row in read)
    units: list[Unit] = []
    for record, row in read:
        try:
            unit = unit_of(row, zone, sources)
        except Newer:
            # Code that reads it is on its way.
            raise
        except (KeyError, TypeError, ValueError, IndexError) as error:
            set_aside(ROOM, record, error)
            continue
        if unit is not None:
            units.append(unit)
    if changed := _count(units):
        metric("UnitsCounted", changed)
    return {"batchItemFailures": []}


def _row(record: Mapping[str, Any]) -> Row | None:
    try:
        return from_item(record["dynamodb"]["NewImage"])
    except (KeyError, TypeError, ValueError) as error:
        set_aside(ROOM, record, error)
        return None


def _count(units: list[Unit]) -> int:
    """Count them all together, or where one of them can't be written, each by itself."""
    try:
        return counts.count(units)
    except Exception as error:
        if not hopeless(error):
            raise
    changed = 0
    for unit in units:
        try:
            changed += counts.count([unit])
        except Exception as error:
            if not hopeless(error):
                raise
            set_aside(ROOM, {"unit": unit.id, "version": unit.version}, error)
    return changed
