"""Facts as a short text: a contact's state should stay within one write unit (1 KB).

Numbers are base 36. Days of a counter are written as differences, a count other than
one after a star: "fr4 1 1*3" is one event on day fr4, one the day after, three the day after that.
Where closed days stand in a row of their own, `q` names that row's version and the cuts: "7 fr4:0.2"
goes with version 7, of which the first and the third counter begin on day fr4.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from functions.core.contact import Closed, ConsentFacts, Facts, MessageFacts, Moment
from functions.tables.closed import Torn, apart, together
from functions.tables.later import Later

V = TypeVar("V")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    """A whole number, with a leading minus where negative."""
    if number < 0:
        return "-" + base36(-number)
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits


def _optional(number: int | None) -> str:
    return "" if number is None else base36(number)


def _number(text: str) -> int | None:
    return int(text, 36) if text else None


def _days(days: Mapping[int, int]) -> str:
    words, before = [], 0
    for day in sorted(days):
        words.append(base36(day - before) + (f"*{base36(days[day])}" if days[day] != 1 else ""))
        before = day
    return " ".join(words)


def _read_days(text: str) -> dict[int, int]:
    days, day = {}, 0
    for word in text.split():
        step, _, count = word.partition("*")
        day += int(step, 36)
        days[day] = int(count or "1", 36)
    return days


def _moment(moment: Moment) -> str:
    return f"{base36(moment.at)}.{base36(moment.tie)}"


def _read_moment(text: str) -> Moment:
    at, _, tie = text.partition(".")
    return Moment(int(at, 36), int(tie, 36))


def dump(facts: Facts, closed: Closed | None = None) -> str:
    """The text of facts, without those days that `closed` says."""
    pointer = ""
    if closed is not None:
        opened, cuts = apart(facts.counters, closed.days)
        facts = replace(facts, counters=opened)
        pointer = " ".join([base36(closed.version), *(_cut(day, places) for day, places in sorted(cuts.items()))])
    parts: dict[str, Any] = {
        "c": {key: _days(days) for key, days in sorted(facts.counters.items())},
        "n": {key: " ".join(map(_moment, moments)) for key, moments in sorted(facts.newest.items())},
        "t": {tag: f"{_moment(moment)}{'' if on else '-'}" for tag, (moment, on) in sorted(facts.tags.items())},
        "m": {
            key: f"{base36(one.sent)}.{_optional(one.opened)}.{_optional(one.clicked)}"
            for key, one in sorted(facts.messages.items())
        },
        "k": {key: f"{base36(one.granted)}.{base36(one.withdrawn)}" for key, one in sorted(facts.consents.items())},
    }
    kept: dict[str, Any] = {name: part for name, part in parts.items() if part}
    if facts.first is not None and facts.last is not None:
        kept["w"] = f"{base36(facts.first)} {base36(facts.last)}"
    if facts.earliest:
        kept["f"] = {key: _moment(moment) for key, moment in sorted(facts.earliest.items())}
    if facts.stage_set:
        kept["p"] = [_moment(facts.stage_set[0]), facts.stage_set[1]]
    if facts.skew != (0, 0):
        kept["s"] = list(facts.skew)
    if pointer:
        kept["q"] = pointer
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def _cut(day: int, places: Iterable[int]) -> str:
    return f"{base36(day)}:{'.'.join(map(base36, places))}"


def _read_cut(text: str) -> tuple[int, list[int]]:
    day, _, places = text.partition(":")
    return int(day, 36), [int(place, 36) for place in places.split(".")]


def is_split(text: str) -> bool:
    """Whether closed days belong to the facts of a text."""
    return '"q":"' in text and "q" in json.loads(text)


def load(text: str, closed: Closed | None = None) -> Facts:
    """The facts of a text that `dump` wrote. Raises Torn if it goes with other closed days than these."""
    parts = json.loads(text)
    counters: Mapping[str, Mapping[int, int]] = _later(parts, "c", _read_days)
    if "q" in parts:
        version, *cuts = parts["q"].split()
        if closed is None or int(version, 36) != closed.version:
            raise Torn
        counters = together(counters, dict(map(_read_cut, cuts)), closed.days)
    first, last = (int(word, 36) for word in parts["w"].split()) if "w" in parts else (None, None)
    low, high = parts.get("s", (0, 0))
    return Facts(
        counters=counters,
        newest=_later(parts, "n", _read_moments),
        tags=_later(parts, "t", _read_tag),
        messages=_later(parts, "m", _read_message),
        consents=_later(parts, "k", _read_consent),
        first=first,
        last=last,
        skew=(low, high),
        earliest=_later(parts, "f", _read_moment),
        stage_set=(_read_moment(parts["p"][0]), parts["p"][1]) if "p" in parts else None,
    )


def _later(parts: Mapping[str, Any], name: str, read: Callable[[str], V]) -> Mapping[str, V]:
    stored = parts.get(name)
    return Later(stored, read) if stored else {}


def _read_moments(text: str) -> tuple[Moment, ...]:
    return tuple(map(_read_moment, text.split()))


def _read_tag(text: str) -> tuple[Moment, bool]:
    return _read_moment(text.removesuffix("-")), not text.endswith("-")


def _read_message(text: str) -> MessageFacts:
    sent, opened, clicked = text.split(".")
    return MessageFacts(int(sent, 36), _number(opened), _number(clicked))


def _read_consent(text: str) -> ConsentFacts:
    granted, withdrawn = text.split(".")
    return ConsentFacts(int(granted, 36), int(withdrawn, 36))
