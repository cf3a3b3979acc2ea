"""Tags from what people do: those that an event puts on its contact, by the rules of scoring.yaml."""

import re
from collections.abc import Iterable
from typing import Any, Final

from functions.core.compare import value_at
from functions.core.counters import matches
from functions.core.event import Event
from functions.core.identity import fold
from functions.core.scoring import TagRule

LONGEST: Final = 64
"""Characters of a tag."""

FROM_ONE: Final = 100
"""So many values of a list become tags: more are not kept of anybody."""

_BETWEEN = re.compile(r"[\s_/#\x00-\x1f\x7f-\x9f]+")


def tags_of(event: Event, rules: Iterable[TagRule], zone: str) -> list[str]:
    """The tags that `event` puts on its contact, each once, in the order of the rules."""
    found: list[str] = []
    for rule in rules:
        if rule.when.event == event.name and matches(rule.when, event, zone):
            found += [rule.tag] if rule.tag else _named(value_at(event.properties, rule.from_ or ""))
    return list(dict.fromkeys(found))


def tag_from(text: str) -> str:
    """The tag that a text names, "" for none: "Green Tea / Darjeeling" is green-tea-darjeeling."""
    return _BETWEEN.sub("-", fold(text)).strip("-")[:LONGEST]


def _named(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    texts = [str(one) for one in values[:FROM_ONE] if isinstance(one, str | int | float) and not isinstance(one, bool)]
    return [tag for text in texts if (tag := tag_from(text))]
