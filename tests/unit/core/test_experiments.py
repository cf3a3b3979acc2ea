"""What events tell of a page's test, and when its shares move."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.bandit import assigned
from functions.core.blocks import Variants
from functions.core.event import FORM_SUBMITTED, PAGE_VIEWED, Event
from functions.core.experiments import (
    LASTS_MS,
    Assigned,
    Exposure,
    Standing,
    Test,
    epochs,
    following,
    lasts,
    mark,
    properties,
    read,
    told,
    tried_on,
    trying,
)
from functions.core.landing import Page

PAGE = Test("spring", ("calm/now", "calm/later", "loud/now", "loud/later"))
TESTS = {"spring": PAGE}
SAW = Assigned("calm/now", 1)


def view(at: int = 5, source: str = "a#ada", **properties_: object) -> Event:
    said = {"page": "spring", **properties(mark(PAGE, SAW)), **properties_}
    return Event(source, f"m{at}", at, at, at, "page", PAGE_VIEWED, said)


def test_a_view_and_a_form_of_one_browser_are_one_visitor() -> None:
    seen = told(view(at=5), TESTS)
    form = replace(view(at=9, source="e#mail"), name=FORM_SUBMITTED, kind="form", identities=("a#ada",))
    form = form.with_properties({"page": "https://tea.example/page/spring", "landing": "spring"})
    converted = told(form, TESTS)
    assert seen
    assert converted
    assert seen[1].visitor == converted[1].visitor
    assert (seen[1].seen, seen[1].converted) == (5, None)
    assert (converted[1].seen, converted[1].converted) == (None, 9)
    assert seen[1].assigned == converted[1].assigned == SAW


@pytest.mark.parametrize(
    "said",
    [
        {"variant": "calm"},
        {"variant": 7},
        {"variant": None},
        {"page": "autumn"},
        {"page": ["spring"]},
        {"test": "another1.1"},
        {"test": PAGE.id},
        {"test": f"{PAGE.id}."},
        {"test": f"{PAGE.id}.0"},
        {"test": f"{PAGE.id}.-1"},
        {"test": f"{PAGE.id}.²"},
        {"test": f"{PAGE.id}.{'9' * 400}"},
        {"test": 3},
    ],
)
def test_what_a_page_can_not_have_said_tells_nothing(said: dict[str, object]) -> None:
    assert told(view(**said), TESTS) is None


def test_a_mark_is_read_by_its_own_test_alone() -> None:
    assert read(PAGE, mark(PAGE, SAW)) == SAW
    assert read(Test("spring", ("calm/now",)), mark(PAGE, SAW)) is None
    assert properties("") == properties("calm/now") == {}


def test_the_variants_of_a_page_are_its_test() -> None:
    hero = {"headline": "Tea", "text": "Leaves", "variants": {"headline": {"loud": "TEA"}, "text": {"more": "More"}}}
    pages = {
        "varied": Page.model_validate({"title": "x", "blocks": [{"hero": hero}]}),
        "plain": Page.model_validate({"title": "x", "blocks": [{"hero": {"headline": "Tea"}}]}),
    }
    (found,) = tried_on(pages).values()
    assert (found.page, found.parts) == ("varied", ("headline", "text"))
    assert found.variants == ("as-written/as-written", "as-written/more", "loud/as-written", "loud/more")
    assert trying("varied", Variants.model_validate(hero["variants"])) == found


def test_other_events_tell_nothing() -> None:
    assert told(replace(view(), name="Order Completed"), TESTS) is None


def test_other_variants_are_another_test_and_their_order_is_none() -> None:
    assert Test("spring", ("a", "b")).id == Test("spring", ("b", "a")).id
    assert len({Test("spring", ("a", "b")).id, Test("spring", ("a", "c")).id, Test("autumn", ("a", "b")).id}) == 3


def test_a_visitor_of_one_test_is_nobody_in_another() -> None:
    other = Test("spring", ("calm/now", "loud/now"))
    told_there = told(view(test=f"{other.id}.1"), {"spring": other})
    told_here = told(view(), TESTS)
    assert told_there
    assert told_here
    assert told_there[1].visitor != told_here[1].visitor


def test_the_first_epoch_begins_at_once_and_the_next_when_the_first_is_over() -> None:
    first = following(PAGE, [], [], 1000)
    assert first == Standing(1, dict.fromkeys(sorted(PAGE.variants), 0.25), 1000)
    assert lasts(first, 1000 + LASTS_MS - 1)
    assert not lasts(first, 1000 + LASTS_MS)
    assert not lasts(None, 1000)
    done = epochs([first], [])
    assert following(PAGE, [first], done, 1000 + LASTS_MS - 1) is None
    second = following(PAGE, [first], done, 1000 + LASTS_MS)
    assert second
    assert second.number == 2


def test_more_of_the_next_visitors_see_what_more_convert_at() -> None:
    first = following(PAGE, [], [], 0)
    assert first
    told_of = [
        Exposure(f"{name}{number}", Assigned(name, 1), seen=1, converted=2 if number < wins else None)
        for name, wins in (("calm/now", 40), ("calm/later", 5), ("loud/now", 5), ("loud/later", 5))
        for number in range(200)
    ]
    second = following(PAGE, [first], epochs([first], told_of), LASTS_MS)
    assert second
    assert second.shares["calm/now"] > 0.8
    assert min(second.shares.values()) >= 0.05 * 0.999, "each goes on being tried"
    assert all(round(share * 10**6) == pytest.approx(share * 10**6) for share in second.shares.values())


def test_epochs_and_variants_that_never_were_are_left_out() -> None:
    first = following(PAGE, [], [], 0)
    assert first
    told_of = [
        Exposure("a", Assigned("calm/now", 1), seen=1),
        Exposure("b", Assigned("calm/now", 2), seen=1, converted=3),
        Exposure("c", Assigned("shrill/now", 1), seen=1, converted=3),
    ]
    (counted,) = epochs([first], told_of)
    assert sum(counted.seen.values()) == 1
    assert sum(counted.converted.values()) == 0


@given(st.randoms(use_true_random=False), st.integers(1, 60))
def test_what_comes_of_an_epoch_does_not_hang_on_the_order_of_what_was_told(chance: random.Random, count: int) -> None:
    first = following(PAGE, [], [], 0)
    assert first
    told_of = [
        Exposure(str(number), Assigned(assigned(first.shares, "spring", str(number)), 1), 1, chance.choice((None, 2)))
        for number in range(count)
    ]
    mixed = chance.sample(told_of, len(told_of))
    (one,), (other,) = epochs([first], told_of), epochs([first], mixed)
    assert one == other
    assert sum(one.seen.values()) == count
