"""What a comparison means, as its contract says it: naively, value by value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from functions.core.times import read_time
from tests.knowledge.calendar import local_date, same_day_in

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def value_at(mapping: Mapping[str, Any], path: str) -> Any:
    """What stands at a path: the literal key first, then through objects and members of lists; None for nothing."""
    if path in mapping:
        return mapping[path]
    held: Any = mapping
    parts = path.split(".")
    if len(parts) == 1:
        return None
    found, is_many = [held], False
    for part in parts:
        reached: list[Any] = []
        for one in found:
            if isinstance(one, Mapping) and one.get(part) is not None:
                if isinstance(one[part], list | tuple):
                    is_many = True
                    reached.extend(one[part])
                else:
                    reached.append(one[part])
        found = reached
    if not found:
        return None
    return found if is_many else found[0]


def number(value: Any) -> int | float | None:
    """The value as a number: a number, or text that is fully a decimal; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return float(value)
    return None


def folded(text: str) -> str:
    """Letters without their case, İ and ı as i, composed."""
    return unicodedata.normalize("NFC", text.casefold().replace("i\u0307", "i")).replace("ı", "i")


def text(value: Any) -> str | None:
    """Text folded, numbers as they are written; None for anything else."""
    if isinstance(value, str):
        return folded(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return folded(str(value))
    return None


def day(value: Any, zone: str) -> date | None:
    """The local day that a value names; None where it names none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    try:
        return local_date(read_time(value), zone)
    except (ValueError, OverflowError):
        return None


def equal(left: Any, right: Any) -> bool:
    """Equality that tells True from 1."""
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def fulfils(bounds: Mapping[str, Any], value: Any, zone: str, today: date | None) -> bool:
    """Whether a value is within all bounds of a comparison; `today` for those that depend on it."""
    if "known" in bounds:
        return bounds["known"] == (value is not None)
    if value is None:
        return False
    is_list = isinstance(value, list | tuple)
    members = list(value) if is_list else [value]
    if "all_of" in bounds:
        if not all(any(equal(member, wanted) for member in members) for wanted in bounds["all_of"]):
            return False
        bounds = {name: bound for name, bound in bounds.items() if name != "all_of"}
        if not bounds:
            return True
    return any(
        all(_one(name, bound, member, is_list, zone, today) for name, bound in bounds.items()) for member in members
    )


def _one(name: str, bound: Any, value: Any, in_list: bool, zone: str, today: date | None) -> bool:
    if name == "is_":
        return equal(value, bound)
    if name == "one_of":
        return any(equal(value, one) for one in bound)
    if name in ("at_least", "at_most", "above", "below"):
        this = number(value)
        if this is None:
            return False
        return {"at_least": this >= bound, "at_most": this <= bound, "above": this > bound, "below": this < bound}[name]
    if name in ("contains", "starts_with", "ends_with"):
        said, wanted = text(value), folded(bound)
        if said is None:
            return False
        if name == "contains":
            return said == wanted if in_list else wanted in said
        return said.startswith(wanted) if name == "starts_with" else said.endswith(wanted)
    return _dated(name, bound, value, zone, today)


def _dated(name: str, bound: Any, value: Any, zone: str, today: date | None) -> bool:
    that = day(value, zone)
    if that is None:
        return False
    if name in ("before", "after"):
        other = today if bound == "today" else bound
        assert isinstance(other, date)
        return that < other if name == "before" else that > other
    assert today is not None
    if name == "anniversary":
        return _celebrates(bound, that, today)
    span = timedelta(seconds=bound)
    if name == "in_the_last":
        return today - span <= that <= today
    if name == "in_the_next":
        return today <= that <= today + span
    if name == "longer_ago_than":
        return that < today - span
    raise AssertionError(name)


def _celebrates(bound: str, born: date, today: date) -> bool:
    following = min(
        candidate for year in (today.year, today.year + 1) if (candidate := same_day_in(year, born)) >= today
    )
    if bound == "today":
        return following == today
    word, count, unit = bound.split(" ")
    days = int(count) * (7 if unit.startswith("week") else 1)
    limit = today + timedelta(days=days)
    return following == limit if word == "in" else following <= limit
