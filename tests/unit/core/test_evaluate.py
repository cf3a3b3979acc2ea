"""The condition language on people made by hand: what holds, and the very millisecond until which it does."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from functions.core import event as names
from functions.core.conditions import Condition
from functions.core.contact import Contact, Profile, Standing, State
from functions.core.counters import counters
from functions.core.evaluate import Seen, Verdict, evaluate
from functions.core.event import Event
from functions.core.facts import rebuild
from functions.core.release import Release

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
ISTANBUL = "Europe/Istanbul"
HOUR, DAY = 3_600_000, 86_400_000


def at(text: str, zone: str = ISTANBUL) -> int:
    """A local time in ms."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


NOW = at("2027-03-08T12:00")


class Person:
    """What somebody did, and what is asked about them."""

    def __init__(self, zone: str = ISTANBUL, standing: Standing | None = None, **release: Any) -> None:
        self.zone, self.standing, self.release = zone, standing or Standing(), release
        self.events: list[Event] = []

    def did(self, name: str, *moments: int, kind: str = "track", **properties: Any) -> "Person":
        for moment in moments:
            number = len(self.events)
            self.events.append(Event("a#1", f"m{number}", moment, moment, moment, kind, name, properties))
        return self

    def is_(self, **traits: Any) -> "Person":
        number = len(self.events)
        self.events.append(Event("a#1", f"m{number}", 1, 1, 1, "identify", "Identified", traits=traits))
        return self

    def seen(self, condition: dict[str, Any], **context: Any) -> tuple[Condition, Seen]:
        live = Release.model_validate(
            {
                "sending": {
                    "business": {"name": "Tea", "time_zone": self.zone},
                    "from": {"name": "Tea", "email": "hello@tea.example"},
                    "topics": [{"id": "tips", "title": "Tips"}],
                },
                **self.release,
                "segments": {**self.release.get("segments", {}), "asked": {"when": condition}},
            }
        )
        contact = Contact(State("c1", standing=self.standing), Profile("c1"))
        made = rebuild(contact, self.events, counters(live))
        return CONDITION.validate_python(condition), Seen(made, live, **context)

    def asked(self, condition: dict[str, Any], now: int = NOW, **context: Any) -> Verdict:
        wanted, seen = self.seen(condition, **context)
        return evaluate(wanted, seen, now)


def viewed(*moments: int, zone: str = ISTANBUL, **properties: Any) -> Person:
    return Person(zone).did("Page Viewed", *moments, **properties)


@pytest.mark.parametrize(
    ("ago", "bounds", "expected"),
    [
        ([], {}, Verdict(False)),
        ([900 * DAY], {}, Verdict(True)),
        ([3, 2, 1], {"at_least": 2, "within": "1 hour"}, Verdict(True, NOW - 2 + HOUR)),
        ([3, 2, 1], {"at_least": 4, "within": "1 hour"}, Verdict(False)),
        ([HOUR], {"within": "1 hour"}, Verdict(False)),
        ([HOUR - 1], {"within": "1 hour"}, Verdict(True, NOW + 1)),
        ([3, 2, 1], {"at_most": 2, "within": "1 hour"}, Verdict(False, NOW - 3 + HOUR)),
        ([2, 1], {"at_most": 2, "within": "1 hour"}, Verdict(True)),
        ([], {"at_most": 0}, Verdict(True)),
        ([1], {"at_most": 0}, Verdict(False)),
        ([9, 3, 2, 1], {"at_least": 2, "at_most": 3, "within": "1 hour"}, Verdict(False, NOW - 9 + HOUR)),
        ([3, 2, 1], {"at_least": 2, "at_most": 3, "within": "1 hour"}, Verdict(True, NOW - 2 + HOUR)),
        ([7], {"never": True, "within": "1 hour"}, Verdict(False, NOW - 7 + HOUR)),
        ([2 * HOUR], {"never": True, "within": "1 hour"}, Verdict(True)),
        ([7], {"never": True}, Verdict(False)),
        (list(range(1, 11)), {"at_least": 10, "within": "1 hour"}, Verdict(True, NOW - 10 + HOUR)),
    ],
)
def test_counts_up_to_ten_are_exact_to_the_millisecond(
    ago: list[int], bounds: dict[str, Any], expected: Verdict
) -> None:
    person = viewed(*(NOW - one for one in ago))
    assert person.asked({"event": "Page Viewed", **bounds}) == expected


def test_inside_a_journey_what_has_no_window_counts_from_entry_on() -> None:
    person = viewed(NOW - 5 * HOUR, NOW - HOUR)
    twice = {"event": "Page Viewed", "at_least": 2}
    assert person.asked(twice).holds
    assert not person.asked(twice, since=NOW - 5 * HOUR).holds
    assert person.asked({**twice, "within": "1 day"}, since=NOW - 5 * HOUR).holds
    assert person.asked({"event": "Page Viewed", "never": True}, since=NOW - HOUR).holds


def at_noon(*days: str) -> list[int]:
    return [at(f"{day}T12:00") for day in days]


def test_more_than_ten_are_counted_by_calendar_days_today_among_them() -> None:
    # The window of two days is today, the 8th, and yesterday.
    person = viewed(*at_noon("2027-03-06"), *at_noon("2027-03-07") * 9, *at_noon("2027-03-08") * 6)
    asked = {"event": "Page Viewed", "within": "2 days"}
    assert person.asked({**asked, "at_least": 15}) == Verdict(True, at("2027-03-09T00:00"))
    assert person.asked({**asked, "at_least": 16}) == Verdict(False)
    assert person.asked({**asked, "at_most": 14}) == Verdict(False, at("2027-03-09T00:00"))
    assert person.asked({**asked, "at_most": 15}) == Verdict(True)
    assert person.asked({"event": "Page Viewed", "at_least": 16}) == Verdict(True)
    assert person.asked({"event": "Page Viewed", "at_least": 17}) == Verdict(False)


def test_days_of_a_window_without_a_midnight_begin_when_the_clocks_have_moved() -> None:
    # Cairo has no 00:00 on 28 April 2023; the day begins at 01:00, which is 22:00 in UTC.
    cairo = "Africa/Cairo"
    person = viewed(*[at("2023-04-27T12:00", cairo)] * 11, zone=cairo)
    now = at("2023-04-27T18:00", cairo)
    found = person.asked({"event": "Page Viewed", "at_least": 11, "within": "1 day"}, now)
    assert found == Verdict(True, at("2023-04-27T22:00", "UTC"))
    assert found.until is not None
    wanted, seen = person.seen({"event": "Page Viewed", "at_least": 11, "within": "1 day"})
    assert evaluate(wanted, seen, found.until - 1).holds
    assert not evaluate(wanted, seen, found.until).holds


def test_a_sum_adds_numbers_exactly_and_nothing_else() -> None:
    person = Person()
    for total in (0.1, 0.2, [1, 2.5, "9", "nine", None], True, "40", None, 2e12, -0.3, {"a": 1}):
        person.did("Order Completed", NOW, total=total)
    asked = {"event": "Order Completed", "sum": "total"}
    # 0.1 + 0.2 + 1 + 2.5 + 9 + 40 - 0.3
    assert person.asked({**asked, "at_least": 52.5}).holds
    assert person.asked({**asked, "at_most": 52.5}).holds
    assert not person.asked({**asked, "above": 52.5}).holds
    assert not person.asked({**asked, "below": 52.5}).holds
    assert person.asked({**asked, "above": 3.49999}).holds
    assert Person().asked({**asked, "at_most": 0}).holds
    assert not Person().asked({**asked, "at_least": 0.0001}).holds


def test_a_sum_goes_into_objects_and_lists() -> None:
    person = Person().did("Order Completed", NOW, cart={"lines": [{"price": 10}, {"price": 5.5}, {}]})
    assert person.asked({"event": "Order Completed", "sum": "cart.lines.price", "at_least": 15.5}).holds


def test_refunds_make_a_sum_flip_when_their_day_leaves_the_window() -> None:
    person = Person()
    for day, total in (("2027-03-05", -50), ("2027-03-06", 30), ("2027-03-07", 40)):
        person.did("Order Completed", *at_noon(day), total=total)
    asked = {"event": "Order Completed", "sum": "total", "within": "4 days"}
    # 20 now; 70 from the 9th, 40 from the 10th, 0 from the 11th.
    assert person.asked({**asked, "at_least": 60}) == Verdict(False, at("2027-03-09T00:00"))
    assert person.asked({**asked, "at_least": 60}, at("2027-03-09T09:00")) == Verdict(True, at("2027-03-10T00:00"))
    assert person.asked({**asked, "at_least": 20}) == Verdict(True, at("2027-03-11T00:00"))
    assert person.asked({**asked, "below": 10}) == Verdict(False, at("2027-03-11T00:00"))


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"first": {"within": "30 days"}}, Verdict(False)),
        ({"first": {"longer_ago_than": "30 days"}}, Verdict(True)),
        ({"first": {"longer_ago_than": "50 days"}}, Verdict(False, NOW + 10 * DAY)),
        ({"first": {"within": "50 days"}}, Verdict(True, NOW + 10 * DAY)),
        ({"last": {"within": "2 days"}}, Verdict(True, NOW + DAY)),
        ({"last": {"within": "1 day"}}, Verdict(False)),
        ({"last": {"longer_ago_than": "1 day"}}, Verdict(True)),
        ({"last": {"longer_ago_than": "12 hours", "within": "3 days"}}, Verdict(True, NOW + 2 * DAY)),
        ({"last": {"longer_ago_than": "36 hours", "within": "3 days"}}, Verdict(False, NOW + DAY // 2)),
        ({"last": {"before": "2027-03-07"}}, Verdict(False)),
        ({"last": {"before": "2027-03-08", "after": "2027-03-06"}}, Verdict(True)),
        ({"first": {"after": "2027-01-27"}}, Verdict(False)),
        ({"first": {"after": "2027-01-26"}}, Verdict(True)),
    ],
)
def test_when_something_happened_first_or_last(period: dict[str, Any], expected: Verdict) -> None:
    person = viewed(NOW - 40 * DAY, NOW - 20 * DAY, NOW - DAY)
    assert person.asked({"event": "Page Viewed", **period}) == expected


@pytest.mark.parametrize("period", [{"first": {"longer_ago_than": "1 day"}}, {"last": {"before": "2030-01-01"}}])
def test_what_never_happened_was_neither_first_nor_last(period: dict[str, Any]) -> None:
    assert viewed().asked({"event": "Page Viewed", **period}) == Verdict(False)


WHERE: list[tuple[Any, list[dict[str, Any]], list[dict[str, Any]]]] = [
    ({"path": "/çay"}, [{"path": "/çay"}], [{"path": "/Çay"}, {"path": ["/çay"]}, {}]),
    ({"n": 1}, [{"n": 1}, {"n": 1.0}], [{"n": True}, {"n": "1"}]),
    ({"path": {"starts_with": "/ÇAY"}}, [{"path": "/çay/1"}, {"path": ["/x", "/Çay"]}], [{"path": "/cay"}, {}]),
    ({"cart.size": {"at_least": 2}}, [{"cart": {"size": "2"}}, {"cart.size": 3}], [{"cart": 2}, {"cart": {"size": 1}}]),
    ({"items.sku": "T1"}, [{"items": [{"sku": "T0"}, {"sku": "T1"}]}], [{"items": [{"sku": "t1"}]}, {"items": "T1"}]),
    ({"on": {"before": "2027-03-08"}}, [{"on": "2027-03-07T20:59:59Z"}], [{"on": "2027-03-07T21:00:00Z"}]),
    ({"gift": {"known": False}}, [{}, {"gift": None}], [{"gift": False}]),
    ({"a": 1, "b": {"is": "x"}}, [{"a": 1, "b": "x"}], [{"a": 1}, {"b": "x"}]),
]


@pytest.mark.parametrize(("where", "meant", "others"), WHERE, ids=[str(where) for where, _, _ in WHERE])
def test_only_events_whose_properties_are_as_wanted_are_meant(
    where: dict[str, Any], meant: list[dict[str, Any]], others: list[dict[str, Any]]
) -> None:
    wanted = {"event": "Page Viewed", "where": where}
    assert [one for one in meant if not viewed(NOW, **one).asked(wanted).holds] == []
    assert [one for one in others if viewed(NOW, **one).asked(wanted).holds] == []


def test_what_happened_to_an_email() -> None:
    person = Person()
    person.did(names.EMAIL_SENT, NOW - 3 * HOUR, kind=names.SYSTEM, template="hello")
    person.did(names.EMAIL_CLICKED, NOW - HOUR, kind=names.SYSTEM, template="hello", url="https://çay.example/Prices")
    asked = {"email": "hello", "was": "sent"}
    assert person.asked(asked) == Verdict(True)
    assert person.asked({**asked, "within": "4 hours"}) == Verdict(True, NOW + HOUR)
    assert person.asked({**asked, "within": "3 hours"}) == Verdict(False)
    assert not person.asked({**asked, "was": "delivered"}).holds
    # Whoever clicks has opened, though pictures were off.
    assert person.asked({**asked, "was": "opened", "within": "2 hours"}) == Verdict(True, NOW + HOUR)
    assert person.asked({**asked, "was": "clicked", "link": "/PRICES"}).holds
    assert not person.asked({**asked, "was": "clicked", "link": "/order"}).holds
    assert not person.asked({"email": "other", "was": "sent"}).holds


@pytest.mark.parametrize(
    ("runs", "held"),
    [
        ([], set()),
        (["in"], {"in", "entered"}),
        (["in", "done"], {"entered", "ended", "finished"}),
        (["in", "exited", "in"], {"in", "entered", "ended", "exited"}),
        (["in", "goal", "in", "done"], {"entered", "ended", "finished", "goal"}),
    ],
)
def test_where_somebody_is_and_was_in_a_journey(runs: Sequence[str], held: set[str]) -> None:
    person = Person()
    for number, run in enumerate(runs):
        name = names.JOURNEY_ENTERED if run == "in" else names.JOURNEY_ENDED
        said = {} if run == "in" else {"outcome": run}
        person.did(name, NOW - 100 + number, kind=names.SYSTEM, journey="welcome", **said)
    words = ("entered", "ended", "finished", "exited", "goal")
    found = {word for word in words if person.asked({"journey": "welcome", "was": word}).holds}
    assert found | ({"in"} if person.asked({"journey": "welcome", "is": "in"}).holds else set()) == held
    assert not person.asked({"journey": "other", "is": "in"}).holds


def test_a_run_without_a_wait_is_over_at_the_moment_it_begins() -> None:
    person = Person().did(names.JOURNEY_ENTERED, NOW - 5, journey="welcome")
    person.did(names.JOURNEY_ENDED, NOW - 5, journey="welcome", outcome="done")
    assert not person.asked({"journey": "welcome", "is": "in"}).holds
    assert person.asked({"journey": "welcome", "was": "finished", "within": "1 hour"}) == Verdict(True, NOW - 5 + HOUR)


def test_traits_are_judged_by_local_days_and_know_the_midnight_at_which_that_changes() -> None:
    person = Person("Africa/Cairo").is_(trial={"ends": "2023-04-28"}, born="1990-04-30", tags=["a", "b"])
    now = at("2023-04-26T12:00", "Africa/Cairo")
    cairo_28, cairo_29 = at("2023-04-27T22:00", "UTC"), at("2023-04-28T21:00", "UTC")
    assert person.asked({"trait": "trial.ends", "after": "today"}, now) == Verdict(True, cairo_28)
    assert person.asked({"trait": "trial.ends", "in_the_next": "1 day"}, now) == Verdict(
        False, at("2023-04-26T22:00", "UTC")
    )
    assert person.asked({"trait": "born", "anniversary": "in 1 day"}, now) == Verdict(False, cairo_29)
    assert person.asked({"trait": "tags", "all_of": ["b", "a"]}, now) == Verdict(True)
    assert person.asked({"trait": "trial.starts", "known": False}, now) == Verdict(True)
    assert person.asked({"trait": "nobody", "is": "x"}, now) == Verdict(False)


def test_a_trait_with_a_dot_in_its_name_comes_before_a_path() -> None:
    person = Person().is_(**{"a.b": 1, "a": {"b": 2, "c": 3}})
    assert person.asked({"trait": "a.b", "is": 1}).holds
    assert person.asked({"trait": "a.c", "is": 3}).holds


FIT = {
    "grade": {
        "rules": [
            {"id": "here", "when": {"trait": "city", "is": "İzmir"}, "points": 10},
            {"id": "busy", "when": {"event": "Page Viewed", "within": "1 hour"}, "points": 10},
        ],
        "a": 20,
        "b": 10,
        "c": 5,
    }
}


def test_a_grade_is_asked_as_it_is_now_whatever_was_decided_last() -> None:
    person = Person(scoring=FIT, standing=Standing(grade="C")).is_(city="İzmir").did("Page Viewed", NOW - 5)
    assert person.asked({"grade": "A"}) == Verdict(True, NOW - 5 + HOUR)
    assert person.asked({"grade": ["B", "C"]}) == Verdict(False, NOW - 5 + HOUR)
    assert person.asked({"grade": ["B", "C"]}, NOW - 5 + HOUR) == Verdict(True)
    assert Person().asked({"grade": "D"}) == Verdict(True)
    # In a journey too, the grade is made of all that ever happened.
    assert person.asked({"grade": "A"}, since=NOW).holds


def funnelled(standing: Standing, *, forward: bool = False) -> Person:
    stages = [
        {"id": "aware", "when": {"event": "Page Viewed"}},
        {"id": "keen", "when": {"event": "Page Viewed", "at_least": 2, "within": "1 hour"}},
        {"id": "buyer", "when": {"event": "Order Completed"}},
    ]
    return Person(standing=standing, funnel={"forward_only": forward, "stages": stages})


def test_a_stage_is_asked_as_it_is_now_and_how_long_somebody_stands_there() -> None:
    held = Standing(stage="keen", stages={"aware": NOW - 9 * DAY, "keen": NOW - 2 * HOUR})
    person = funnelled(held).did("Page Viewed", NOW - 20, NOW - 10)
    leaves = NOW - 20 + HOUR
    assert person.asked({"stage": "keen"}) == Verdict(True, leaves)
    assert person.asked({"stage": ["aware", "buyer"]}) == Verdict(False, leaves)
    assert person.asked({"stage": "aware", "or_later": True}).holds
    assert not person.asked({"stage": "buyer", "or_later": True}).holds
    assert person.asked({"stage": "keen", "for_at_least": "2 hours"}) == Verdict(True, leaves)
    assert person.asked({"stage": "keen", "for_at_least": "3 hours"}) == Verdict(False, NOW + HOUR)
    # Gone back, though nobody has decided that yet: they stand there only from now on.
    assert person.asked({"stage": "aware", "for_at_least": "1 hour"}, leaves) == Verdict(False, leaves + HOUR)


def test_nobody_goes_back_where_people_only_go_forward() -> None:
    held = Standing(stage="buyer", stages={"buyer": NOW - DAY})
    assert funnelled(held, forward=True).asked({"stage": "buyer", "for_at_least": "1 day"}) == Verdict(True)
    assert not funnelled(held).asked({"stage": "buyer"}).holds


def test_who_stands_nowhere_is_at_no_stage_and_no_later_one() -> None:
    person = funnelled(Standing())
    assert not person.asked({"stage": ["aware", "keen"]}).holds
    assert not person.asked({"stage": "aware", "or_later": True}).holds
    assert not Person().asked({"stage": "gone", "or_later": True}).holds


def test_a_temperature_is_asked_as_it_is_now() -> None:
    scoring = {
        "scores": {"interest": {"rules": [{"id": "view", "when": {"event": "Page Viewed"}, "points": 10}]}},
        "temperature": {
            "score": "interest",
            "warm": {"at_least": 20, "until_below": 10},
            "hot": {"at_least": 60, "until_below": 40},
        },
    }
    held = Person(scoring=scoring, standing=Standing("warm")).did("Page Viewed", NOW - 5)
    assert held.asked({"temperature": ["warm", "hot"]}) == Verdict(True, at("2027-03-09T00:00"))
    fresh = Person(scoring=scoring).did("Page Viewed", NOW - 5)
    assert fresh.asked({"temperature": "cold"}) == Verdict(True)


def test_tags_come_from_rules_like_from_journeys_and_the_latest_counts() -> None:
    rules = [
        {"id": "topic", "when": {"event": "Page Viewed"}, "from": "topic"},
        {"id": "big", "when": {"event": "Order Completed", "where": {"total": {"at_least": 100}}}, "tag": "big"},
    ]
    person = Person(scoring={"tags": rules}).did("Page Viewed", NOW - 9, topic=["Yeşil Çay", "ИВАН/ЧАЙ"])
    person.did("Order Completed", NOW - 8, total=99)
    assert person.asked({"tag": "yeşil-çay"}).holds
    assert person.asked({"tag": "иван-чай"}).holds
    assert not person.asked({"tag": "big"}).holds
    person.did(names.TAG_REMOVED, NOW - 7, kind=names.SYSTEM, tag="yeşil-çay")
    assert not person.asked({"tag": "yeşil-çay"}).holds
    person.did("Page Viewed", NOW - 6, topic="yeşil çay")
    assert person.asked({"tag": "yeşil-çay"}).holds


def test_a_segment_is_judged_inline_and_one_that_is_gone_has_nobody() -> None:
    segments = {"busy": {"when": {"event": "Page Viewed", "within": "1 hour"}}}
    person = Person(segments=segments).did("Page Viewed", NOW - 5)
    assert person.asked({"not": {"segment": "busy"}}) == Verdict(False, NOW - 5 + HOUR)
    assert person.asked({"segment": "gone"}) == Verdict(False)


def test_a_segment_has_the_same_members_inside_a_journey_as_outside() -> None:
    person = Person(segments={"buyers": {"when": {"event": "Order Completed"}}})
    person.did("Order Completed", NOW - 1)
    assert person.asked({"segment": "buyers"}, since=NOW).holds
    assert not person.asked({"event": "Order Completed"}, since=NOW).holds
