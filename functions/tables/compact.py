"""Facts as a short text: a contact's state should stay within one write unit (1 KB).

Numbers are base 36. Days of a counter are written as differences, a count other than
one after a star: "fr4 1 1*3" is one event on day fr4, one the day after, three the day after that.
"""

import json
from collections.abc import Mapping
from typing import Any

from functions.core.contact import ConsentFacts, Facts, MessageFacts, Moment

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


def dump(facts: Facts) -> str:
    """The text of facts."""
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
    if facts.skew != (0, 0):
        kept["s"] = list(facts.skew)
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Facts:
    """The facts of a text that `dump` wrote."""
    parts = json.loads(text)
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
        counters={key: _read_days(days) for key, days in parts.get("c", {}).items()},
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
    )
