"""Facts as a short text: a contact's state should stay within one write unit (1 KB).

Numbers are base 36. Days of a counter are written as differences, a count other than
one after a star: "fr4 1 1*3" is one event on day fr4, one the day after, three the day after that.
Where closed days stand in a row of their own, `q` names that row's version and the cuts: "7 fr4:0.2"
goes with version 7, of which the first and the third counter begin on day fr4.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from functions.core.contact import Closed, ConsentFacts, Facts, MessageFacts, Moment
from functions.tables.closed import Torn, apart, together

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
    counters: dict[str, Mapping[int, int]] = {key: _read_days(days) for key, days in parts.get("c", {}).items()}
    if "q" in parts:
        version, *cuts = parts["q"].split()
        if closed is None or int(version, 36) != closed.version:
            raise Torn
        counters = together(counters, dict(map(_read_cut, cuts)), closed.days)
    messages = {}
    for key, value in parts.get("m", {}).items():
        sent, opened, clicked = value.split(".")
        messages[key] = MessageFacts(int(sent, 36), _number(opened), _number(clicked))
    consents = {}
    for key, value in parts.get("k", {}).items():
        granted, withdrawn = value.split(".")
        consents[key] = ConsentFacts(int(granted, 36), int(withdrawn, 36))
    first, last = (int(word, 36) for word in parts["w"].split()) if "w" in parts else (None, None)
    low, high = parts.get("s", (0, 0))
    return Facts(
        counters=counters,
        newest={key: tuple(map(_read_moment, moments.split())) for key, moments in parts.get("n", {}).items()},
        tags={
            tag: (_read_moment(value.removesuffix("-")), not value.endswith("-"))
            for tag, value in parts.get("t", {}).items()
        },
        messages=messages,
        consents=consents,
        first=first,
        last=last,
        skew=(low, high),
        earliest={key: _read_moment(text) for key, text in parts.get("f", {}).items()},
        stage_set=(_read_moment(parts["p"][0]), parts["p"][1]) if "p" in parts else None,
    )
