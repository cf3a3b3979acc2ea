"""Comparisons of single values, the odd ones that programs write among them, and the tags that texts name."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from pydantic import ValidationError

from functions.core import compare
from functions.core.conditions import TraitCondition
from functions.core.tags import tag_from
from tests.knowledge.people import EAST, WEST
from tests.knowledge.tagging import tag_names
from tests.knowledge.values import fulfils
from tests.scale import scaled

TEXTS = (
    *("çay", "Çay", "ÇAY", "İstanbul", "ISTANBUL", "ıstanbul", "istanbul", "straße", "STRASSE", "Чай", "чай", "☕️"),
    *("e\u0301", "é", "É", "Σίσυφος", "σίσυφοσ", "ﬁ", "", "  ", " x ", "ab", "x\u0000y", "ŁÓDŹ", "łódź", "I\u0307"),
)
NUMBERS = (
    *("42", "-3.5", "007", "0", "-0", "1e3", "+3", ".5", "5.", " 42", "٤٢", "1_000", "12,5", "NaN", "--1", "9" * 21),
    *(0, 1, -1, 42, 42.0, -3.5, 1e15, 1_800_000_000, 1_800_000_000_000, 10**20, True, False, 0.1),
)
DATES = (
    *("2027-03-08", "2027-02-29", "2028-02-29", " 2027-03-08 ", "20270308", "2027-W10-1", "2027-067", "1990"),
    *("2027-03-08T23:30:00Z", "2027-03-08T23:30:00-09:00", "2027-03-08 10:00", "2027-03-08T24:00:00Z", "2027-3-8"),
    *("1960-02-29", "1965-03-08T10:00:00Z", "1800000000", "1800000000.5", "9999-12-31", "0001-01-01", "08/03/2027"),
)
ODD: Sequence[Any] = ({}, {"a": 1}, [], [None], [[]], [{}], [["çay"]], [{"a": 1}, "x"], None)
SPANS = ("1 day", "2 days", "7 days", "30 days", "365 days", "3650 days")
EPOCH = date(1970, 1, 1)


def scalar(chance: random.Random) -> Any:
    return chance.choice(chance.choice((TEXTS, NUMBERS, DATES)))


def value(chance: random.Random) -> Any:
    sort = chance.random()
    if sort < 0.1:
        return chance.choice(ODD)
    if sort < 0.4:
        return [scalar(chance) if chance.random() < 0.9 else None for _ in range(chance.randint(1, 3))]
    return scalar(chance)


def piece(chance: random.Random) -> str:
    whole = str(scalar(chance)) or "a"
    place = chance.randrange(len(whole))
    return chance.choice((whole, whole[place:], whole[: place + 1], whole.upper(), whole.lower()))


def bounds(chance: random.Random) -> dict[str, Any]:
    if chance.random() < 0.25:
        some = [scalar(chance) for _ in range(3)]
        return chance.choice(({"is": some[0]}, {"one_of": some}, {"known": chance.choice((True, False))}))
    every: dict[str, Any] = {name: chance.choice((0, 1, -1, 42, 41.9, -3.5, 1e16, 1_800_000_000)) for name in NUMERIC}
    every |= {name: piece(chance) for name in ("contains", "starts_with", "ends_with")}
    every["all_of"] = [scalar(chance) for _ in range(chance.randint(1, 2))]
    days = ("2027-03-08", "2027-03-07", "2027-02-28", "1990-01-01", "1970-01-01", "today")
    every |= {name: chance.choice(days) for name in ("before", "after")}
    every |= {name: chance.choice(SPANS) for name in ("in_the_last", "in_the_next", "longer_ago_than")}
    every["anniversary"] = chance.choice(
        ("today", *(f"{word} {span}" for word in ("in", "within") for span in SPANS[:5]))
    )
    return {name: every[name] for name in chance.sample(list(every), chance.choice((1, 1, 1, 2, 3)))}


NUMERIC = ("at_least", "at_most", "above", "below")


def test_any_value_is_compared_as_promised_and_for_as_long() -> None:
    chance, compared, answers = random.Random(7), 0, set[tuple[str, bool]]()
    for _ in range(scaled(15_000)):
        try:
            wanted = TraitCondition.model_validate({"trait": "x", **bounds(chance)})
        except ValidationError:
            continue
        given, this, zone = wanted.bounds(), value(chance), chance.choice((*EAST, *WEST))
        # Around the end of February of leap years and others, and around the dates above.
        middle = chance.choice((date(2026, 2, 28), date(2027, 3, 7), date(2028, 2, 29), date(2027, 1, 1)))
        today = middle + timedelta(days=chance.randint(-3, 3))
        number = (today - EPOCH).days
        said, expected = compare.verdict(wanted, this, zone, number), fulfils(given, this, zone, today)
        assert said.holds == expected, (given, this, zone, today)
        until = said.until if said.until is not None else number + 4_000
        for ahead in {1, until - number - 1, chance.randint(1, 800)}:
            if 0 < ahead < min(until - number, 100_000):
                stays = fulfils(given, this, zone, today + timedelta(days=ahead))
                assert stays == expected, (given, this, zone, today, said, ahead)
        compared += 1
        answers |= {(name, expected) for name in given}
    assert compared > scaled(12_000)
    assert answers == {
        (name, answer) for name in TraitCondition.model_fields if name != "trait" for answer in (True, False)
    }


def test_any_text_names_the_tag_that_is_promised() -> None:
    chance = random.Random(8)
    letters = (*TEXTS, " ", "_", "/", "#", "-", "\t", "\n", "\u00a0", "\u200b", "\x00", "--", "x" * 40, "7")
    for _ in range(scaled(4_000)):
        text = "".join(chance.choice(letters) for _ in range(chance.randint(1, 6)))
        assert [tag for tag in [tag_from(text)] if tag] == tag_names(text)
