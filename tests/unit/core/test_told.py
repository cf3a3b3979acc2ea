"""Why a condition holds or not: each part with its verdict and with what was seen."""

from typing import Any

from pydantic import TypeAdapter

from functions.core.behaviour import UNIT, counter_id, matches_of
from functions.core.conditions import Condition
from functions.core.contact import ConsentFacts, Contact, Facts, Moment, Profile, Rank, State
from functions.core.evaluate import Seen, evaluate
from functions.core.funnel import Funnel
from functions.core.release import Release
from functions.core.scoring import Scoring
from functions.core.told import Told, told

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
DAY = 86_400_000
NOW = 1_790_000_000_000
RELEASE = Release.model_validate(
    {
        "sending": {
            "business": {"name": "Tea", "time_zone": "Europe/Istanbul"},
            "from": {"name": "Tea", "email": "hello@tea.example"},
            "topics": [{"id": "tips", "title": "Brewing tips"}],
        },
        "segments": {"locals": {"title": "From here", "when": {"trait": "city", "is": "İstanbul"}}},
    }
)


LOCAL = {"trait": "city", "is": "İstanbul"}
FIT = {"id": "away", "when": {"not": LOCAL}, "points": 5}


def parsed(authored: dict[str, Any]) -> Condition:
    return CONDITION.validate_python(authored)


def seen(*orders: int) -> Seen:
    """Somebody from İzmir who agreed to tips and ordered so many days ago."""
    key = counter_id(parsed({"event": "Order Completed"}))  # type: ignore[arg-type]
    facts = Facts(
        newest={key: tuple(Moment(NOW - day * DAY, 0) for day in orders)},
        consents={"tips": ConsentFacts(granted=NOW - 40 * DAY)},
        tags={"old": (Moment(NOW - 3 * DAY, 0), False)},
    )
    profile = Profile("c1", traits={"city": (Rank(False, Moment(NOW, 0)), "İzmir")})
    return Seen(Contact(State("c1", facts=facts), profile), RELEASE)


def tell(authored: dict[str, Any], *orders: int) -> Told:
    return told(parsed(authored), seen(*orders), NOW)


def test_every_part_says_whether_it_holds_and_what_was_seen() -> None:
    asked = {
        "all": [
            {"event": "Order Completed", "at_least": 3, "within": "30 days"},
            {"consent": "tips"},
            {"not": {"trait": "city", "is": "İstanbul"}},
        ]
    }
    found = tell(asked, 40, 20, 10)
    assert (found.sentence, found.holds, found.saw) == ("all of these", False, "")
    orders, consent, city = found.parts
    assert orders.sentence == "has bought (Order Completed) at least 3 times in the last 30 days"
    assert (orders.holds, orders.saw) == (False, "2 of 3 times")
    assert (consent.holds, consent.saw) == (True, "agreed on 2026-08-12")
    assert (city.sentence, city.holds) == ("their city is not İstanbul", True)
    assert [(part.holds, part.saw) for part in city.parts] == [(False, "city is İzmir")]


def test_a_verdict_is_that_of_the_evaluation() -> None:
    asked = {"any": [{"event": "Order Completed", "within": "30 days"}, {"tag": "old"}]}
    found = tell(asked, 10)
    verdict = evaluate(parsed(asked), seen(10), NOW)
    assert (found.holds, found.until) == (verdict.holds, verdict.until)
    assert found.until == NOW + 20 * DAY


def test_another_segment_is_opened_up() -> None:
    found = tell({"segment": "locals"})
    assert found.sentence == "is in the segment “From here”"
    assert [(part.sentence, part.saw) for part in found.parts] == [("their city is İstanbul", "city is İzmir")]


def test_sums_mails_and_where_somebody_stands_are_told() -> None:
    spent = parsed({"event": "Order Completed", "sum": "total", "at_least": 100, "within": "90 days"})
    mailed = parsed({"email": "offer", "was": "sent"})
    (sent,) = matches_of(mailed)  # type: ignore[arg-type]
    today = NOW // DAY
    facts = Facts(
        counters={counter_id(spent, "total"): {today - 89: 99_5000, today - 90: 7 * UNIT}},  # type: ignore[arg-type]
        newest={counter_id(sent): (Moment(NOW - DAY, 0),)},
    )
    release = RELEASE.model_copy(
        update={
            "funnel": Funnel.model_validate({"stages": [{"id": "all", "title": "Everybody", "when": {"not": LOCAL}}]}),
            "scoring": Scoring.model_validate({"grade": {"a": 9, "b": 5, "c": 1, "rules": [FIT]}}),
        }
    )
    person = Seen(Contact(State("c1", facts=facts), Profile("c1")), release)
    asked = [spent, mailed, *map(parsed, ({"grade": "A"}, {"stage": "all"}, {"temperature": "hot"}))]
    assert [told(one, person, NOW).saw for one in asked] == [
        "adds up to 99.5",
        "last on 2026-09-20",
        "grade B",
        "at “Everybody”",
        "cold",
    ]


def test_what_never_happened_is_told_as_such() -> None:
    assert tell({"event": "Order Completed"}).saw == "never"
    assert tell({"tag": "green"}).saw == "never put there"
    assert tell({"tag": "old"}).saw == "removed on 2026-09-18"
    assert tell({"trait": "phone", "known": True}).saw == "not known"
    assert tell({"consent": "offers"}).saw == "never agreed"
