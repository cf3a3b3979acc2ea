"""What conditions are called when people ask what they mean."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from functions.core.conditions import KINDS, Condition, EventMatch, kind_of
from functions.core.release import Release
from functions.core.sentences import of_match, sentence
from tests.scale import scaled

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
RELEASE = Release.model_validate(
    {
        "sending": {
            "business": {"name": "Tea", "time_zone": "Europe/Istanbul"},
            "from": {"name": "Tea", "email": "hello@tea.example"},
            "topics": [{"id": "tips", "title": "Brewing tips"}],
        },
        "scoring": {"scores": {"interest": {"title": "Interest in our tea"}}},
        "segments": {"keen": {"title": "Interested, and happy to hear from us", "when": {"tag": "x"}}},
        "funnel": {
            "stages": [
                {"id": "desire", "title": "Wants it", "when": {"tag": "x"}},
                {"id": "action", "when": {"tag": "y"}},
            ]
        },
        "forms": {
            "hello": {"title": "Say hello", "fields": [{"name": "email", "type": "email", "label": "E-mail"}]},
        },
        "journeys": {
            "welcome": {
                "title": "Welcome",
                "topic": "tips",
                "start": {"when": {"event": "Signed Up"}},
                "steps": [{"id": "out", "exit": True}],
            }
        },
    }
)

WORDING: list[tuple[dict[str, Any], str]] = [
    ({"event": "Order Completed"}, "has bought (Order Completed)"),
    (
        {"event": "Order Completed", "at_least": 3, "within": "30 days"},
        "has bought (Order Completed) at least 3 times in the last 30 days",
    ),
    ({"event": "Order Completed", "at_least": 1, "within": "1 day"}, "has bought (Order Completed) in the last day"),
    ({"event": "Order Completed", "at_least": 2, "at_most": 2}, "has bought (Order Completed) exactly 2 times"),
    (
        {"event": "Order Completed", "at_least": 2, "at_most": 5},
        "has bought (Order Completed) at least 2 times and at most 5 times",
    ),
    ({"event": "Order Completed", "at_most": 0}, "has never bought (Order Completed)"),
    ({"event": "Tasting Booked", "never": True}, "has never done “Tasting Booked”"),
    (
        {"event": "Email Opened", "never": True, "within": "60 days"},
        "has not opened an e-mail (Email Opened) in the last 60 days",
    ),
    ({"not": {"event": "Order Completed"}}, "has never bought (Order Completed)"),
    (
        {"event": "Order Completed", "sum": "total", "at_least": 100, "within": "90 days"},
        "has a “total” of Order Completed that adds up to at least 100 in the last 90 days",
    ),
    (
        {"event": "Order Completed", "sum": "total", "above": 10.5, "below": 20},
        "has a “total” of Order Completed that adds up to more than 10.5 and less than 20",
    ),
    (
        {"event": "Order Completed", "first": {"within": "30 days"}},
        "has bought (Order Completed) for the first time in the last 30 days",
    ),
    (
        {"event": "Order Completed", "last": {"longer_ago_than": "60 days", "after": "2027-03-08"}},
        "has bought (Order Completed) for the last time more than 60 days ago and after 2027-03-08",
    ),
    (
        {"event": "Order Completed", "where": {"total": {"at_least": 50}, "currency": "EUR"}},
        "has bought (Order Completed where total is at least 50 and currency is EUR)",
    ),
    ({"event": "Form Submitted", "form": "hello"}, "has sent the form “Say hello”"),
    ({"event": "Form Submitted", "form": "hello", "never": True}, "has never sent the form “Say hello”"),
    ({"score": "interest", "at_least": 50}, "has at least 50 points in “Interest in our tea”"),
    ({"score": "other", "below": 1}, "has fewer than 1 point in “other”"),
    ({"temperature": ["warm", "hot"]}, "is warm or hot"),
    ({"not": {"temperature": "cold"}}, "is not cold"),
    ({"grade": ["A", "B"]}, "has the grade A or B"),
    (
        {"stage": ["desire", "action"], "for_at_least": "14 days"},
        "stands at the stage “Wants it” or “action” for at least 2 weeks",
    ),
    ({"stage": "desire", "or_later": True}, "stands at the stage “Wants it” or later"),
    ({"tag": "green-tea"}, "carries the tag green-tea"),
    ({"trait": "city", "is": "İzmir"}, "their city is İzmir"),
    ({"trait": "city", "one_of": ["Łódź", "New York"]}, "their city is Łódź or “New York”"),
    ({"trait": "first_name", "known": False}, "their first name is not known"),
    ({"trait": "birthday", "anniversary": "in 7 days"}, "their birthday is exactly 1 week from today"),
    ({"trait": "birthday", "anniversary": "today"}, "their birthday is today"),
    ({"trait": "renewal", "in_the_next": "2 weeks"}, "their renewal is in the next 2 weeks"),
    ({"trait": "since", "longer_ago_than": "1 day"}, "their since is more than 1 day ago"),
    ({"not": {"trait": "email", "ends_with": "@tea.example"}}, "their email does not end with @tea.example"),
    ({"trait": "teas", "all_of": ["green", "black"]}, "their teas has all of green and black"),
    ({"trait": "visits", "at_least": 3, "below": 9}, "their visits is at least 3 and is below 9"),
    ({"consent": "tips"}, "agreed to “Brewing tips”"),
    ({"segment": "keen"}, "is in the segment “Interested, and happy to hear from us”"),
    ({"email": "offer", "was": "sent", "within": "1 week"}, "has been sent the e-mail “offer” in the last week"),
    ({"not": {"email": "offer", "was": "opened"}}, "has not opened the e-mail “offer”"),
    (
        {"email": "offer", "was": "clicked", "link": "/first-flush"},
        "has clicked a link with /first-flush in its address in the e-mail “offer”",
    ),
    ({"journey": "welcome", "is": "in"}, "is in the journey “Welcome” now"),
    ({"journey": "welcome", "was": "exited"}, "has left the journey “Welcome” before its end"),
    ({"opened": "hello"}, "has opened the message of step hello"),
    ({"clicked": "hello"}, "has clicked a link in the message of step hello"),
    (
        {"all": [{"tag": "a"}, {"consent": "tips"}, {"any": [{"grade": "A"}, {"temperature": "hot"}]}]},
        "carries the tag a, agreed to “Brewing tips” and (either has the grade A or is hot)",
    ),
    ({"not": {"all": [{"tag": "a"}, {"tag": "b"}]}}, "it is not so that (carries the tag a and carries the tag b)"),
    (
        {"any": [{"tag": "a"}, {"all": [{"tag": "b"}, {"not": {"consent": "tips"}}]}]},
        "either carries the tag a or (carries the tag b and has not agreed to “Brewing tips”)",
    ),
    ({"not": {"not": {"tag": "a"}}}, "carries the tag a"),
]


@pytest.mark.parametrize(("authored", "words"), WORDING, ids=lambda value: value if isinstance(value, str) else "")
def test_a_condition_reads_aloud(authored: dict[str, Any], words: str) -> None:
    assert sentence(CONDITION.validate_python(authored), RELEASE) == words


def test_every_kind_of_condition_is_in_the_table() -> None:
    assert {kind_of(authored) for authored, _ in WORDING} == set(KINDS)


def test_a_rules_events_read_aloud() -> None:
    match = EventMatch.model_validate({"event": "Page Viewed", "where": {"path": {"starts_with": "/tea"}}})
    assert of_match(match, RELEASE) == "Page Viewed where path starts with /tea"


texts = st.text(st.characters(categories=("L", "Nd", "Zs"), include_characters="_/-."), min_size=1, max_size=12)
numbers = st.integers(-1000, 1000)
spans = st.sampled_from(["1 day", "30 days", "2 weeks"])
days = st.sampled_from(["2027-03-08", "2024-02-29"])
scalars = texts | numbers | st.booleans()


def some(**bounds: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """One bound or several."""
    return st.fixed_dictionaries({}, optional=bounds).filter(bool)


def one(**bounds: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """One bound alone."""
    return st.one_of([st.fixed_dictionaries({name: values}) for name, values in bounds.items()])


alone = {"is": scalars, "one_of": st.lists(scalars, min_size=1, max_size=3), "known": st.booleans()}
together = {
    "at_least": numbers,
    "at_most": numbers,
    "above": numbers,
    "below": numbers,
    "contains": texts,
    "starts_with": texts,
    "ends_with": texts,
    "all_of": st.lists(scalars, min_size=1, max_size=3),
    "before": days,
    "after": days,
}
of_traits = {
    "in_the_last": spans,
    "in_the_next": spans,
    "longer_ago_than": spans,
    "anniversary": st.sampled_from(["today", "in 7 days", "within 3 days"]),
}
ids = st.sampled_from(["keen", "interest", "welcome", "desire", "other"])


def with_(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fixed)


def both(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


matched = both(
    with_(event=st.sampled_from(["Order Completed", "Page Viewed", "Çay İçildi"])),
    st.fixed_dictionaries(
        {}, optional={"where": st.dictionaries(texts, scalars | one(**alone) | some(**together), max_size=2)}
    ),
)
period = some(within=spans, longer_ago_than=spans, before=days, after=days)
leaves = st.one_of(
    both(matched, st.fixed_dictionaries({}, optional={"at_least": st.integers(1, 50), "within": spans})),
    both(matched, with_(at_most=st.integers(0, 50))),
    both(matched, with_(never=st.just(True))),
    both(matched, with_(sum=texts), some(at_least=numbers, below=numbers)),
    both(matched, one(first=period, last=period)),
    both(with_(score=ids), one(at_least=numbers, below=numbers)),
    with_(temperature=st.sampled_from(["cold", ["warm", "hot"]])),
    with_(grade=st.sampled_from(["A", ["B", "C"]])),
    with_(stage=ids, or_later=st.just(True)),
    with_(stage=st.lists(ids, min_size=1, max_size=2), for_at_least=spans),
    with_(tag=ids),
    both(with_(trait=texts), one(**alone) | some(**together, **of_traits)),
    with_(consent=ids),
    with_(segment=ids),
    with_(email=ids, was=st.sampled_from(["sent", "delivered", "opened", "clicked", "bounced"])),
    with_(journey=ids, was=st.sampled_from(["entered", "ended", "finished", "exited", "goal"]), within=spans),
    with_(opened=ids),
    with_(clicked=ids),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        with_(all=st.lists(inner, min_size=1, max_size=3)),
        with_(any=st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=scaled(200), deadline=None)
@given(authored=conditions)
def test_every_condition_and_its_opposite_have_a_sentence_without_program_text(authored: dict[str, Any]) -> None:
    condition = CONDITION.validate_python(authored)
    opposite = CONDITION.validate_python({"not": authored})
    said, denied = sentence(condition, RELEASE), sentence(opposite, RELEASE)
    for words in (said, denied):
        assert words
        assert words == words.strip()
        assert "  " not in words
        assert not any(mark in words for mark in ("{", "}", "datetime", "=", "Condition(", "'"))
    assert said != denied
