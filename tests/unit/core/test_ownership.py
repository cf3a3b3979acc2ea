"""Turns of a browser, where one of the people was erased."""

from functions.core.contact import Moment
from functions.core.ownership import NOBODY, Run, asserted, changed_hands, owner_at


def never(*_: object) -> None:
    """They did not come back."""


def at(ms: int) -> Moment:
    return Moment(ms, 0)


ERASED_LATER = (Run(at(10), "bob"), Run(at(20), NOBODY), Run(at(30), "bob"))
ERASED_FIRST = (Run(at(10), NOBODY), Run(at(20), "bob"))


def test_whoever_identified_in_an_erased_person_s_turn_gets_nothing_of_it() -> None:
    assert asserted(ERASED_LATER, at(25), "carol", never) == ERASED_LATER


def test_whoever_identified_before_an_erased_person_gets_nothing_of_before() -> None:
    runs = asserted(ERASED_FIRST, at(5), "carol", never)
    assert [owner_at(runs, at(ms)) for ms in (1, 7, 15, 25)] == [NOBODY, "carol", NOBODY, "bob"]
    assert changed_hands(ERASED_FIRST, runs) == {"carol"}


def test_nobody_is_counted_anew() -> None:
    assert changed_hands(ERASED_FIRST, (Run(at(5), "carol"), *ERASED_FIRST)) == {"carol"}
