"""Values and comparisons in plain English."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from functions.core.comparisons import Comparison
from functions.core.definition import spell_duration

_LONGEST: Final = 80


def of_comparison(name: str, comparison: Comparison) -> str:
    """What a value called `name` must be like, such as "total is at least 50 and is below 100"."""
    return f"{name} {joined([yes for yes, _ in bounds_of(comparison)], 'and')}"


def bounds_of(comparison: Comparison) -> list[tuple[str, str]]:
    """Every bound as a predicate of the value, and its opposite."""
    return [_bound(name, value) for name, value in comparison.bounds().items()]


def _bound(name: str, value: Any) -> tuple[str, str]:
    is_, has = ("is", "is not"), ("has", "does not have")
    match name:
        case "is_":
            words, rest = is_, shown(value)
        case "one_of":
            words, rest = is_, joined(map(shown, value), "or")
        case "known":
            words, rest = (is_ if value else (is_[1], is_[0])), "known"
        case "at_least" | "at_most" | "above" | "below" | "before" | "after":
            words, rest = is_, f"{name.replace('_', ' ')} {shown(value)}"
        case "contains":
            words, rest = ("contains", "does not contain"), shown(value)
        case "starts_with" | "ends_with":
            verb = name.partition("_")[0]
            words, rest = (f"{verb} with", f"does not {verb[:-1]} with"), shown(value)
        case "all_of":
            words, rest = has, f"all of {joined(map(shown, value), 'and')}"
        case "in_the_last":
            words, rest = is_, in_the_last(value).strip()
        case "in_the_next":
            words, rest = is_, f"in the next {spell_duration(value).removeprefix('1 ')}"
        case "longer_ago_than":
            words, rest = is_, f"more than {spell_duration(value)} ago"
        case "anniversary":
            words, rest = ("comes", "does not come"), str(value)
            word, _, span = str(value).partition(" ")
            if word != "within":
                words, rest = is_, f"exactly {span} from today" if span else word
        case _:
            raise AssertionError(f"no words for {name}")
    return f"{words[0]} {rest}", f"{words[1]} {rest}"


def joined(parts: Iterable[str], word: str) -> str:
    """A list as people say it: "a, b and c"."""
    *most, last = list(parts)
    return f"{', '.join(most)} {word} {last}" if most else last


def in_the_last(seconds: int | None) -> str:
    """A window that counts back from now, with a space before it; "" where there is none."""
    return f" in the last {spell_duration(seconds).removeprefix('1 ')}" if seconds is not None else ""


def spaced(name: str) -> str:
    """A trait's name as people say it: first_name is "first name"."""
    return " ".join(name.replace("_", " ").split()) or shown(name)


def shown(value: Any) -> str:
    """A value as people write it; in quotes where its end would not be seen."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value)) or "nothing"
    words = " ".join(str(value).split())
    words = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
    return words if words and not any(mark in words for mark in " ,()“”") else f"“{words}”"
