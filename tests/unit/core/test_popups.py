"""Which pop-up a visitor is shown: where, when, how often, and that nothing of a person decides for a stranger."""

import random
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.core.compare import same
from functions.core.conditions import Condition, EventCondition, TagCondition
from functions.core.counters import counters
from functions.core.popups import (
    MOST_TIMES,
    OPENED_BY_CLICK,
    Holds,
    Looking,
    Often,
    Popup,
    asked_of_browsers,
    choose,
    fits,
    parse_often,
    seen_enough,
    spell_often,
)
from functions.core.release import Release, canonical, load, release_id
from tests.unit.core.test_counters import asking

TODAY = date(2026, 12, 1)
HERE = Looking("/")


def popup(**said: Any) -> Popup:
    return Popup.model_validate({"title": "Tea", "trigger": "leaving", **said})


def shown(popups: dict[str, Popup], looking: Looking = HERE, holds: Holds | None = None) -> list[str]:
    return choose(popups, looking, TODAY, "Europe/Istanbul", holds)


def nobody_asks(condition: Condition) -> bool:
    raise AssertionError(f"{condition} was asked")


@pytest.mark.parametrize(
    ("text", "often"),
    [
        ("once per 7 days", Often(1, 604_800)),
        ("once per week", Often(1, 604_800)),
        ("twice per day", Often(2, 86_400)),
        ("3 times per 12 hours", Often(3, 43_200)),
        ("once", Often(1, 0)),
        ("10 times", Often(10, 0)),
    ],
)
def test_how_often_reads_aloud(text: str, often: Often) -> None:
    assert parse_often(text) == often
    assert parse_often(spell_often(often)) == often


@pytest.mark.parametrize(
    "text", ["", "seldom", "0 times", "11 times per day", "once per 0 days", "once a week", 7, None]
)
def test_what_does_not_say_how_often_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="once"):
        parse_often(text)


@given(st.integers(1, MOST_TIMES), st.integers(0, 5000).map(lambda minutes: minutes * 60))
def test_every_spelling_reads_back(times: int, within: int) -> None:
    assert parse_often(spell_often(Often(times, within))) == Often(times, within)


@pytest.mark.parametrize(
    ("on", "path", "is_there"),
    [
        ("/", "/", True),
        ("/", "/tea", False),
        ("*", "/", True),
        ("*", "/any/where", True),
        ("/teas/*", "/teas/green", True),
        ("/teas/*", "/teas/green/first", True),
        ("/teas/*", "/teas", False),
        ("/teas*", "/teas", True),
        ("/tea", "/tea/", True),
        ("/tea/", "/tea", True),
        ("/tea", "/Tea", False),
        ("/a.b", "/axb", False),
        ("/çay/*", "/çay/yeşil", True),
        ("*/checkout/*", "/tr/checkout/pay", True),
        ("/(a|b)", "/a", False),
    ],
)
def test_a_page_is_named_by_its_path(on: str, path: str, is_there: bool) -> None:
    assert (shown({"a": popup(on=[on])}, Looking(path)) == ["a"]) is is_there
    assert shown({"a": popup(on=["*"], **{"except": [on]})}, Looking(path)) == ([] if is_there else ["a"])


@pytest.mark.parametrize(
    ("visit", "looking", "comes"),
    [
        ({"came_by": {"utm_source": "ad"}}, Looking("/", {"utm_source": "ad"}), True),
        ({"came_by": {"utm_source": "ad"}}, Looking("/", {"utm_source": "Ad"}), False),
        ({"came_by": {"utm_source": "ad"}}, HERE, False),
        ({"came_by": {"gclid": {"known": True}}}, Looking("/", {"gclid": "x"}), True),
        ({"came_by": {"gclid": {"known": False}}}, HERE, True),
        ({"came_by": {"issue": 5}}, Looking("/", {"issue": "5"}), True),
        ({"came_by": {"a": "1", "b": "2"}}, Looking("/", {"a": "1"}), False),
        ({"referrer": {"contains": "google."}}, Looking("/", referrer="www.google.com"), True),
        ({"referrer": {"contains": "google."}}, HERE, False),
        ({"referrer": {"known": False}}, HERE, True),
        ({"pages_at_least": 3}, Looking("/", pages=3), True),
        ({"pages_at_least": 3}, Looking("/", pages=2), False),
    ],
)
def test_a_visit_is_judged_by_what_the_browser_says_of_it(visit: dict[str, Any], looking: Looking, comes: bool) -> None:
    assert (shown({"a": popup(visit=visit)}, looking) == ["a"]) is comes


@pytest.mark.parametrize(("first", "last", "comes"), [
    ("2026-12-01", "2026-12-01", True), ("2026-12-02", None, False), (None, "2026-11-30", False),
])  # fmt: skip
def test_it_comes_from_its_first_day_to_its_last(first: str | None, last: str | None, comes: bool) -> None:
    assert (shown({"a": popup(**{"from": first, "until": last})}) == ["a"]) is comes


def test_the_highest_priority_comes_and_those_for_a_click_stand_beside_it() -> None:
    clicks = {f"c{number}": popup(trigger={"clicked": "#x"}, priority=number) for number in range(5)}
    both = {"b": popup(priority=1), "a": popup(priority=1), "low": popup()}
    assert shown({**both, **clicks}) == ["a", "c4", "c3", "c2"]
    assert shown({**both, **clicks}, Looking("/", capped=frozenset({"a"})))[0] == "b"


def test_what_was_sent_or_shown_enough_in_this_browser_is_not_shown() -> None:
    asks = {"a": popup(form="hello"), "b": popup(form="hello", not_after=["dismissed"], priority=-1)}
    assert shown(asks) == ["a"]
    assert shown(asks, Looking("/", sent=frozenset({"hello"}))) == ["b"]
    assert shown(asks, Looking("/", capped=frozenset({"a", "b"}))) == []


def test_of_a_stranger_nothing_about_a_person_is_asked() -> None:
    known = {"a": popup(to="contacts", when={"tag": "vip"}), "b": popup(when={"not": {"tag": "vip"}})}
    assert shown(known, holds=None) == ["b"]
    assert shown({"a": popup(to="strangers")}, holds=nobody_asks) == []


def test_a_contact_is_shown_what_their_condition_and_their_history_allow() -> None:
    asks = {"a": popup(to="contacts", when={"tag": "vip"}, form="hello", not_after=["submitted", "dismissed"])}
    assert shown(asks, holds=lambda condition: isinstance(condition, TagCondition)) == ["a"]
    assert shown(asks, holds=lambda condition: False) == []
    for event in ("Popup Shown", "Popup Dismissed", "Form Submitted"):
        saw = lambda asked, event=event: isinstance(asked, TagCondition) or asked.event == event  # noqa: E731
        assert shown(asks, holds=saw) == [], event


def test_what_a_click_opens_is_opened_as_often_as_somebody_clicks() -> None:
    opened = popup(trigger={"clicked": "#x"}, form="hello")
    assert list(seen_enough("a", opened)) == []
    looking = Looking("/", capped=frozenset({"a"}), sent=frozenset({"hello"}))
    assert shown({"a": opened}, looking) == ["a"]
    assert asked_of_browsers({"a": opened}) == {"on": ["*"]}
    (cap,) = seen_enough("a", popup(at_most="3 times per 2 days", not_after=[]))
    assert isinstance(cap, EventCondition)
    assert (cap.where, cap.at_least, cap.within) == ({"popup": "a"}, 3, 172_800)


NAMES = st.sampled_from(["a", "b", "c", "d"])
POPUPS = st.dictionaries(
    NAMES,
    st.builds(
        lambda priority, form, trigger, to, on: popup(priority=priority, form=form, trigger=trigger, to=to, on=[on]),
        st.integers(-2, 2),
        st.sampled_from([None, "hello", "other"]),
        st.sampled_from(["leaving", {"after": "5 seconds"}, {"clicked": "#x"}]),
        st.sampled_from(["everybody", "contacts", "strangers"]),
        st.sampled_from(["*", "/", "/tea"]),
    ),
    max_size=4,
)
LOOKS = st.builds(
    lambda path, capped, sent: Looking(path, capped=capped, sent=sent),
    st.sampled_from(["/", "/tea"]),
    st.frozensets(NAMES),
    st.frozensets(st.sampled_from(["hello", "other"])),
)


@given(POPUPS, LOOKS, st.randoms())
def test_whatever_there_is_one_comes_at_most_in_any_order_and_never_one_that_may_not(
    popups: dict[str, Popup], looking: Looking, chance: random.Random
) -> None:
    chosen = shown(popups, looking)
    shuffled = list(popups.items())
    chance.shuffle(shuffled)
    assert shown(dict(shuffled), looking) == chosen
    unasked = [id for id in chosen if popups[id].unasked]
    assert len(unasked) <= 1
    assert len(chosen) - len(unasked) <= OPENED_BY_CLICK
    assert not looking.capped & set(unasked)
    for id in chosen:
        assert fits(id, popups[id], looking, TODAY, "UTC", None)
    others = [
        popups[id].priority for id in popups if popups[id].unasked and fits(id, popups[id], looking, TODAY, "UTC", None)
    ]
    assert not others or popups[unasked[0]].priority == max(others)


@given(POPUPS, LOOKS)
def test_what_is_capped_makes_room_for_the_next_and_for_nothing_else(
    popups: dict[str, Popup], looking: Looking
) -> None:
    came = {id for id in shown(popups, looking) if popups[id].unasked}
    without = shown({id: one for id, one in popups.items() if id not in came}, looking)
    again = shown(popups, Looking(looking.path, capped=looking.capped | came, sent=looking.sent))
    assert again == without


@pytest.mark.parametrize(
    "wrong",
    [
        {"trigger": "later"},
        {"trigger": {"after": "2 hours"}},
        {"trigger": {"scrolled": 50}},
        {"trigger": {"scrolled": "0 percent"}},
        {"trigger": {"after": "2 seconds", "scrolled": "50 percent"}},
        {"form": "hello", "link": {"text": "Go", "to": "/"}},
        {"link": {"text": "Go", "to": "javascript:alert(1)"}},
        {"link": {"text": "Go", "to": "//evil.example"}},
        {"from": "2026-12-02", "until": "2026-12-01"},
        {"on": ["tea"]},
        {"on": []},
        {"at_most": "often"},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        popup(**wrong)


EVERYTHING = {
    "title": "Tea",
    "text": "Read",
    "link": {"text": "Go", "to": "/teas"},
    "style": "bar",
    "on": ["/"],
    "except": ["/b"],
    "visit": {"came_by": {"utm_source": "ad"}, "referrer": {"contains": "x"}, "pages_at_least": 2},
    "to": "contacts",
    "when": {"tag": "vip"},
    "trigger": {"scrolled": "50 percent"},
    "at_most": "3 times per 2 days",
    "not_after": ["followed"],
    "priority": 3,
    "from": "2026-12-01",
    "until": "2026-12-31",
    "language": "tr",
}


def test_a_release_reads_back_what_was_written_and_is_what_it_was_without_pop_ups() -> None:
    plain = asking()
    made = Release.model_validate({**plain.model_dump(mode="json", by_alias=True), "popups": {"a": EVERYTHING}})
    assert load(canonical(made)) == made
    assert made.popups["a"].model_dump(mode="json", by_alias=True, exclude_defaults=True) == EVERYTHING
    assert b"popups" not in canonical(plain)
    assert release_id(canonical(plain)) == "5a9114b8625ff0a7b497f2f4d64ee5c4"


def test_what_contacts_saw_is_counted_only_where_a_pop_up_asks() -> None:
    assert counters(asking()).by_id == {}
    asks = counters(asking(popups={"a": {"title": "Tea", "trigger": "leaving", "form": "hello", "at_most": "twice"}}))
    assert {one.match.event: one.newest for one in asks.by_id.values()} == {"Popup Shown": 2, "Form Submitted": 1}
    assert counters(asking(popups={"a": {"title": "Tea", "trigger": "leaving", "to": "strangers"}})).by_id == {}


def test_browsers_are_told_what_to_ask_with_and_nothing_where_there_is_none() -> None:
    assert asked_of_browsers({}) is None
    assert asked_of_browsers({"a": popup(on=["/b", "/a"])}) == {"on": ["/a", "/b"]}
    told = asked_of_browsers({"a": Popup.model_validate(EVERYTHING), "b": popup(form="hello", on=["/b"])})
    assert told == {"on": ["/", "/b"], "q": ["utm_source"], "r": 1, "n": 2, "f": ["hello"]}
    assert same(told["n"], 2)
