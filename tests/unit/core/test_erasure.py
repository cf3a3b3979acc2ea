"""Which events an erasure lets through: nothing of before, and whoever comes back by a form of their own."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from functions.core.erasure import Mark, closed_to, comes_back, linked, remains
from functions.core.event import FORM, FORM_SUBMITTED, Event

ERASED, NOW = 1_000_000, 2_000_000
CLOSED = Mark(ERASED)
ADA, ACCOUNT, BROWSER, BOB = "e#ada", "u#ada", "a#ada", "e#bob"


def event(source: str, *others: str, stamp: int = NOW, kind: str = "track") -> Event:
    return Event(source, "m", stamp, NOW, NOW, kind, "x", identities=others)


def test_what_names_nobody_erased_is_kept_as_it_is() -> None:
    seen = event(BOB, "a#bob")
    assert remains(seen, {ADA: CLOSED}) is seen
    assert comes_back(seen, {ADA: CLOSED}) is None


def test_no_call_whatever_its_stamp_brings_an_erased_person_back() -> None:
    for stamp in (0, ERASED - 1, ERASED, NOW, 9_999_999_999_999):
        for named in ((ADA,), (ADA, BOB), (BOB, ADA), (BROWSER,), (BROWSER, "a#new")):
            seen = event(*named, stamp=stamp)
            assert remains(seen, {ADA: CLOSED, BROWSER: CLOSED}) is None
            assert comes_back(seen, {ADA: CLOSED, BROWSER: CLOSED}) is None


def test_a_form_shown_after_the_erasure_begins_a_contact_that_nobody_was() -> None:
    marks = {ADA: CLOSED, BROWSER: CLOSED}
    form = event(ADA, BROWSER, kind=FORM)
    contact = comes_back(form, marks)
    assert contact
    assert contact == comes_back(replace(form, identities=()), marks)
    assert contact != comes_back(replace(form, stamp=NOW + 1), marks)
    for stamp in (0, ERASED):
        assert comes_back(replace(form, stamp=stamp), marks) is None
        assert remains(replace(form, stamp=stamp), marks) is None


def test_once_back_only_what_is_stamped_later_is_theirs() -> None:
    marks = {ADA: Mark(ERASED, "anew", NOW)}
    assert remains(event(ADA, stamp=NOW - 1), marks) is None
    assert remains(event(ADA, stamp=NOW), marks) is not None
    assert closed_to(event(ADA, stamp=NOW - 1, kind=FORM), marks) == [ADA]
    assert comes_back(event(ADA, stamp=NOW - 1, kind=FORM), marks) is None


def test_what_is_named_together_with_an_identity_that_is_back_comes_back_too() -> None:
    marks = {ADA: Mark(ERASED, "anew", NOW), ACCOUNT: CLOSED}
    assert comes_back(event(ACCOUNT, ADA), marks) == "anew"
    assert comes_back(event(ACCOUNT), marks) is None
    assert comes_back(event(ACCOUNT, ADA, stamp=NOW - 1), marks) is None
    browsers = {BROWSER: Mark(ERASED, "anew", NOW), ACCOUNT: CLOSED}
    assert comes_back(event(ACCOUNT, BROWSER), browsers) is None


def test_what_was_not_scored_yet_would_have_joined_its_names_to_the_person() -> None:
    marks = {ADA: CLOSED}
    before = replace(event(ACCOUNT, ADA, "a#new"), received=ERASED)
    assert linked(before, marks) == [ACCOUNT]
    assert linked(replace(before, received=ERASED + 1), marks) == []
    assert linked(event(ACCOUNT), marks) == []


def test_another_person_in_an_erased_one_s_browser_is_kept_without_it() -> None:
    marks = {BROWSER: CLOSED}
    for kind in ("track", FORM):
        for named in ((BOB, BROWSER), (BROWSER, BOB)):
            kept = remains(event(*named, kind=kind), marks)
            assert kept is not None
            assert (kept.source, kept.identities) == (BOB, ())
            assert comes_back(event(*named, kind=kind), marks) is None
            assert remains(event(*named, stamp=ERASED, kind=kind), marks) is None


def test_a_form_without_an_address_in_an_erased_one_s_browser_begins_anew() -> None:
    form = replace(event(BROWSER, kind=FORM), name=FORM_SUBMITTED)
    assert comes_back(form, {BROWSER: CLOSED})


@given(
    st.lists(st.sampled_from([ADA, ACCOUNT, BROWSER, BOB, "a#bob", "c#x"]), min_size=1, max_size=4, unique=True),
    st.dictionaries(st.sampled_from([ADA, ACCOUNT, BROWSER, "c#x"]), st.sampled_from([CLOSED, Mark(ERASED, "n", NOW)])),
    st.integers(0, NOW * 2),
    st.sampled_from(["track", "identify", FORM]),
)
def test_nothing_stamped_before_an_erasure_is_ever_stored(
    named: list[str], marks: dict[str, Mark], stamp: int, kind: str
) -> None:
    seen = event(*named, stamp=stamp, kind=kind)
    kept = remains(seen, marks)
    if kept is not None:
        assert closed_to(kept, marks) == []
    if stamp <= ERASED and set(named) & set(marks):
        assert kept is None
        assert comes_back(seen, marks) is None
