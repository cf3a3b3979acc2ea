"""How many events a public write key may bring: counted by each worker, added up now and then.

A worker counts in its memory and tells the others (one small write) whenever it has taken a
further tenth of the key's minute, so ordinary traffic costs no call at all. The bound is
therefore not sharp: each warm worker may take up to a tenth of a minute before it hears of the
rest. A single network address is bounded to a fourth within each worker, lest one flood use up
everybody's minute; addresses are forgotten with the minute and written nowhere.
"""

from dataclasses import dataclass, field
from typing import Final

from functions.aws.faults import is_of_aws
from functions.core.errors import Refused
from functions.core.keys import ADDRESS_SHARE, WriteKey
from functions.observability import metric
from functions.tables import rates

MINUTE_MS: Final = 60_000
TELL_SHARE: Final = 10
"""A worker tells of its events whenever they are a further tenth of what the key may bring."""
ADDRESSES_KEPT: Final = 10_000
"""So many addresses are told apart in a minute: a flood from more is bounded by the key's limit alone."""


@dataclass(slots=True)
class _Count:
    """Events of a key in this minute: `known` of all workers when last heard, `untold` of this one since."""

    known: int = 0
    untold: int = 0


@dataclass(slots=True)
class _Minute:
    number: int = -1
    keys: dict[str, _Count] = field(default_factory=dict)
    addresses: dict[tuple[str, str], int] = field(default_factory=dict)


_now = _Minute()


def admit(key: WriteKey, address: str, events: int, received: int) -> None:
    """Count `events` of a request that came at `received` (ms). Raises Refused where the key had its share."""
    if key.trusted:
        return
    number, passed = divmod(received, MINUTE_MS)
    if number != _now.number:
        forget()
        _now.number = number
    count = _now.keys.setdefault(key.held, _Count())
    source = (key.held, address)
    of_address = _now.addresses.get(source, 0)
    if count.known + count.untold >= key.per_minute or of_address >= max(1, key.per_minute // ADDRESS_SHARE):
        metric("EventsLimited", events)
        raise Refused(
            "too-many-events",
            "This write key has brought as many events as it may in a minute. Send the same again later.",
            status=429,
            retry_after=max(1, -(-(MINUTE_MS - passed) // 1000)),
        )
    if address and (of_address or len(_now.addresses) < ADDRESSES_KEPT):
        _now.addresses[source] = of_address + events
    count.untold += events
    if count.untold >= max(1, key.per_minute // TELL_SHARE):
        _tell(key, number, count)


def _tell(key: WriteKey, number: int, count: _Count) -> None:
    try:
        count.known = rates.tell(key.name, number, count.untold)
    except Exception as error:
        if not is_of_aws(error):
            raise
        # A bound that can't be shared holds in this worker; what a customer did is not lost for it.
        count.known += count.untold
    count.untold = 0


def forget() -> None:
    """Begin to count from nothing."""
    _now.number = -1
    _now.keys.clear()
    _now.addresses.clear()
