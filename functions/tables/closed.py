"""Closed days: a contact's old day integers in a row of their own (C#id / Q), so that an event pays for recent ones.

Q: n (the version of the state's write that made it) · days (see `pack`) · v. The state names the
version it goes with and has the last word: a day that stands in both is as the state has it, 0 of
it is none, and days before a counter's cut are gone. So whatever facts become, the state alone can
say it; Q is written anew, in one transaction with the state, only where that pays.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from typing import Any, Final

from functions.core.contact import Closed, State
from functions.core.errors import Newer

VERSION: Final = 3
CLOSED: Final = "Q"
OPEN_AT_MOST: Final = 120
"""So many day integers, some 400 bytes, stand in a state before old days leave it."""
DAYS_KEPT: Final = 4
"""The newest days with activity stay open: most late events fall on them."""
DAYS_MOVED: Final = 8
"""For fewer days Q is not written anew."""
DEFLATED_FROM: Final = 256
"""Bytes."""

Days = Mapping[int, int]
Counted = Mapping[str, Days]
_SIZES: Final = ((1, "b"), (2, "h"), (4, "i"), (8, "q"))


class Torn(Exception):
    """State and closed days were read from before and after the same write: read again."""


def close(state: State) -> State:
    """The state with its old days in Q, where it pays to move them; otherwise the same state."""
    counted = state.facts.counters
    held = state.closed.days if state.closed else {}
    opened, _ = apart(counted, held)
    if sum(map(len, opened.values())) <= OPEN_AT_MOST:
        return state
    days = sorted(set().union(*opened.values()))
    if len(days) < DAYS_KEPT + DAYS_MOVED:
        return state
    last = days[-DAYS_KEPT - 1]
    old = {key: {day: n for day, n in found.items() if day <= last} for key, found in counted.items()}
    return replace(state, closed=Closed(state.version + 1, {key: found for key, found in old.items() if found}))


def apart(counted: Counted, held: Counted) -> tuple[dict[str, dict[int, int]], dict[int, list[int]]]:
    """What `held` in Q leaves for the state to say of the day integers: those that differ, and where which
    counters (by place in Q) are cut."""
    opened = {key: _differing(days, held[key]) if key in held else dict(days) for key, days in counted.items()}
    spans: list[tuple[int, int, int]] = []
    for place, key in enumerate(sorted(held)):
        kept = counted.get(key, {})
        if held[key].keys() <= kept.keys():
            continue
        lost = held[key].keys() - kept.keys()
        first = min(held[key].keys() & kept.keys(), default=max(lost) + 1)
        gone = [day for day in lost if day < first]
        if gone:
            spans.append((first, max(gone) + 1, place))
        if len(gone) < len(lost):
            opened.setdefault(key, {}).update(dict.fromkeys(lost.difference(gone), 0))
    cuts: dict[int, list[int]] = {}
    # Counters with one horizon are cut at one day, though the first day that each still has differs.
    cut = None
    for first, least, place in sorted(spans):
        if cut is None or least > cut:
            cut = first
        cuts.setdefault(cut, []).append(place)
    return {key: days for key, days in opened.items() if days}, cuts


def _differing(days: Days, held: Days) -> dict[int, int]:
    # Most counters of a contact don't move with an event.
    return {} if days == held else dict(days.items() - held.items())


def together(opened: Counted, cuts: Mapping[int, Iterable[int]], held: Counted) -> dict[str, Days]:
    """The day integers again: what `apart` took apart."""
    counted: dict[str, Days] = dict(held)
    keys = sorted(held)
    for cut, places in cuts.items():
        for place in places:
            counted[keys[place]] = {day: n for day, n in held[keys[place]].items() if day >= cut}
    for key, days in opened.items():
        counted[key] = {day: n for day, n in {**counted.get(key, {}), **days}.items() if n}
    return {key: days for key, days in counted.items() if days}


def to_row(pk: str, closed: Closed) -> dict[str, Any]:
    """The item of closed days."""
    return {"pk": pk, "sk": CLOSED, "v": VERSION, "n": closed.version, "days": pack(closed.days)}


def from_row(row: Mapping[str, Any]) -> Closed:
    """The closed days of an item."""
    if row.get("v", VERSION) > VERSION:
        raise Newer(f"closed days of version {row['v']} are newer than this code reads")
    return Closed(row["n"], unpack(row["days"]))


def pack(counted: Counted) -> bytes:
    """Day integers as bytes: for each counter its id, how many days there are, the step from each day to the next,
    and each day's integer. Numbers of a list have one size, stated before it. In front stands whether all that
    is deflated."""
    parts = []
    for key in sorted(counted):
        days = sorted(counted[key])
        steps = [day - before for day, before in zip(days, [0, *days], strict=False)]
        name = key.encode()
        parts += [struct.pack("<BI", len(name), len(days)), name]
        # The first step is from 1970 and alone of its size.
        parts += [_packed(steps[:1]), _packed(steps[1:]), _packed([counted[key][day] for day in days])]
    plain = b"".join(parts)
    # What is short stays legible, the same whichever library deflates.
    return b"\x00" + plain if len(plain) < DEFLATED_FROM else b"\x01" + zlib.compress(plain, 9)


def unpack(packed: bytes) -> dict[str, dict[int, int]]:
    """The day integers that `pack` wrote."""
    plain = zlib.decompress(packed[1:]) if packed[:1] == b"\x01" else packed[1:]
    return dict(_unpacked(memoryview(plain)))


def _unpacked(data: memoryview) -> Iterator[tuple[str, dict[int, int]]]:
    at = 0
    while at < len(data):
        named, count = struct.unpack_from("<BI", data, at)
        at += 5
        key = str(data[at : at + named], "utf-8")
        first, at = _numbers(data, at + named, min(count, 1))
        steps, at = _numbers(data, at, max(count - 1, 0))
        values, at = _numbers(data, at, count)
        yield key, dict(zip(accumulate((*first, *steps)), values, strict=True))


def _packed(numbers: list[int]) -> bytes:
    size = max((number.bit_length() // 8 + 1 for number in numbers), default=1)
    for width, code in _SIZES:
        if size <= width:
            return struct.pack(f"<B{len(numbers)}{code}", width, *numbers)
    return bytes([size]) + b"".join(number.to_bytes(size, "little", signed=True) for number in numbers)


def _numbers(data: memoryview, at: int, count: int) -> tuple[tuple[int, ...], int]:
    size = data[at]
    at += 1
    end = at + size * count
    for width, code in _SIZES:
        if size == width:
            return struct.unpack_from(f"<{count}{code}", data, at), end
    return tuple(
        int.from_bytes(data[start : start + size], "little", signed=True) for start in range(at, end, size)
    ), end
