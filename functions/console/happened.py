"""What happened lately, in a few numbers: today so far, and within seven days."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from functions.console.tabled import lately
from functions.core.channels import to_people

DAYS: Final = 7

_Numbers = Mapping[tuple[str, str], Counter[str]]
"""By day and part."""


def within_a_week() -> list[dict[str, Any]]:
    """Each thing with how often it happened `today` and in the `week` that ends with it."""
    period = lately(DAYS)
    found, today = {one: period.of(one) for one in ("funnel", "temperature", "mail", "source")}, period.last
    letters = {at: numbers for at, numbers in found["mail"].items() if to_people(at[1])}
    return [
        _measured("came", found["funnel"], today),
        _line("got-hot", found["temperature"], lambda part, one: one["entered"] if part == "hot" else 0, today),
        *(_measured(measure, letters, today) for measure in ("sent", "opened", "clicked", "unsubscribed")),
        _measured("orders", found["source"], today),
    ]


def _measured(measure: str, numbers: _Numbers, today: date) -> dict[str, Any]:
    return _line(measure, numbers, lambda part, one: one[measure], today)


def _line(what: str, numbers: _Numbers, count: Callable[[str, Counter[str]], int], today: date) -> dict[str, Any]:
    by_day = Counter[str]()
    for (day, part), one in numbers.items():
        by_day[day] += count(part, one)
    return {"what": what, "today": by_day[today.isoformat()], "week": by_day.total()}
