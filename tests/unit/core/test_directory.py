"""Who stands in the staff's lists, and by which words somebody is found."""

from dataclasses import replace
from typing import Any

import pytest

from functions.core.contact import Contact, Facts, Moment, Profile, Rank, Standing, State
from functions.core.directory import begins, folded, is_meant, keys_of, mark, places, words_of
from functions.core.person_name import name_of

DAY = 86_400_000


def profile(*refs: str, **traits: Any) -> Profile:
    return Profile("c1", 1, {name: (Rank(False, Moment(1, 1)), value) for name, value in traits.items()}, refs)


def contact(who: Profile, standing: Standing | None = None, last: int = 20_000 * DAY) -> Contact:
    return Contact(State("c1", 3, facts=Facts(last=last), standing=standing or Standing("hot")), who)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Şükrü ÖZGÜR", ["sukru", "ozgur"]),
        ("İnci Işık", ["inci", "isik"]),
        ("ınci", ["inci"]),
        ("Anne-Marie O'Neil", ["anne", "marie", "o", "neil"]),
        ("Straße", ["strasse"]),
        ("李 明", ["李", "明"]),
        ("<script>alert('x')</script>", ["script", "alert", "x", "script"]),
        ("😀", []),
        ("", []),
    ],
)
def test_words_are_compared_without_case_marks_and_signs(said: str, found: list[str]) -> None:
    assert words_of(said) == found


def test_a_visitor_without_a_name_stands_nowhere() -> None:
    assert places(contact(profile("a#browser")), "0") == frozenset()
    assert mark(contact(profile("a#browser"))) == ""
    for known in (profile("u#1"), profile("e#1"), profile(first_name="Ada"), profile(name="Ada")):
        assert places(contact(known), "0")


def test_somebody_stands_by_band_stage_and_each_word() -> None:
    who = profile("e#1", email="Ada.Lovelace@example.com", first_name="Ada", last_name="King")
    stands = Standing("warm", stage="desire", stages={"desire": 5})
    assert {(place.pk, place.sk) for place in places(contact(who, stands), "3")} == {
        ("Y#b#warm#3", "99999#c1"),
        ("Y#s#desire#3", "9999999999994#c1"),
        ("Y#n#ad", "ada#c1"),
        ("Y#n#ki", "king#c1"),
        ("Y#n#ad", "ada.lovelace#c1"),
    }


def test_a_visit_moves_nobody_and_becoming_interested_does() -> None:
    who = profile("e#1", email="ada@example.com")
    held = mark(contact(who, Standing("warm", 20_000 * DAY), last=20_000 * DAY))
    assert mark(contact(who, Standing("warm", 20_000 * DAY), last=20_009 * DAY)) == held
    assert mark(contact(who, Standing("hot", 20_000 * DAY), last=20_000 * DAY)) != held
    assert mark(contact(who, Standing("warm", 20_001 * DAY), last=20_000 * DAY)) != held


@pytest.mark.parametrize("gone", ["other", ""])
def test_whoever_was_merged_or_erased_stands_nowhere(gone: str) -> None:
    held = contact(profile("e#1", email="ada@example.com"))
    assert places(Contact(replace(held.state, merged_into=gone), held.profile), "0") == frozenset()


def test_of_a_long_name_the_first_words_and_the_last_count() -> None:
    assert keys_of(profile(name="A Bb Cc Dd Ee Ff")) == ["a", "bb", "cc", "ff"]
    assert keys_of(profile(name="x" * 500)) == ["x" * 40]
    assert keys_of(profile(first_name=["no", "text"], last_name={"a": 1})) == []


@pytest.mark.parametrize(
    "wanted", ["ayşe", "AYSE YILM", "yılmaz", "Yilmaz Ay", "ayse.y", "ayse.y@ex", "AYŞE.Y@EXAMPLE.c"]
)
def test_somebody_is_meant_by_the_beginnings_of_their_words(wanted: str) -> None:
    who = profile("e#1", email="ayse.y@example.com", first_name="Ayşe", last_name="Yılmaz")
    assert is_meant(who, wanted)
    assert any(key.startswith(begins(wanted)) for key in keys_of(who))


@pytest.mark.parametrize("wanted", ["yse", "ayse kaya", "ayse.y@other"])
def test_nobody_else_is(wanted: str) -> None:
    assert not is_meant(profile("e#1", email="ayse.y@example.com", first_name="Ayşe", last_name="Yılmaz"), wanted)


def test_endless_marks_take_no_time() -> None:
    assert len(folded("a" + "\u0301" * 100_000)) <= 2


def test_a_person_is_called_by_name_else_address_else_number() -> None:
    assert name_of(profile(first_name=" Ada ", last_name="King", name="x")) == "Ada King"
    assert name_of(profile(first_name=" ", name="Ada K", email="a@b.c")) == "Ada K"
    assert name_of(profile(email="a@b.c", phone="+90")) == "a@b.c"
    assert name_of(profile(phone="+905")) == "+905"
    assert name_of(profile("u#1", first_name=7)) == ""


def test_the_mark_changes_with_whatever_moves_somebody() -> None:
    who = profile("e#1", email="ada@example.com", first_name="Ada")
    others = [
        contact(who, Standing("warm")),
        contact(who, Standing("hot", stage="desire", stages={"desire": 5})),
        contact(who, Standing("hot", stage="desire", stages={"desire": 6})),
        contact(profile("e#1", email="ada@example.com", first_name="Eda")),
        contact(profile("e#1", email="ada@example.com", last_name="Ada")),
        contact(profile("e#1", email="ada@example.org", name="Ada")),
    ]
    assert len({mark(contact(who)), *map(mark, others)}) == len(others) + 1
