"""Who may be two: pairs of people, for a person to decide."""

from itertools import islice
from typing import Any, Final

from functions.console.routes import Asked, Shown
from functions.people.pairs import Suspected, suspected

PAGE: Final = 50


def index(asked: Asked) -> Shown:
    """Every pair, a page at a time."""
    found = list(islice(suspected(after=asked.request.query.get("after", "")[:400], together=PAGE + 1), PAGE + 1))
    older = found[PAGE - 1].place if len(found) > PAGE else None
    return Shown("pairs.html", {"pairs": [said(pair) for pair in found[:PAGE]], "more": older})


def said(pair: Suspected) -> dict[str, Any]:
    """A pair in plain values."""
    one, other = ({"contact": known.id, "who": known.label, "name": known.name} for known in (pair.one, pair.other))
    return {"kind": pair.kind, "one": one, "other": other, "since": pair.since}
